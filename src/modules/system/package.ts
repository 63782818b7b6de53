import { sh } from '../../model/command.ts'
import type { Json } from '../../model/json.ts'
import type { Change, Decision, Detail, Probe, Resource, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import {
  type Installed,
  markPackages,
  type PackageMove,
  readAutomatic,
  readAvailable,
  readInstalled,
  readOutdated,
  type Simulation,
  shownTransaction,
  simulate,
  transact,
} from './apt.ts'
import { runArguments } from './run-command.ts'

const args = Type.Object(
  {
    // no "-" at the end: apt-get takes such a word for a removal
    name: Type.String({
      pattern: '^[a-z0-9]([a-z0-9+.:-]*[a-z0-9+.])?$',
      description: 'the package, as apt names it',
    }),
    state: Type.Optional(
      Type.Enum(['present', 'absent'], {
        default: 'present',
        description: 'absent removes it and keeps its configuration files',
      }),
    ),
    version: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z]([A-Za-z0-9.+~:-]*[A-Za-z0-9.+~])?$',
        description: 'exact version, an older one too; left out: any that is installed will do',
      }),
    ),
    hold: Type.Optional(
      Type.Boolean({ description: 'keep upgrades from changing it (true), or not (false); left out: as it is' }),
    ),
    touches: runArguments.touches,
  },
  { additionalProperties: false },
)

type PackageArgs = Static<typeof args>

interface PackageState {
  readonly manager: string // apt, or what the host has in its place
  readonly installed: Installed
  readonly simulation: Simulation | undefined // where a transaction is needed
  readonly automatic: readonly string[] // of what it changes
  readonly lost: readonly string[] // `name=version` now installed that no repository has any more
  readonly outdated: readonly string[] // processes that run what has been replaced
}

const none: Installed = { version: null, status: 'not-installed', isHeld: false }

// "package" is a reserved word
export const packageModule = defineModule<typeof args, PackageState>({
  name: 'package',
  summary: 'A package of Debian or Ubuntu (apt): there or not, at an exact version, held or not',
  effect: 'changes',
  args,
  example: 'package: {name: etcd-server, version: 3.4.23-4+b4, hold: true}',
  resources: ({ name, touches = [] }) => [
    `package:${name}`,
    ...(touches as readonly Resource[]), // sealed: the schema's pattern is kind:name
  ],
  read: readPackage,
  plan: planPackage,
  apply: async (wanted, change, session) => {
    const record = recordOf(change)
    if (record.moves.length > 0) await transact(transactionOf(wanted, record.wasHeld), session)
    const [now = none] = await readInstalled([wanted.name], session)
    const isHeld = wanted.hold ?? record.wasHeld
    if (now.version !== null && now.isHeld !== isHeld) {
      await markPackages(isHeld ? 'hold' : 'unhold', [wanted.name], session)
    }
    return { version: now.version, outdated: [...(await readOutdated(wanted.name, session))] }
  },
  revert: ({ name }, change, session) => revertPackage(name, recordOf(change), session),
})

const removes = ({ state }: PackageArgs): boolean => state === 'absent'

/** Whether what is installed is what is asked for, hold apart. */
const isThere = (wanted: PackageArgs, { version }: Installed): boolean =>
  removes(wanted) ? version === null : version !== null && (wanted.version ?? version) === version

function transactionOf(wanted: PackageArgs, wasHeld: boolean) {
  const { name, version } = wanted
  const word = removes(wanted) ? `${name}-` : version === undefined ? name : `${name}=${version}`
  return { install: [word], changeHeld: wasHeld && (wanted.hold !== undefined || removes(wanted)) }
}

async function readPackage(wanted: PackageArgs, probe: Probe): Promise<PackageState> {
  const [manager, [installed = none], outdated] = await Promise.all([
    readManager(probe),
    readInstalled([wanted.name], probe),
    readOutdated(wanted.name, probe),
  ])
  const seen = { manager, installed, simulation: undefined, automatic: [], lost: [], outdated }
  if (manager !== 'apt' || isThere(wanted, installed)) return seen
  const simulation = await simulate(transactionOf(wanted, installed.isHeld), probe)
  if (simulation.kind === 'refused') return { ...seen, simulation }
  const old = simulation.moves.filter(({ from }) => from !== null)
  const names = old.map((move) => move.name)
  const [available, automatic] = await Promise.all([readAvailable(names, probe), readAutomatic(names, probe)])
  const lost = old.map(({ name, from }) => `${name.replace(/:.*/, '')}=${from}`).filter((one) => !available.has(one))
  return { ...seen, simulation, automatic, lost }
}

async function readManager(probe: Probe): Promise<string> {
  const reply = await probe.run(
    sh`for tool in apt-get dnf yum zypper apk pacman; do if command -v "$tool" >/dev/null; then echo "$tool"; break; fi; done`,
  )
  const found = reply.stdout.toString('utf8').trim()
  return found === 'apt-get' ? 'apt' : found
}

function planPackage(wanted: PackageArgs, state: PackageState): Decision {
  const refusal = refuse(wanted, state)
  if (refusal) return { kind: 'blocked', ...refusal }
  const { installed, simulation, outdated } = state
  const moves = simulation?.kind === 'moves' ? simulation.moves : []
  const holds = !removes(wanted) && wanted.hold !== undefined && wanted.hold !== installed.isHeld
  if (moves.length > 0 || holds) return { kind: 'change', change: changeFor(wanted, state, moves) }
  const version = installed.version
  const summary = version === null ? `${wanted.name} is not installed` : `${wanted.name} ${version} is installed`
  const still = outdated.length === 0 ? '' : `, but ${outdated.length} of its processes run what was there before`
  return { kind: 'noop', summary: summary + still, output: { version, outdated: [...outdated] } }
}

