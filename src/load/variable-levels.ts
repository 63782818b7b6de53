import type { HostName } from '../model/id.ts'
import type { Inventory, Origin, Variable, Variables } from '../model/inventory.ts'
import type { Json } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import { locationText } from '../model/source.ts'
import { withMagic } from './inventory-magic.ts'
import { suggest } from './nearest.ts'
import type { SecretValues } from './secret-values.ts'
import { hostOf } from './select-hosts.ts'
import { parseSetOption, parseSetValue } from './set-value.ts'
import { readText } from './source-text.ts'
import { isVaultText, type Unvault, unvaultWith, vaulted } from './vault.ts'
import { vaultFileMembers } from './vault-file.ts'
import { parseYaml } from './yaml-document.ts'
import { membersOf, spanOf, toJson } from './yaml-node.ts'

export interface VariablesInput {
  readonly runbook: Pick<Runbook, 'params' | 'name' | 'outside'>
  readonly inventory: Inventory
  readonly hosts: readonly HostName[]
  readonly varsFiles: readonly string[] // YAML, later wins
  readonly set: readonly string[] // `name=value`, later wins
  readonly unvault?: Unvault // of files of variables that are encrypted
  readonly secrets?: SecretValues // absent: nobody is asked, and secrets are neither known nor checked
}

/** A value of a level above the inventory. */
export interface Override {
  readonly name: string
  readonly value: Json
  readonly origin: Origin
}

/** What files of variables and --set say, in their order: later wins. Every problem at once. */
export function readOverrides(input: VariablesInput): Result<readonly Override[]> {
  const files = input.varsFiles.map((file) => readVarsFile(file, input.unvault ?? unvaultWith([])))
  const set = input.set.map((option) => readSet(input, option))
  const results = [...files, ...set.map((one): Result<readonly Override[]> => (one.ok ? succeed([one.value]) : one))]
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems))
  return problems.length > 0 ? fail(problems) : succeed(results.flatMap((result) => (result.ok ? result.value : [])))
}

function readVarsFile(file: string, unvault: Unvault): Result<readonly Override[]> {
  const text = readText(file, 'file of variables')
  if (!text.ok) return text
  if (isVaultText(text.value)) return readVaultFile(file, text.value, unvault)
  const tree = parseYaml(file, text.value, 'variables')
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

function readVaultFile(file: string, text: string, unvault: Unvault): Result<readonly Override[]> {
  const members = vaultFileMembers(text, unvault)
  if (!members.ok) return fail(members.problems.map((one) => ({ ...one, message: `${file}: ${one.message}` })))
  const origin: Origin = { level: 'vars-file', text: `--vars-file (${file})` }
  return succeed(members.value.map(({ key: name }) => ({ name, value: vaulted(text, name), origin })))
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

/** The variables of one host: parameter default < inventory < --vars-file < --set. */
export function mergeLevels(
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
