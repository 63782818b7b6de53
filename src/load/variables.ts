import type { HostName } from '../model/id.ts'
import type { Variable, Variables } from '../model/inventory.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { ResolvedParam, SecretParam } from '../model/plan.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Param } from '../model/runbook.ts'
import { type NamedSecret, Secret } from '../model/secret.ts'
import { problemsByHost } from './host-problems.ts'
import { jinjaIn } from './inventory-magic.ts'
import { schemaFaults } from './schema-check.ts'
import { parseSecretSource, type SecretSource, sourceKey } from './secret-source.ts'
import {
  faultOfSecret,
  isSealed,
  type Opened,
  openVariable,
  type SealedVariable,
  type SecretValues,
  shownVariable,
  sourcesOf,
} from './secret-values.ts'
import { hostOf } from './select-hosts.ts'
import { mergeLevels, readOverrides, type VariablesInput } from './variable-levels.ts'

/** The variables of one host, from all four levels. */
export interface HostVariables {
  readonly variables: JsonObject // all but parameters, with inventory_hostname and group_names; no passwords
  readonly params: JsonObject
  readonly secrets: ReadonlyMap<string, Secret> // of both, by name, as JSON; there they are ***
  readonly all: Variables // both, with where each value comes from and what it overrode; secrets as ***
}

export interface ResolvedVariables {
  readonly hosts: ReadonlyMap<HostName, HostVariables>
  readonly params: readonly ResolvedParam[] // one per parameter, or one per host where hosts differ
  readonly secrets: readonly NamedSecret[] // of all hosts, each value once
}

/** Passwords that an inventory may hold: they go to the connection only (see endpointOf), never to a template or a plan. */
const PASSWORD = /^ansible_(?:ssh_|become_|sudo_|su_)?(?:pass|password|private_key_passphrase)$/

/**
 * Each host's variables: parameter default < inventory (group depth) < --vars-file < --set. Parameters are checked by
 * their schema, and the problem names where the wrong value comes from.
 */
export function resolveVariables(input: VariablesInput): Result<ResolvedVariables> {
  const gathered = gatherHosts(input)
  if (!gathered.ok) return gathered
  const problems = problemsByHost(
    gathered.value.map(({ name, all, sealed }) => ({
      host: name,
      problems: [
        ...jinjaProblems(input.runbook, all),
        ...paramProblems(input.runbook.params, all),
        ...sealed.flatMap((one) => faultOfSecret(one) ?? []),
      ],
    })),
  )
  if (problems.length > 0) return fail(problems)
  const opened = gathered.value.map((one) => ({ ...one, opened: openSecrets(one.sealed, input.secrets) }))
  const wrong = problemsByHost(
    opened.map(({ name, opened: { problems: ofSecrets } }) => ({ host: name, problems: ofSecrets })),
  )
  if (wrong.length > 0) return fail(wrong)
  const hosts = new Map(opened.map((one): [HostName, HostVariables] => [one.name, hostVariables(input, one)]))
  return succeed({ hosts, params: resolvedParams(input, opened, hosts), secrets: namedSecrets(opened) })
}

/** Whom to ask for the secrets of these hosts, each source once. */
export function secretSources(input: VariablesInput): Result<readonly SecretSource[]> {
  const gathered = gatherHosts(input)
  if (!gathered.ok) return gathered
  const sources = gathered.value.flatMap(({ sealed }) => sealed.flatMap(sourcesOf))
  return succeed([...new Map(sources.map((source) => [sourceKey(source), source])).values()])
}

interface GatheredHost {
  readonly name: HostName
  readonly all: Variables
  readonly sealed: readonly SealedVariable[]
}

function gatherHosts(input: VariablesInput): Result<readonly GatheredHost[]> {
  const overrides = readOverrides(input)
  if (!overrides.ok) return overrides
  const params = new Map(input.runbook.params.map((param) => [param.name, param]))
  return succeed(
    input.hosts.map((name) => {
      const all = mergeLevels(input, name, overrides.value)
      return { name, all, sealed: sealedIn(all, params) }
    }),
  )
}

/** Passwords go to the connection, which opens them itself. */
const sealedIn = (all: Variables, params: ReadonlyMap<string, Param>): readonly SealedVariable[] =>
  [...all].flatMap(([name, variable]) => {
    const param = params.get(name)
    const one = { name, variable, ...(param ? { param } : {}) }
    return !PASSWORD.test(name) && isSealed(one) ? [one] : []
  })

interface OpenedSecrets {
  readonly problems: readonly Problem[]
  readonly values: ReadonlyMap<string, Opened>
}

function openSecrets(sealed: readonly SealedVariable[], values: SecretValues | undefined): OpenedSecrets {
  const results = values ? sealed.map((one) => [one.name, openVariable(one, values)] as const) : []
  return {
    problems: results.flatMap(([, result]) => (result.ok ? [] : result.problems)),
    values: new Map(results.flatMap(([name, result]) => (result.ok ? [[name, result.value]] : []))),
  }
}

interface OpenedHost extends GatheredHost {
  readonly opened: OpenedSecrets
}

