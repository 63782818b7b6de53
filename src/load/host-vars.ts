import type { Host } from '../model/inventory.ts'
import type { Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import { Secret } from '../model/secret.ts'
import { withMagic } from './inventory-magic.ts'
import { parseSecretSource } from './secret-source.ts'
import { isVaulted, type Unvault, unvaultWith } from './vault.ts'
import { openVaulted } from './vault-file.ts'

/** One host being read, and what is wrong so far. */
export interface Reading {
  readonly host: Host
  readonly problems: Problem[]
  readonly unvault?: Unvault
}

/** The first of these variables that is set, as it stands. */
export function rawVar(
  reading: Reading,
  names: readonly string[],
): { readonly name: string; readonly value: Json } | undefined {
  const { host } = reading
  for (const name of names) {
    const value = unvaulted(reading, name)
    if (value !== undefined && value !== null) return { name, value: withMagic(value, host) }
  }
  return undefined
}

/** The value of a variable, decrypted where it is encrypted; what cannot be opened is a problem. */
function unvaulted({ host, problems, unvault = unvaultWith([]) }: Reading, name: string): Json | undefined {
  const variable = host.vars.get(name)
  const source = variable && isVaulted(variable.value) ? parseSecretSource(variable.value) : undefined
  if (source?.kind !== 'vault') return variable?.value
  const opened = openVaulted(source, unvault)
  if (opened.ok)
    return source.member === undefined ? opened.value.reveal() : (JSON.parse(opened.value.reveal()) as Json) // sealed: written as JSON
  const from = `${name}, from ${variable?.origin.text}`
  problems.push(...opened.problems.map((one) => ({ ...one, host: host.name, message: `${from}: ${one.message}` })))
  return undefined
}

/** A variable as text; a template that is not understood is a problem. */
export function textVar(reading: Reading, names: readonly string[]): string | undefined {
  const found = rawVar(reading, names)
  if (!found) return undefined
  if (typeof found.value === 'number') return String(found.value)
  if (typeof found.value !== 'string') return wrong(reading, found.name, 'must be text')
  if (found.value.includes('{{'))
    return wrong(reading, found.name, `holds a template that is not understood: ${found.value}`, TEMPLATES)
  return found.value
}

const TEMPLATES = 'only {{ inventory_dir }} and {{ inventory_hostname }} are replaced in an inventory'

/** A variable as a number, also when written as text. */
export function numberVar(reading: Reading, names: readonly string[]): number | undefined {
  const found = rawVar(reading, names)
  if (!found) return undefined
  const value = typeof found.value === 'string' && /^\d+$/.test(found.value) ? Number(found.value) : found.value
  return typeof value === 'number' ? value : wrong(reading, found.name, 'must be a number')
}

/** A secret may hold braces; a template in it could not be told apart, so it is taken as it is. */
export function secretVar(reading: Reading, names: readonly string[]): Secret | undefined {
  const found = rawVar(reading, names)
  if (!found) return undefined
  if (typeof found.value === 'string' || typeof found.value === 'number') return new Secret(String(found.value))
  return wrong(reading, found.name, 'must be text')
}

/** Notes a problem with a variable, with where it was set. */
export function wrong({ host, problems }: Reading, name: string, message: string, hint?: string): undefined {
  const origin = host.vars.get(name)?.origin.text
  const from = origin === undefined ? '' : `, from ${origin}`
  const problem: Problem = { kind: 'parameter', host: host.name, message: `${name} ${message}${from}` }
  problems.push(hint === undefined ? problem : { ...problem, hint })
  return undefined
}