function refuse(
  wanted: PackageArgs,
  { manager, installed, simulation }: PackageState,
): { readonly message: string; readonly hint?: string; readonly detail?: string } | undefined {
  const { name, version, hold } = wanted
  if (removes(wanted) && (version !== undefined || hold !== undefined)) {
    return { message: 'state: absent takes neither version nor hold' }
  }
  if (manager !== 'apt') {
    return {
      message: `the host has ${manager === '' ? 'no apt' : manager}; this module works with apt only`,
      hint: 'use command with check for packages of this host',
    }
  }
  if (!['installed', 'config-files', 'not-installed'].includes(installed.status)) {
    return {
      message: `${name} is ${installed.status}`,
      hint: 'look at it with dpkg --audit; dpkg --configure -a may finish it',
    }
  }
  if (installed.isHeld && installed.version !== null && !isThere(wanted, installed) && hold === undefined) {
    return { message: `${name} ${installed.version} is held`, hint: 'hold: true changes it and holds it again' }
  }
  if (simulation?.kind !== 'refused') return undefined
  return {
    message: `apt cannot ${removes(wanted) ? 'remove' : 'install'} ${name}${version === undefined ? '' : ` ${version}`}`,
    detail: simulation.said,
    hint: 'is the version in a repository of the host, and its list fresh (apt-get update)?',
  }
}

function changeFor(wanted: PackageArgs, state: PackageState, moves: readonly PackageMove[]): Change {
  const { name, hold } = wanted
  const { installed, simulation, automatic, lost } = state
  const isHeld = hold ?? installed.isHeld
  const to = moves.find((move) => move.name === name)?.to ?? installed.version
  const isDowngrade = simulation?.kind === 'moves' && simulation.isDowngrade
  const removesLater = !removes(wanted) && installed.version === null
  const held: readonly Detail[] =
    hold === undefined || hold === installed.isHeld
      ? []
      : [{ kind: 'value', name: `${name} held`, before: String(installed.isHeld), after: String(hold) }]
  return {
    verb: removes(wanted) ? 'delete' : installed.version === null ? 'create' : 'update',
    summary: summaryOf(wanted, { from: installed.version, to, moves, isDowngrade }),
    details: [
      ...(moves.length === 0
        ? []
        : [{ kind: 'command' as const, command: shownTransaction(transactionOf(wanted, installed.isHeld)) }]),
      ...moves.map((move) => ({
        kind: 'value' as const,
        name: move.name,
        before: move.from ?? 'not installed',
        after: move.to ?? 'not installed',
      })),
      ...held,
      ...(removesLater
        ? [{ kind: 'note' as const, text: 'undoing removes it again, but leaves its configuration files' }]
        : []),
    ],
    before: { moves: [...moves], wasHeld: installed.isHeld, automatic: [...automatic] },
    after: { version: removes(wanted) ? null : to, held: isHeld },
    settles: true,
    reversible: lost.length === 0,
    ...(lost.length === 0 ? {} : { irreversibleBecause: `no repository of the host has ${lost.join(', ')}` }),
    predicts: Object.fromEntries([`package:${name}` as const, ...(wanted.touches ?? [])].map((one) => [one, null])),
  }
}

function summaryOf(
  wanted: PackageArgs,
  {
    from,
    to,
    moves,
    isDowngrade,
  }: {
    readonly from: string | null
    readonly to: string | null
    readonly moves: readonly PackageMove[]
    readonly isDowngrade: boolean
  },
): string {
  const { name, hold } = wanted
  if (moves.length === 0) return `${hold ? 'hold' : 'unhold'} ${name} ${from}`
  const others = moves.length === 1 ? '' : `, and ${moves.length - 1} more`
  if (removes(wanted)) return `remove ${name} ${from}${others}`
  if (from === null) return `install ${name} ${to}${others}`
  return `${isDowngrade ? 'downgrade' : 'upgrade'} ${name} from ${from} to ${to}${others}`
}

interface RecordedPackages {
  readonly moves: readonly PackageMove[]
  readonly wasHeld: boolean
  readonly automatic: readonly string[]
}

/** What changeFor alone makes. */
const recordOf = ({ before }: Change): RecordedPackages => before as Json as unknown as RecordedPackages // sealed

/** Every package of the transaction back at its version, or gone; what was neither before nor after is left. */
async function revertPackage(
  name: string,
  { moves, wasHeld, automatic }: RecordedPackages,
  session: Session,
): Promise<void> {
  const now = await readInstalled(
    moves.map((move) => move.name),
    session,
  )
  const strange = moves.find(({ from, to }, at) => ![from, to].includes(now[at]?.version ?? null))
  if (strange) {
    throw new ProblemError({
      kind: 'rollback-failed',
      message: `${strange.name} on ${session.host} was changed by someone since; it is left as it is`,
      hint: `it was ${strange.from ?? 'not installed'}, and this run made it ${strange.to ?? 'not installed'}`,
    })
  }
  const back = moves.filter(({ from }, at) => (now[at]?.version ?? null) !== from)
  if (back.length > 0) {
    const install = back.map((move) => (move.from === null ? `${move.name}-` : `${move.name}=${move.from}`))
    await transact({ install, changeHeld: true }, session)
    await markPackages('auto', automatic, session)
  }
  const [own = none] = await readInstalled([name], session)
  if (own.version !== null && own.isHeld !== wasHeld) {
    await markPackages(wasHeld ? 'hold' : 'unhold', [name], session)
  }
}
