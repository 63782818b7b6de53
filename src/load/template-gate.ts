import type { Json } from '../model/json.ts'
import { advanceShell, behindWord, SHELL_START, type ShellState, sameShell, whyNoWord } from './shell-state.ts'

/** Where the text goes: into a value, or into a shell, where every value is quoted as one word. */
export type TemplateUse = 'value' | 'shell'

/** What may not be in a template, and where in its text (offsets). */
export interface GateFault {
  readonly message: string
  readonly start: number
  readonly end: number
  readonly hint?: string
}

export interface TemplatePath {
  readonly kind: 'path'
  readonly parts: readonly [string, ...string[]]
  readonly start: number
  readonly end: number
}

export type TemplateValue =
  | TemplatePath
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'q' | 'json'; readonly of: TemplateValue }
  | { readonly kind: 'eq'; readonly a: TemplateValue; readonly b: TemplateValue }

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: TemplateValue; readonly quoting: 'none' | 'word' }
  | {
      readonly kind: 'if'
      readonly test: TemplateValue
      readonly wanted: boolean
      readonly body: readonly TemplateNode[]
      readonly otherwise: readonly TemplateNode[]
    }

/** A template that may be rendered. */
export interface Gated {
  readonly nodes: readonly TemplateNode[]
  readonly paths: readonly TemplatePath[] // in order of appearance
  readonly rawPlaces: readonly { readonly start: number; readonly end: number }[] // {{{ }}} in shell text
  readonly whole?: TemplatePath // the text is exactly one {{ path }}
}

/** What Handlebars' parser gives, as far as we look. */
export interface AstNode {
  readonly type: string
  readonly loc: { readonly start: AstPosition; readonly end: AstPosition }
  readonly value?: unknown
  readonly body?: readonly AstNode[]
  readonly blockParams?: readonly string[]
  readonly path?: AstNode
  readonly params?: readonly AstNode[]
  readonly hash?: AstNode
  readonly escaped?: boolean
  readonly program?: AstNode
  readonly inverse?: AstNode
  readonly data?: boolean
  readonly depth?: number
  readonly parts?: readonly unknown[]
  readonly original?: unknown
}

interface AstPosition {
  readonly line: number
  readonly column: number
}

interface Gating {
  readonly text: string
  readonly use: TemplateUse
  readonly lineStarts: readonly number[]
  readonly faults: GateFault[]
  readonly paths: TemplatePath[]
  readonly rawPlaces: { readonly start: number; readonly end: number }[]
  shell: ShellState
}

const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const HINT = 'there are {{ name.path }}, {{#if name}}, {{#unless name}} and the helpers q, json, eq'

/** Lets through text, comments, {{ path }}, if/unless, and the helpers q, json, eq; says what else is there. */
export function gateTemplate(input: {
  readonly text: string
  readonly use: TemplateUse
  readonly program: AstNode
}): Gated | { readonly faults: readonly GateFault[] } {
  const { text, use, program } = input
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)]
  const gating: Gating = { text, use, lineStarts, faults: [], paths: [], rawPlaces: [], shell: SHELL_START }
  const nodes = gateBody(gating, program)
  if (gating.faults.length > 0) return { faults: gating.faults }
  const { paths, rawPlaces } = gating
  const whole = use === 'value' ? wholePath(nodes) : undefined
  return { nodes, paths, rawPlaces, ...(whole ? { whole } : {}) }
}

function wholePath(nodes: readonly TemplateNode[]): TemplatePath | undefined {
  const [only, ...others] = nodes
  return others.length === 0 && only?.kind === 'value' && only.value.kind === 'path' ? only.value : undefined
}

function gateBody(gating: Gating, program: AstNode | undefined): readonly TemplateNode[] {
  if (program?.blockParams && program.blockParams.length > 0)
    fault(gating, program, 'block parameters (as |x|) are not taken')
  return (program?.body ?? []).flatMap((node) => gateNode(gating, node))
}

function gateNode(gating: Gating, node: AstNode): readonly TemplateNode[] {
  switch (node.type) {
    case 'CommentStatement':
      return []
    case 'ContentStatement':
      return gateText(gating, String(node.value))
    case 'MustacheStatement':
      return gateMustache(gating, node)
    case 'BlockStatement':
      return gateBlock(gating, node)
    default:
      return fault(gating, node, `${shown(gating, node)} is not taken: partials and decorators do not exist here`)
  }
}

function gateText(gating: Gating, text: string): readonly TemplateNode[] {
  if (gating.use === 'shell') gating.shell = advanceShell(gating.shell, text)
  return [{ kind: 'text', text }]
}

