import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type {
  Approval,
  Command,
  FindingFormat,
  InventoryView,
  Output,
  Reach,
  ReportFormat,
  Said,
  Targets,
  VaultAccess,
} from './command.ts'
import type { CommandRow } from './command-row.ts'

/** Options as the parser gives them: camelCase names, unchecked. */
export type Raw = Readonly<Record<string, unknown>>

interface Given {
  readonly row: Pick<CommandRow, 'kind'>
  readonly args: readonly string[]
  readonly raw: Raw
}

/** Seals parsed words as a Command; what is out of range is a usage problem. */
export function toCommand({ row, args, raw }: Given): Result<Command> {
  const problems = wrongValues(raw, row.kind === 'validate' ? FINDING_FORMATS : FORMATS)
  return problems.length > 0 ? fail(problems) : succeed(commandOf({ row, args, raw }))
}

function commandOf({ row, args, raw }: Given): Command {
  const common = { output: outputOf(raw), vault: vaultOf(raw), ...optional('stateDir', text(raw.stateDir)) }
  const targets = targetsOf(raw)
  const reach = reachOf(raw)
  const approval = approvalOf(raw)
  const [first = '', second] = args
  switch (row.kind) {
    case 'list':
    case 'schema':
      return { ...common, kind: row.kind }
    case 'show':
      return { ...common, kind: 'show', name: first }
    case 'validate':
      return {
        ...common,
        kind: 'validate',
        names: args,
        targets,
        format: findingFormatOf(raw),
        warnings: raw.strict === true ? 'fail' : 'told',
      }
    case 'match':
      return { ...common, kind: 'match', files: args }
    case 'diagnose':
      return { ...common, kind: 'diagnose', ...optional('name', args[0]), targets, reach }
    case 'profile':
      return {
        ...common,
        kind: 'profile',
        file: first,
        ...optional('before', text(raw.before)),
        ...optional('svg', text(raw.svg)),
        format: formatOf(raw),
      }
    case 'explain':
      return { ...common, kind: 'explain', ...optional('topic', args[0]) }
    case 'inventory':
      return { ...common, kind: 'inventory', targets, view: viewOf(raw) }
    case 'vars':
      return {
        ...common,
        kind: 'vars',
        host: first,
        targets,
        ...optional('name', second),
        ...optional('runbook', text(raw.runbook)),
      }
    case 'ping':
      return { ...common, kind: 'ping', pattern: args[0] ?? 'all', targets, reach }
    case 'trust':
      return {
        ...common,
        kind: 'trust',
        pattern: first,
        changed: raw.replace === true ? 'replaced' : 'refused',
        targets,
        reach,
        approval,
      }
    case 'plan':
      return {
        ...common,
        kind: 'plan',
        name: first,
        targets,
        reach,
        ...optional('out', text(raw.out)),
        exit: raw.detailedExitcode === true ? 'detailed' : 'simple',
        only: raw.listHosts === true ? 'hosts' : 'plan',
      }
    case 'apply':
      return {
        ...common,
        kind: 'apply',
        ...optional('name', args[0]),
        targets,
        reach,
        approval,
        only: raw.listHosts === true ? 'hosts' : raw.check === true ? 'plan' : 'apply',
      }
    case 'resume':
      return {
        ...common,
        kind: 'resume',
        run: first,
        targets,
        reach,
        approval,
        settle: list(raw.settle).flatMap(saidOf),
        changes: raw.acceptChanges === true ? 'accepted' : 'refused',
      }
    case 'rollback':
      return {
        ...common,
        kind: 'rollback',
        run: first,
        targets,
        reach,
        approval,
        settle: list(raw.settle).flatMap(saidOf),
      }
    case 'runs':
      return {
        ...common,
        kind: 'runs',
        ...optional('run', args[0]),
        hosts: raw.hosts === true ? 'looked-at' : 'left',
        targets,
        reach,
      }
    case 'clean':
      return { ...common, kind: 'clean', run: first, targets, reach, approval }
    case 'unlock':
      return { ...common, kind: 'unlock', lock: first, targets, reach, approval }
    case 'report':
      return { ...common, kind: 'report', run: first, format: formatOf(raw), ...optional('svg', text(raw.svg)) }
    case 'modules':
      return { ...common, kind: 'modules', ...optional('name', args[0]) }
  }
}

const FORMATS: readonly ReportFormat[] = ['text', 'markdown', 'json']
const FINDING_FORMATS: readonly FindingFormat[] = ['text', 'json', 'github', 'sarif']
const CONNECTIONS: readonly NonNullable<Reach['connection']>[] = ['ssh', 'openssh', 'local']
const DEFAULT_FORKS = 10 // more connections in flight gain nothing against real sshds (measured)
const MAX_FORKS = 500

