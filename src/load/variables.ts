import type { HostName } from '../model/id.ts'
import type { Inventory, Origin, Variable, Variables } from '../model/inventory.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { ResolvedParam } from '../model/plan.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Param, Runbook } from '../model/runbook.ts'
import { locationText } from '../model/source.ts'
import { problemsByHost } from './host-problems.ts'
import { jinjaIn, withMagic } from './inventory-magic.ts'
import { suggest } from './nearest.ts'
import { schemaFaults } from './schema-check.ts'
import { hostOf } from './select-hosts.ts'
import { parseSetOption, parseSetValue } from './set-value.ts'
import { readText } from './source-text.ts'
import { parseYaml } from './yaml-document.ts'
import { membersOf, spanOf, toJson } from './yaml-node.ts'

export interface VariablesInput {
  readonly runbook: Pick<Runbook, 'params' | 'name' | 'outside'>
  readonly inventory: Inventory
  readonly hosts: readonly HostName[]
  readonly varsFiles: readonly string[] // YAML, later wins
  readonly set: readonly string[] // `name=value`, later wins
}

/** The variables of one host, from all four levels. */
export interface HostVariables {
  readonly variables: JsonObject // all but parameters, with inventory_hostname and group_names; no passwords
  readonly params: JsonObject
  readonly all: Variables // both, with where each value comes from and what it overrode; passwords as ***
}

export interface ResolvedVariables {
  readonly hosts: ReadonlyMap<HostName, HostVariables>
  readonly params: readonly ResolvedParam[] // one per parameter, or one per host where hosts differ
}

/** Passwords that an inventory may hold: they go to the connection only (see endpointOf), never to a template or a plan. */
const PASSWORD = /^ansible_(?:ssh_|become_|sudo_|su_)?(?:pass|password|private_key_passphrase)$/

/**
 * Each host's variables: parameter default < inventory (group depth) < --vars-file < --set. Parameters are checked by
 * their schema, and the problem names where the wrong value comes from.
 */
export function resolveVariables(input: VariablesInput): Result<ResolvedVariables> {
  const overrides = readOverrides(input)
  if (!overrides.ok) return overrides
  const resolved = input.hosts.map((name) => ({ name, all: mergeLevels(input, name, overrides.value) }))
  const problems = problemsByHost(
    resolved.map(({ name, all }) => ({
      host: name,
      problems: [...jinjaProblems(input.runbook, all), ...paramProblems(input.runbook.params, all)],
    })),
  )
  if (problems.length > 0) return fail(problems)
  const hosts = resolved.map(({ name, all }): [HostName, HostVariables] => [name, hostVariables(input, name, all)])
  return succeed({ hosts: new Map(hosts), params: resolvedParams(input, new Map(hosts)) })
}

/** A value of a level above the inventory. */
interface Override {
  readonly name: string
  readonly value: Json
  readonly origin: Origin
}

function readOverrides(input: VariablesInput): Result<readonly Override[]> {
  const files = input.varsFiles.map(readVarsFile)
  const set = input.set.map((option) => readSet(input, option))
  const results = [...files, ...set.map((one): Result<readonly Override[]> => (one.ok ? succeed([one.value]) : one))]
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems))
  return problems.length > 0 ? fail(problems) : succeed(results.flatMap((result) => (result.ok ? result.value : [])))
}

function readVarsFile(file: string): Result<readonly Override[]> {
  const text = readText(file, 'file of variables')
  if (!text.ok) return text
  const tree = parseYaml(file, text.value, 'runbook')
  if (!tree.ok) return tree
  if (tree.value.kind !== 'map') {
    return fail([{ kind: 'schema', message: `${file} must be a mapping of variables`, at: spanOf(tree.value) }])
  }
  return succeed(
    membersOf(tree.value).map((member) => ({
      name: member.key,
      value: toJson(member.value),
      origin: { level: 'vars-file', text: `--vars-file (${locationText(spanOf(member))})` },
    })),
  )
}