function gateMustache(gating: Gating, node: AstNode): readonly TemplateNode[] {
  const value = (node.params?.length ?? 0) > 0 || node.hash ? gateHelper(gating, node) : gatePath(gating, node.path)
  if (!value) return []
  if (gating.use === 'value') return [{ kind: 'value', value, quoting: 'none' }]
  if (node.escaped === false) {
    gating.rawPlaces.push(placeOf(gating, node))
    gating.shell = behindWord(gating.shell)
    return [{ kind: 'value', value, quoting: 'none' }]
  }
  const why = whyNoWord(gating.shell)
  if (why !== undefined) refuseWord(gating, node, why)
  gating.shell = behindWord(gating.shell)
  return [{ kind: 'value', value: value.kind === 'q' ? value.of : value, quoting: 'word' }]
}

function refuseWord(gating: Gating, node: AstNode, why: string): void {
  const hint =
    why.startsWith('inside "') || why.startsWith("inside '")
      ? 'values are quoted by themselves: delete the quotes around it'
      : 'set a variable first, name={{ value }}, and use "$name" here'
  fault(gating, node, `${shown(gating, node)} stands ${why}`, hint)
}

function gateBlock(gating: Gating, node: AstNode): readonly TemplateNode[] {
  const name = node.path?.original
  if (name !== 'if' && name !== 'unless') {
    return fault(gating, node.path ?? node, `{{#${String(name)}}} is not taken`, HINT)
  }
  const [test, ...others] = node.params ?? []
  if (!test || others.length > 0 || node.hash) return fault(gating, node, `{{#${name}}} takes one value`, HINT)
  const value = gateValue(gating, test)
  const before = gating.shell
  const body = gateBody(gating, node.program)
  const after = gating.shell
  gating.shell = before
  const otherwise = gateBody(gating, node.inverse)
  if (!sameShell(gating.shell, after)) fault(gating, node, 'quotes opened in a branch must be closed in it')
  return value ? [{ kind: 'if', test: value, wanted: name === 'if', body, otherwise }] : []
}

/** `q x`, `json x`, `eq x y`, as {{ helper }} or (helper). */
function gateHelper(gating: Gating, node: AstNode): TemplateValue | undefined {
  const name = node.path?.original
  const [first, second, ...others] = (node.params ?? []).map((param) => gateValue(gating, param))
  if (node.hash || others.length > 0 || !first) return refuseHelper(gating, node)
  if ((name === 'q' || name === 'json') && !second) return { kind: name, of: first }
  if (name === 'eq' && second) return { kind: 'eq', a: first, b: second }
  return refuseHelper(gating, node)
}

function refuseHelper(gating: Gating, node: AstNode): undefined {
  fault(gating, node, `${shown(gating, node)} is not taken`, HINT)
  return undefined
}

function gateValue(gating: Gating, node: AstNode): TemplateValue | undefined {
  switch (node.type) {
    case 'PathExpression':
      return gatePath(gating, node)
    case 'SubExpression':
      return gateHelper(gating, node)
    case 'StringLiteral':
      return { kind: 'literal', value: String(node.value) }
    case 'NumberLiteral':
      return { kind: 'literal', value: Number(node.value) }
    case 'BooleanLiteral':
      return { kind: 'literal', value: node.value === true }
    default:
      return refuseHelper(gating, node)
  }
}

/** A name and the members behind it; nothing that leads out of the scope's own data. */
function gatePath(gating: Gating, node: AstNode | undefined): TemplatePath | undefined {
  if (!node) return undefined
  const parts = (node.parts ?? []).map(String)
  const [root, ...members] = parts
  const original = String(node.original)
  if (node.type !== 'PathExpression' || root === undefined) return refuseHelper(gating, node)
  if (node.data || node.depth !== 0 || /^(?:this\b|\.)/.test(original)) return refuseHelper(gating, node)
  const forbidden = parts.find((part) => FORBIDDEN_NAMES.has(part))
  if (forbidden !== undefined) {
    fault(gating, node, `{{ ${original} }} is not taken: ${forbidden} is a name of the JavaScript language itself`)
    return undefined
  }
  const path: TemplatePath = { kind: 'path', parts: [root, ...members], ...placeOf(gating, node) }
  gating.paths.push(path)
  return path
}

function fault(gating: Gating, node: AstNode, message: string, hint?: string): readonly TemplateNode[] {
  gating.faults.push({ message, ...placeOf(gating, node), ...(hint === undefined ? {} : { hint }) })
  return []
}

function placeOf(gating: Gating, node: AstNode): { readonly start: number; readonly end: number } {
  const offset = ({ line, column }: AstPosition): number => (gating.lineStarts[line - 1] ?? 0) + column
  return { start: offset(node.loc.start), end: offset(node.loc.end) }
}

const shown = (gating: Gating, node: AstNode): string => {
  const { start, end } = placeOf(gating, node)
  return gating.text.slice(start, end).split('\n', 1)[0] ?? ''
}
