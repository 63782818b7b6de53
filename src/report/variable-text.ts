import { escapeLine } from '../model/escape.ts'
import type { Variable, Variables } from '../model/inventory.ts'
import type { Json } from '../model/json.ts'
import type { Style } from './style.ts'

/** Each value with its type and where it comes from, below it what it overrode, nearest first. */
export const variablesText = (variables: Variables, style: Style): string =>
  [...variables]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, variable]) => variableLines(name, variable, style))
    .map((line) => `${line}\n`)
    .join('')

const variableLines = (name: string, { value, origin, overrode }: Variable, style: Style): readonly string[] => [
  `${style.bold(escapeLine(name))} = ${valueText(name, value)}  ${style.cyan(typeOf(value))}  ${style.dim(escapeLine(origin.text))}`,
  ...overrode.map((one) => style.dim(`    overrides ${valueText(name, one.value)}  ${escapeLine(one.origin.text)}`)),
]

/** The type in the words of JSON Schema, as parameters declare it. */
export function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isSafeInteger(value) ? 'integer' : typeof value
}

const valueText = (name: string, value: Json): string => escapeLine(JSON.stringify(isSecretName(name) ? '***' : value))

/** Ansible's connection passwords lie in inventories in clear; they are never shown. */
export const isSecretName = (name: string): boolean => /^ansible_.*pass(word|phrase)?$/.test(name)