/** Under the name of the variable where all hosts have the same value, else with the host's. */
function namedSecrets(hosts: readonly OpenedHost[]): readonly NamedSecret[] {
  const found = new Map<string, Map<string, HostName>>() // values by name, each with the first host that has it
  for (const { name: host, opened } of hosts) {
    for (const { name, secret } of [...opened.values.values()].flatMap(({ secrets }) => secrets)) {
      const values = found.get(name) ?? new Map<string, HostName>()
      found.set(name, values)
      if (!values.has(secret.reveal())) values.set(secret.reveal(), host)
    }
  }
  return [...found].flatMap(([name, values]) =>
    [...values].map(([value, host]) => ({
      name: values.size > 1 ? `${name}@${host}` : name,
      secret: new Secret(value),
    })),
  )
}

/** Jinja of an inventory is carried along as text; what uses it would get the text in place of the value. */
const jinjaProblems = ({ params, outside = [] }: VariablesInput['runbook'], all: Variables): readonly Problem[] =>
  [...params, ...outside].flatMap(({ name, at }): readonly Problem[] => {
    const variable = all.get(name)
    const jinja = jinjaOf(variable)
    if (jinja === undefined) return []
    const message = `${name} holds Jinja, which is not run: ${jinja}, from ${variable?.origin.text}`
    return [{ kind: 'parameter', message, at, hint: `write the value out, or give it: --set ${name}=...` }]
  })

const jinjaOf = (variable: Variable | undefined): string | undefined =>
  variable?.origin.level === 'inventory' ? jinjaIn(variable.value) : undefined

const paramProblems = (params: readonly Param[], all: Variables): readonly Problem[] =>
  params.flatMap((param) => problemsOfParam(param, all.get(param.name)))

function problemsOfParam(param: Param, variable: Variable | undefined): readonly Problem[] {
  if (!variable) {
    const hint = `give it: --set ${param.name}=..., or in the inventory (${param.description})`
    return [{ kind: 'parameter', message: `the parameter ${param.name} has no value`, at: param.at, hint }]
  }
  if (jinjaOf(variable) !== undefined) return [] // told already
  if (isSealed({ name: param.name, variable, param })) return [] // checked when it is opened
  return schemaFaults(param.schema, variable.value, 'none').map(({ message, pointer }) => {
    const subject = pointer === '' ? message.replace(/^this/, param.name) : `${param.name}: ${message}`
    return { kind: 'parameter', message: `${subject}, from ${variable.origin.text}`, hint: limitsOf(param) }
  })
}

const limitsOf = (param: Param): string =>
  `${param.name}: ${param.description}, line ${param.at.line} of ${param.at.file}`

function hostVariables(
  { runbook, inventory }: VariablesInput,
  { name, all, sealed, opened }: OpenedHost,
): HostVariables {
  const isParam = new Set(runbook.params.map((param) => param.name))
  const variables: Record<string, Json> = {}
  const params: Record<string, Json> = {}
  const shown = new Map(all)
  for (const key of all.keys()) {
    const variable = shown.get(key)
    if (variable && PASSWORD.test(key)) shown.set(key, masked(variable))
  }
  for (const one of sealed) shown.set(one.name, shownVariable(one))
  for (const [key, variable] of shown)
    if (!PASSWORD.test(key)) (isParam.has(key) ? params : variables)[key] = variable.value
  const groups = hostOf(inventory, name)?.groups.filter((group) => group !== 'all') ?? []
  variables.inventory_hostname = name
  variables.group_names = groups.toSorted()
  const secrets = [...opened.values].map(([key, { value }]) => [key, new Secret(JSON.stringify(value))] as const)
  return { variables, params, secrets: new Map(secrets), all: shown }
}

const masked = (variable: Variable): Variable => ({
  value: '***',
  origin: variable.origin,
  overrode: variable.overrode.map(({ origin }) => ({ value: '***', origin })),
})

function resolvedParams(
  { runbook }: VariablesInput,
  opened: readonly OpenedHost[],
  hosts: ReadonlyMap<HostName, HostVariables>,
): readonly ResolvedParam[] {
  const sources = new Map(opened.map(({ name, sealed }) => [name, sealed]))
  return runbook.params.flatMap((param) => {
    const { name } = param
    const each = [...hosts].flatMap(([host, { all, secrets }]) => {
      const variable = all.get(name)
      if (!variable) return []
      const sealed = sources.get(host)?.find((one) => one.name === name)
      const resolved: ResolvedParam = {
        name,
        value: variable.value,
        origin: variable.origin.text,
        host,
        ...(sealed ? { secret: keptOf(sealed) } : {}),
      }
      return [{ resolved, sameAs: JSON.stringify([variable.value, variable.origin.text, secrets.get(name)?.reveal()]) }]
    })
    const [first] = each
    if (!first || new Set(each.map(({ sameAs }) => sameAs)).size > 1) return each.map(({ resolved }) => resolved)
    const { host: _, ...same } = first.resolved
    return [same]
  })
}

/** A source that was given is asked again as it was; what the inventory or a file of variables says is read there. */
const keptOf = ({ variable }: SealedVariable): SecretParam =>
  variable.origin.level === 'set' && parseSecretSource(variable.value) ? { source: variable.value } : {}
