import type { Problem } from '../model/problem.ts'
import type { SchemaFault } from './schema-fault.ts'
import { keySpan, nodeAt, spanOf, writtenOf, type YamlNode } from './yaml-node.ts'

/** How messages name the value that was checked. */
export interface Subject {
  readonly itself: string // "the default of n" must be ...
  readonly prefix?: string // "service: " before messages about its members
}

/** A schema fault at its place in the file. */
export function schemaProblem(root: YamlNode, fault: SchemaFault, { itself, prefix = '' }: Subject): Problem {
  const at = fault.key === undefined ? spanOf(nodeAt(root, fault.pointer)) : keySpan(root, fault.pointer, fault.key)
  const hint = quotingHint(root, fault) ?? fault.hint
  const aboutItself = fault.message.startsWith('this ')
  const message = aboutItself ? itself + fault.message.slice(4) : prefix + fault.message
  return { kind: 'schema', message, at, ...(hint === undefined ? {} : { hint }) }
}

/** `mode: 0644` is a number until it is quoted; quoting does not make a duration of 60. */
function quotingHint(root: YamlNode, { pointer, wantsText }: SchemaFault): string | undefined {
  const node = nodeAt(root, pointer)
  if (!wantsText || node.kind !== 'scalar') return undefined
  const written = writtenOf(node)
  const fits = wantsText.pattern === undefined || new RegExp(wantsText.pattern, 'u').test(written)
  return fits ? `quote it: "${written}"` : undefined
}