function wrongValues(raw: Raw, formats: readonly string[]): readonly Problem[] {
  const checks: readonly (readonly [wrong: boolean, message: string])[] = [
    [!isWithin(raw.forks, 1, MAX_FORKS), `--forks wants a whole number from 1 to ${MAX_FORKS}, not "${raw.forks}"`],
    [!isWithin(raw.timeout, 1, 3600), `--timeout wants whole seconds from 1 to 3600, not "${raw.timeout}"`],
    [!isOneOf(raw.connection, CONNECTIONS), `--connection wants ${CONNECTIONS.join(', ')}, not "${raw.connection}"`],
    [!isOneOf(raw.format, formats), `--format wants ${formats.join(', ')}, not "${raw.format}"`],
    [raw.quiet === true && raw.verbose === true, '--quiet and --verbose contradict each other'],
    ...list(raw.settle)
      .filter((said) => !SAID.test(said))
      .map((said) => [true, `--settle wants STEP@HOST=done or STEP@HOST=not-done, not "${said}"`] as const),
    ...list(raw.set)
      .filter((pair) => !/^@|^[A-Za-z_][A-Za-z0-9_]*=/.test(pair))
      .map((pair) => [true, `--set wants name=value, not "${pair}"`] as const),
  ]
  return checks.filter(([wrong]) => wrong).map(([, message]) => ({ kind: 'usage', message }))
}

const SAID = /^([a-z0-9][a-z0-9_-]*)@([^@=]+)=(done|not-done)$/

function saidOf(text: string): readonly Said[] {
  const [, step, host, outcome] = SAID.exec(text) ?? []
  return step === undefined || host === undefined
    ? []
    : [{ step, host, outcome: outcome === 'done' ? 'done' : 'not-done' }]
}

const isWithin = (value: unknown, least: number, most: number): boolean =>
  value === undefined || (/^\d{1,6}$/.test(String(value)) && Number(value) >= least && Number(value) <= most)

const isOneOf = (value: unknown, known: readonly string[]): boolean =>
  value === undefined || known.includes(String(value))

const outputOf = (raw: Raw): Output => ({
  format: raw.json === true ? 'json' : 'text',
  view: raw.plain === true ? 'plain' : 'auto',
  colour: raw.color === false ? 'never' : 'auto',
  detail: raw.quiet === true ? 'quiet' : raw.verbose === true ? 'verbose' : 'normal',
})

/** Ansible's `-e @file` is a vars file. */
function targetsOf(raw: Raw): Targets {
  const set = list(raw.set)
  const files = set.filter((pair) => pair.startsWith('@')).map((pair) => pair.slice(1))
  return {
    inventories: list(raw.inventory),
    ...optional('limit', text(raw.limit)),
    set: set.filter((pair) => !pair.startsWith('@')),
    varsFiles: [...list(raw.varsFile), ...files],
  }
}

const reachOf = (raw: Raw): Reach => ({
  forks: raw.forks === undefined ? DEFAULT_FORKS : Number(raw.forks),
  ...optional('user', text(raw.user)),
  ...optional('privateKey', text(raw.privateKey)),
  ...optional(
    'connection',
    CONNECTIONS.find((kind) => kind === raw.connection),
  ),
  ...optional('timeoutMs', raw.timeout === undefined ? undefined : Number(raw.timeout) * 1000),
  becomePassword: raw.askBecomePass === true ? 'ask' : 'none',
})

const vaultOf = (raw: Raw): VaultAccess => ({
  files: list(raw.vaultPasswordFile),
  asked: raw.askVaultPass === true ? 'ask' : 'none',
})

const approvalOf = (raw: Raw): Approval => ({
  changes: raw.yes === true || raw.autoApprove === true ? 'given' : 'ask',
  irreversible: raw.allowIrreversible === true ? 'given' : 'ask',
  input: raw.input === false ? 'never' : 'allowed',
})

function viewOf(raw: Raw): InventoryView {
  if (raw.graph === true) return { kind: 'graph', detail: raw.vars === true ? 'vars' : 'names' }
  const host = text(raw.host)
  const format = raw.yaml === true ? 'yaml' : 'json'
  return host === undefined ? { kind: 'list', format } : { kind: 'host', host, format }
}

const formatOf = (raw: Raw): ReportFormat =>
  FORMATS.find((format) => format === raw.format) ?? (raw.json === true ? 'json' : 'text')

const findingFormatOf = (raw: Raw): FindingFormat =>
  FINDING_FORMATS.find((format) => format === raw.format) ?? (raw.json === true ? 'json' : 'text')

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const list = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** `{ [name]: value }`, or nothing where there is no value: optional members are absent, never undefined. */
const optional = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [name in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]: Value }) // sealed: the one key given
