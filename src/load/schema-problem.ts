import type { Problem } from '../model/problem.ts'
import type { SchemaFault } from './schema-fault.ts'
import { keySpan, nodeAt, spanOf, writtenOf, type YamlNode } from './yaml-node.ts'

/** A schema fault at its place in the file. `of` names what the value belongs to: "file: unknown key stat". */
export function schemaProblem(root: YamlNode, fault: SchemaFault, of?: string): Problem {
  const node = nodeAt(root, fault.pointer)
  const at = fault.key === undefined ? spanOf(node) : keySpan(root, fault.pointer, fault.key)
  const hint = fault.wantsText && node.kind === 'scalar' ? `quote it: "${writtenOf(node)}"` : fault.hint
  const message = of === undefined ? fault.message : `${of}: ${asSubject(fault.message, of)}`
  return { kind: 'schema', message, at, ...(hint === undefined ? {} : { hint }) }
}

/** "this must be a mapping" of a module's arguments as a whole. */
const asSubject = (message: string, of: string): string =>
  message.startsWith('this ') ? `the arguments of ${of}${message.slice(4)}` : message