function readSet({ runbook, inventory, hosts }: VariablesInput, option: string): Result<Override> {
  const parsed = parseSetOption(option)
  if (!parsed.ok) return parsed
  const { name } = parsed.value
  const param = runbook.params.find((one) => one.name === name)
  const inInventory = hosts.some((host) => hostOf(inventory, host)?.vars.has(name))
  if (!param && !inInventory) return fail([unknownSet(runbook, name)])
  const value = parseSetValue(parsed.value, param)
  return value.ok ? succeed({ name, value: value.value, origin: { level: 'set', text: '--set' } }) : value
}

function unknownSet({ params, name: runbook }: VariablesInput['runbook'], name: string): Problem {
  const hint =
    suggest(
      name,
      params.map((param) => param.name),
    ) ?? `${runbook} has no parameters`
  return { kind: 'parameter', message: `--set ${name}: there is no parameter ${name}`, hint }
}

function mergeLevels(
  { runbook, inventory }: VariablesInput,
  name: HostName,
  overrides: readonly Override[],
): Variables {
  const merged = new Map<string, Variable>()
  for (const param of runbook.params) {
    if (param.default !== undefined) merged.set(param.name, { value: param.default, origin: DEFAULT, overrode: [] })
  }
  const host = hostOf(inventory, name)
  for (const [key, variable] of host?.vars ?? []) {
    const value = withMagic(variable.value, host ?? { name })
    const earlier = merged.get(key)
    // One object for all hosts of a group, where nothing differs.
    if (value === variable.value && !earlier) merged.set(key, variable)
    else merged.set(key, { ...variable, value, overrode: [...variable.overrode, ...pastOf(earlier)] })
  }
  for (const { name: key, value, origin } of overrides) {
    merged.set(key, { value, origin, overrode: pastOf(merged.get(key)) })
  }
  return merged
}

const DEFAULT: Origin = { level: 'default', text: 'default of the runbook' }

const pastOf = (earlier: Variable | undefined): Variable['overrode'] =>
  earlier ? [{ value: earlier.value, origin: earlier.origin }, ...earlier.overrode] : []

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
  return schemaFaults(param.schema, variable.value, 'none').map(({ message, pointer }) => {
    const subject = pointer === '' ? message.replace(/^this/, param.name) : `${param.name}: ${message}`
    return { kind: 'parameter', message: `${subject}, from ${variable.origin.text}`, hint: limitsOf(param) }
  })
}

const limitsOf = (param: Param): string =>
  `${param.name}: ${param.description}, line ${param.at.line} of ${param.at.file}`

function hostVariables({ runbook, inventory }: VariablesInput, name: HostName, all: Variables): HostVariables {
  const isParam = new Set(runbook.params.map((param) => param.name))
  const variables: Record<string, Json> = {}
  const params: Record<string, Json> = {}
  const shown = new Map(all)
  for (const [key, variable] of all) {
    if (PASSWORD.test(key)) shown.set(key, masked(variable))
    else (isParam.has(key) ? params : variables)[key] = variable.value
  }
  const groups = hostOf(inventory, name)?.groups.filter((group) => group !== 'all') ?? []
  variables.inventory_hostname = name
  variables.group_names = groups.toSorted()
  return { variables, params, all: shown }
}

const masked = (variable: Variable): Variable => ({
  value: '***',
  origin: variable.origin,
  overrode: variable.overrode.map(({ origin }) => ({ value: '***', origin })),
})

function resolvedParams(
  { runbook }: VariablesInput,
  hosts: ReadonlyMap<HostName, HostVariables>,
): readonly ResolvedParam[] {
  return runbook.params.flatMap(({ name }) => {
    const each = [...hosts].flatMap(([host, { all }]): ResolvedParam[] => {
      const variable = all.get(name)
      return variable ? [{ name, value: variable.value, origin: variable.origin.text, host }] : []
    })
    const distinct = new Set(each.map(({ value, origin }) => JSON.stringify([value, origin])))
    const [first] = each
    if (!first || distinct.size > 1) return each
    return [{ name, value: first.value, origin: first.origin }]
  })
}
