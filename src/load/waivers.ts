import type { Problem } from '../model/problem.ts'
import { suggest } from './nearest.ts'
import { pageOf, RULES, WAIVABLE } from './rules.ts'
import type { CompiledRunbook } from './runbook.ts'
import { placeIn } from './source-text.ts'
import type { YamlNode } from './yaml-node.ts'

/** A finding, and the line on which the step begins that it is in. */
export interface Finding {
  readonly problem: Problem
  readonly line?: number
}

/** `# runbook: allow RULE because REASON`. */
interface Waiver {
  readonly rule: string
  readonly reason: string | undefined
  readonly line: number // that it is for, from 1
  readonly start: number // offset of the comment
  readonly end: number
}

/**
 * The findings that no comment waives, and those about the comments themselves: without a reason, of an unknown rule,
 * or for nothing. A comment at the end of a line is for that line, one on a line of its own for the next; the first line
 * of a step is for the whole step.
 */
export function waive({ root, problems, runbook }: CompiledRunbook, findings: readonly Finding[]): readonly Problem[] {
  const waivers = waiversIn(runbook.text, root)
  const holds = (waiver: Waiver, { problem, line }: Finding): boolean =>
    waiver.reason !== undefined &&
    waiver.rule === problem.rule &&
    (waiver.line === line || waiver.line === problem.at?.line)
  const left = findings.filter((finding) => !waivers.some((waiver) => holds(waiver, finding)))
  const about = waivers.flatMap((waiver): readonly Problem[] => {
    const used = findings.some((finding) => holds(waiver, finding))
    const fault = faultOf(waiver, { used, sound: problems.length === 0 })
    return fault ? [{ ...fault, at: placeIn(root.source, waiver.start, waiver.end) }] : []
  })
  return [...left.map(({ problem }) => problem), ...about]
}

function faultOf(
  { rule, reason }: Waiver,
  state: { readonly used: boolean; readonly sound: boolean },
): Problem | undefined {
  if (!WAIVABLE.has(rule)) {
    const known = pageOf(rule) !== undefined
    const message = known ? `${rule} cannot be allowed: put it right` : `there is no rule ${rule}`
    const hint = known ? undefined : suggest(rule, WAIVABLE)
    return finding('waiver-unknown-rule', message, hint)
  }
  if (reason === undefined) {
    const hint = `# runbook: allow ${rule} because ...`
    return finding('waiver-without-reason', `this allows ${rule} and does not say why`, hint)
  }
  // rules that need a sound runbook have not looked
  const looked = state.sound || RULES.some((one) => one.id === rule && one.needs === 'text')
  if (state.used || !looked) return undefined
  return finding('waiver-unused', `this allows ${rule}, which nothing here breaks`, 'delete the comment')
}

const finding = (rule: string, message: string, hint: string | undefined): Problem => ({
  kind: 'rule',
  rule,
  severity: 'warning',
  message,
  ...(hint === undefined ? {} : { hint }),
})

const WAIVER = /(?:^|[ \t])(#[ \t]*runbook:[ \t]*allow\b[ \t]*(\S*)(?:[ \t]+because[ \t]+(.*\S))?.*)$/

function waiversIn(text: string, root: YamlNode): readonly Waiver[] {
  if (!text.includes('runbook:')) return []
  const { lineStarts } = root.source
  const lines = text.split('\n')
  return lines.flatMap((line, index): readonly Waiver[] => {
    const match = WAIVER.exec(line.trimEnd())
    const [, comment, rule, reason] = match ?? []
    if (!match || comment === undefined || rule === undefined) return []
    const start = (lineStarts[index] ?? 0) + match.index + match[0].length - comment.length
    if (isInQuotes(root, start)) return []
    const alone = line.trimStart().startsWith('#')
    const below = lines.findIndex((next, at) => at > index && !/^\s*(?:#.*)?$/.test(next))
    const target = alone ? below + 1 : index + 1
    return [{ rule, reason, line: target, start, end: start + comment.length }]
  })
}

/** Text in quotes is no comment; in a block of shell text it is one of the shell's. */
function isInQuotes(node: YamlNode, offset: number): boolean {
  if (offset < node.start || offset >= node.end) return false
  if (node.kind === 'scalar') return node.style === 'quoted'
  const inner = node.kind === 'list' ? node.items : node.members.map(({ value }) => value)
  return inner.some((child) => isInQuotes(child, offset))
}
