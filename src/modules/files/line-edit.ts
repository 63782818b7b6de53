import { bare, eolOf, insertLines, linesOf, type TextEdit } from './text-edit.ts'

/** A line that should be in a text, and where it goes when it is not there. */
export interface WantedLine {
  readonly line: string
  readonly match?: RegExp // the one line that it replaces
  readonly place:
    | { readonly kind: 'end' }
    | { readonly kind: 'start' }
    | { readonly kind: 'after' | 'before'; readonly anchor: RegExp }
}

/**
 * The text with this line in it. A line that matches is replaced; several that do are refused, for which one is meant
 * cannot be said. A line put in goes after the last or before the first line that its anchor finds.
 */
export function putLine(text: string, { line, match, place }: WantedLine): TextEdit {
  const lines = linesOf(text)
  const isThere = lines.some((one) => bare(one) === line)
  const matching = match ? indexesOf(lines, match) : []
  const [other, ...others] = matching.filter((at) => bare(lines[at] ?? '') !== line)
  const summary = 'set a line'
  if (other === undefined && isThere) return { kind: 'text', text, summary }
  if (others.length > 0 || (other !== undefined && isThere)) return ambiguous(lines, { line, matching })
  if (other !== undefined) {
    const replaced = lines.map((one, at) => (at === other ? line + one.slice(bare(one).length) : one))
    return { kind: 'text', text: replaced.join(''), summary }
  }
  const at = indexFor(lines, place)
  if (at === undefined) {
    return {
      kind: 'refused',
      message: 'no line is where this one should go',
      hint: `nothing matches ${anchorOf(place)}`,
    }
  }
  return {
    kind: 'text',
    text: insertLines(lines, at, { added: [line], eol: eolOf(text) }).join(''),
    summary: 'add a line',
  }
}

/** The text without the lines that are `wanted`, exactly or by what they match. */
export function dropLines(text: string, wanted: string | RegExp): TextEdit {
  const lines = linesOf(text)
  const isMeant = (line: string): boolean => (typeof wanted === 'string' ? line === wanted : wanted.test(line))
  const kept = lines.filter((line) => !isMeant(bare(line)))
  const count = lines.length - kept.length
  return { kind: 'text', text: kept.join(''), summary: `remove ${count === 1 ? 'a line' : `${count} lines`}` }
}

const indexesOf = (lines: readonly string[], match: RegExp): readonly number[] =>
  lines.flatMap((line, at) => (match.test(bare(line)) ? [at] : []))

function ambiguous(
  lines: readonly string[],
  { line, matching }: { readonly line: string; readonly matching: readonly number[] },
): TextEdit {
  const shown = lines.flatMap((one, at) =>
    matching.includes(at) || bare(one) === line ? [`${at + 1}: ${bare(one)}`] : [],
  )
  return {
    kind: 'refused',
    message: `${shown.length} lines could be meant`,
    detail: shown.slice(0, 20).join('\n'),
    hint: 'make match narrower, or remove the others by a step with state: absent before this one',
  }
}

function indexFor(lines: readonly string[], place: WantedLine['place']): number | undefined {
  if (place.kind === 'end') return lines.length
  if (place.kind === 'start') return 0
  const found = indexesOf(lines, place.anchor)
  const last = found.at(-1)
  return place.kind === 'before' ? found[0] : last === undefined ? undefined : last + 1
}

const anchorOf = (place: WantedLine['place']): string =>
  place.kind === 'after' || place.kind === 'before' ? `/${place.anchor.source}/` : place.kind
