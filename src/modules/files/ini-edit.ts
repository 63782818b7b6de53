import { bare, eolOf, insertLines, linesOf, type TextEdit } from './text-edit.ts'

export interface IniEdits {
  readonly section: string // '': the keys before the first section
  readonly set: Readonly<Record<string, string>>
  readonly unset: readonly string[]
}

/** A line of an INI file as far as we read it; comments and blank lines are `other`. */
interface IniLine {
  readonly text: string
  readonly section: string // the section that it belongs to, or opens
  readonly kind: 'section' | 'setting' | 'continued' | 'other'
  readonly key: string
  readonly head: string // all before the value
  readonly value: string
}

/**
 * The text with these keys of one section set and unset; every other line stays. A value is all that follows `=` or
 * `:`, for readers differ in what they take for a comment behind it. A key that stands twice in its section, or a value
 * that goes on in an indented line, is refused, for readers differ in what they make of it.
 */
export function editIni(text: string, { section, set, unset }: IniEdits): TextEdit {
  const lines = parseIni(text)
  const trap = [...Object.keys(set), ...unset].map((key) => trapAt(lines, { section, key })).find(Boolean)
  if (trap) return trap
  const changed = [
    ...Object.keys(set).filter((key) => valueAt(lines, { section, key }) !== set[key]),
    ...unset.filter((key) => indexesAt(lines, { section, key }).length > 0),
  ]
  const kept = lines.filter((line) => !(isSetting(line, section) && unset.includes(line.key)))
  const rewritten = kept.map((line) => {
    const value = isSetting(line, section) && changed.includes(line.key) ? set[line.key] : undefined
    return value === undefined ? line.text : withValue(line, value)
  })
  const added = Object.entries(set).filter(([key]) => indexesAt(lines, { section, key }).length === 0)
  const summary = `set ${changed.length === 1 ? changed[0] : `${changed.length} keys`}`
  return { kind: 'text', text: withAdded(rewritten, { added, section, like: lines, kept }).join(''), summary }
}

/** The value of a key in a section, undefined where it is not set there. */
export const iniValue = (text: string, place: { readonly section: string; readonly key: string }): string | undefined =>
  valueAt(parseIni(text), place)

function parseIni(text: string): readonly IniLine[] {
  let section = ''
  let follows: IniLine['kind'] = 'other'
  return linesOf(text).map((line) => {
    const one = parseLine(line, { section, follows })
    section = one.section
    follows = one.kind
    return one
  })
}

function parseLine(
  text: string,
  { section, follows }: { readonly section: string; readonly follows: IniLine['kind'] },
): IniLine {
  const plain = bare(text)
  const none = { text, section, key: '', head: '', value: '' }
  if (/^\s*([#;].*)?$/.test(plain)) return { ...none, kind: 'other' }
  const opened = /^\s*\[([^\]]*)\]/.exec(plain)?.[1]
  if (opened !== undefined) return { ...none, kind: 'section', section: opened.trim() }
  if (/^\s/.test(plain) && (follows === 'setting' || follows === 'continued')) return { ...none, kind: 'continued' }
  const [, key = '', delimiter = ''] = /^([^=:]*[^=:\s])(\s*[=:][ \t]*)/.exec(plain) ?? []
  if (delimiter === '') return { ...none, kind: 'setting', key: plain.trim(), head: plain.trimEnd() }
  const head = key + delimiter
  return { ...none, kind: 'setting', key: key.trim(), head, value: plain.slice(head.length).trimEnd() }
}

interface Place {
  readonly section: string
  readonly key: string
}

const isSetting = (line: IniLine, section: string): boolean => line.kind === 'setting' && line.section === section

const indexesAt = (lines: readonly IniLine[], { section, key }: Place): readonly number[] =>
  lines.flatMap((line, at) => (isSetting(line, section) && line.key === key ? [at] : []))

function valueAt(lines: readonly IniLine[], place: Place): string | undefined {
  const [at] = indexesAt(lines, place)
  const line = at === undefined ? undefined : lines[at]
  return line && hasDelimiter(line) ? line.value : undefined
}

const hasDelimiter = ({ head }: IniLine): boolean => /[=:][ \t]*$/.test(head)

function trapAt(lines: readonly IniLine[], place: Place): TextEdit | undefined {
  const found = indexesAt(lines, place)
  const name = `${place.key}${place.section === '' ? '' : ` in [${place.section}]`}`
  const shown = (at: number): string => `${at + 1}: ${bare(lines[at]?.text ?? '')}`
  if (found.length > 1) {
    return {
      kind: 'refused',
      message: `${name} stands there ${found.length} times`,
      detail: found.map(shown).join('\n'),
      hint: 'which one holds rests on who reads the file; remove the others (module line), then set it',
    }
  }
  const [at] = found
  if (at === undefined || lines[at + 1]?.kind !== 'continued') return undefined
  return {
    kind: 'refused',
    message: `the value of ${name} goes on in the next line, which may be indented for looks only`,
    detail: `${shown(at)}\n${shown(at + 1)}`,
    hint: 'write it as one line, or take the indentation away',
  }
}

const withValue = (line: IniLine, value: string): string =>
  `${hasDelimiter(line) ? line.head : `${line.head} = `}${value}${line.text.slice(bare(line.text).length)}`

/** New keys go after the last setting of their section; a section that is not there comes at the end. */
function withAdded(
  texts: readonly string[],
  {
    added,
    section,
    like,
    kept,
  }: {
    readonly added: readonly (readonly [string, string])[]
    readonly section: string
    readonly like: readonly IniLine[]
    readonly kept: readonly IniLine[]
  },
): readonly string[] {
  if (added.length === 0) return texts
  const delimiter = delimiterLike(like)
  const settings = added.map(([key, value]) => `${key}${delimiter}${value}`)
  const eol = eolOf(texts.join(''))
  const last = kept.findLastIndex((line) => line.section === section && line.kind !== 'other')
  if (last >= 0) return insertLines(texts, last + 1, { added: settings, eol })
  if (section === '') return insertLines(texts, firstSection(kept), { added: settings, eol })
  const gap = texts.length > 0 && bare(texts.at(-1) ?? '').trim() !== '' ? [''] : []
  return insertLines(texts, texts.length, { added: [...gap, `[${section}]`, ...settings], eol })
}

function firstSection(lines: readonly IniLine[]): number {
  const at = lines.findIndex((line) => line.kind === 'section')
  return at < 0 ? lines.length : at
}

/** ` = ` or `=`, as the file's own settings have it. */
function delimiterLike(lines: readonly IniLine[]): string {
  const own = lines.find((line) => line.kind === 'setting' && hasDelimiter(line))
  return own === undefined ? ' = ' : (/\s*[=:][ \t]*$/.exec(own.head)?.[0] ?? ' = ')
}
