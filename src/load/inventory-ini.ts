import type { Span } from '../model/source.ts'
import { forbiddenText } from './forbidden-text.ts'
import { GROUP_NAME_HINT, isGroupName, readHostEntry } from './host-entry.ts'
import { type IniWord, splitIniWords } from './ini-words.ts'
import { addressFault } from './inventory-lint.ts'
import { beginReading, type InventoryFile, type InventoryReading, type Owner } from './inventory-statement.ts'
import { suggest } from './nearest.ts'
import { pythonLiteral } from './python-literal.ts'
import { placeIn, type SourceText, sourceText } from './source-text.ts'

type Section = 'hosts' | 'vars' | 'children'
const SECTIONS: readonly string[] = ['hosts', 'vars', 'children'] satisfies readonly Section[]

/** A group that a section needs and that must still come. */
interface Pending {
  readonly needs: 'vars' | 'children'
  readonly at: Span
  readonly parents: string[]
}

interface IniReading extends InventoryReading {
  readonly source: SourceText
  readonly groups: Set<string> // known so far, from earlier sources too
  readonly pending: Map<string, Pending>
  group: string
  section: Section | 'unknown' // unknown: its lines are passed over, the header is told
}

interface Line {
  readonly text: string // trimmed
  readonly start: number // offset in the file
}

/** Reads an INI inventory as Ansible's plugins/inventory/ini.py does; `groups` are those of the sources before it. */
export function readIniInventory(input: {
  readonly file: string
  readonly text: string
  readonly folder: string
  readonly groups: ReadonlySet<string>
}): InventoryFile {
  const { file, text, folder } = input
  const reading: IniReading = {
    ...beginReading(folder),
    source: sourceText(file, text),
    groups: new Set(['all', 'ungrouped', ...input.groups]),
    pending: new Map(),
    group: 'ungrouped',
    section: 'hosts',
  }
  reading.problems.push(...forbiddenText(reading.source))
  if (reading.problems.length > 0) return reading
  for (const line of linesOf(text)) readLine(reading, line)
  for (const [group, pending] of reading.pending) refusePending(reading, group, pending)
  return reading
}

function linesOf(text: string): readonly Line[] {
  let start = 0
  return text.split('\n').flatMap((whole): readonly Line[] => {
    const line = { text: whole.trim(), start: start + (whole.length - whole.trimStart().length) }
    start += whole.length + 1
    return line.text === '' || /^[#;]/.test(line.text) ? [] : [line]
  })
}

const spanIn = ({ source }: IniReading, { start, text }: Line, from = 0, to = text.length): Span =>
  placeIn(source, start + from, start + to)

function wrong(reading: IniReading, at: Span, message: string, hint?: string): void {
  reading.problems.push({ kind: 'schema', message, at, ...(hint === undefined ? {} : { hint }) })
}

function readLine(reading: IniReading, line: Line): void {
  const header = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line.text)
  if (header) {
    beginSection(reading, line, { group: header[1] ?? '', section: header[2] ?? 'hosts' })
    return
  }
  if (looksLikeHeader(line.text)) {
    refuseHeader(reading, line)
    return
  }
  if (reading.section === 'hosts') readHosts(reading, line)
  else if (reading.section === 'vars') readVariable(reading, line)
  else if (reading.section === 'children') readChild(reading, line)
}

const looksLikeHeader = (text: string): boolean => /^\[[^\]]*(?:\](?:\s*;.*)?)?$/.test(text)

function refuseHeader(reading: IniReading, line: Line): void {
  reading.section = 'unknown'
  const hint = line.text.includes(';')
    ? 'behind a section only # begins a comment'
    : 'write [group], [group:vars] or [group:children], without spaces'
  wrong(reading, spanIn(reading, line), `${line.text} is no section`, hint)
}

function beginSection(
  reading: IniReading,
  line: Line,
  { group, section }: { readonly group: string; readonly section: string },
): void {
  reading.section = 'unknown'
  const at = spanIn(reading, line, 1, 1 + group.length)
  if (!SECTIONS.includes(section)) {
    const word = spanIn(reading, line, 2 + group.length, 2 + group.length + section.length)
    wrong(reading, word, `[${group}:${section}] is of an unknown kind`, suggest(section, SECTIONS))
    return
  }
  if (!isGroupName(group)) {
    wrong(reading, at, `${JSON.stringify(group)} is no name for a group`, GROUP_NAME_HINT)
    return
  }
  reading.group = group
  reading.section = section as Section // sealed: one of SECTIONS
  declare(reading, { group, section: reading.section, at })
}

/** `[group:vars]` declares no group, but it is known from there on (and must be declared somewhere). */
function declare(
  reading: IniReading,
  { group, section, at }: { readonly group: string; readonly section: Section; readonly at: Span },
): void {
  const { groups, pending, statements } = reading
  if (!groups.has(group)) {
    if (section === 'vars' && !pending.has(group)) pending.set(group, { needs: 'vars', at, parents: [] })
    groups.add(group)
    statements.push({ kind: 'group', group, at })
  }
  if (section === 'vars') return
  if (pending.get(group)?.needs === 'children') addPendingChildren(reading, group)
  else pending.delete(group)
}

function addPendingChildren(reading: IniReading, child: string): void {
  const known = reading.pending.get(child)
  reading.pending.delete(child)
  for (const parent of known?.parents ?? []) {
    if (known) reading.statements.push({ kind: 'child', parent, child, at: known.at })
    if (reading.pending.get(parent)?.needs === 'children') addPendingChildren(reading, parent)
  }
}

function refusePending(reading: IniReading, group: string, { needs, at, parents }: Pending): void {
  const known = [...reading.groups].filter((name) => name !== group)
  const hint = suggest(group, known)?.replace(/^there are: .*/, '') || `add a section [${group}]`
  const of = needs === 'vars' ? `[${group}:vars]` : `[${parents[0] ?? ''}:children]`
  wrong(reading, at, `there is no group ${group}, which ${of} needs`, hint)
}

function readChild(reading: IniReading, line: Line): void {
  const [, child = ''] = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line.text) ?? []
  const at = spanIn(reading, line, 0, child.length || line.text.length)
  if (!isGroupName(child)) {
    const hint = /\s|=/.test(line.text) ? `hosts go under [${reading.group}]` : GROUP_NAME_HINT
    wrong(reading, at, `one name of a group is expected, not ${line.text}`, hint)
    return
  }
  const { group: parent, groups, pending, statements } = reading
  if (groups.has(child)) statements.push({ kind: 'child', parent, child, at })
  else {
    const known = pending.get(child)
    if (known) known.parents.push(parent)
    else pending.set(child, { needs: 'children', at, parents: [parent] })
  }
}

function readVariable(reading: IniReading, line: Line): void {
  const equals = line.text.indexOf('=')
  const name = line.text.slice(0, Math.max(0, equals)).trim()
  if (name === '') {
    wrong(reading, spanIn(reading, line), `name=value is expected in [${reading.group}:vars], not ${line.text}`)
    return
  }
  const value = line.text.slice(equals + 1).trim()
  const at = spanIn(reading, line, 0, name.length)
  const literal = pythonLiteral(value)
  if (literal === value && /\s#/.test(value)) {
    const hint = 'put the comment on a line of its own'
    reading.notes.push({ kind: 'schema', message: `the value of ${name} holds its comment`, at, hint })
  }
  pushVar(reading, { kind: 'group', name: reading.group }, { name, written: value, at })
}

function pushVar(
  reading: IniReading,
  owner: Owner,
  { name, written, at }: { readonly name: string; readonly written: string; readonly at: Span },
): void {
  const value = pythonLiteral(written)
  const fault = addressFault(name, value)
  if (fault) wrong(reading, at, fault.message, fault.hint)
  else reading.statements.push({ kind: 'var', home: 'inventory', owner, name, value, at })
}

function readHosts(reading: IniReading, line: Line): void {
  const split = splitIniWords(line.text)
  if (!split.ok) {
    wrong(reading, spanIn(reading, line, split.at, split.at + 1), split.message)
    return
  }
  const [first, ...words] = split.words
  if (!first) return
  if (split.comment !== undefined) {
    const at = spanIn(reading, line, split.comment)
    const hint = 'put the value in quotes if the # belongs to it'
    reading.notes.push({ kind: 'schema', message: 'a comment begins in the middle of this word', at, hint })
  }
  const at = spanIn(reading, line, first.start, first.end)
  const entry = readHostEntry(first.text)
  if (!entry.ok) {
    wrong(reading, at, entry.message, hintForHost(first.text) ?? entry.hint)
    return
  }
  const odd = words.find((word) => word.text.indexOf('=') < 1)
  if (odd) {
    const hint = 'one host in each line; no spaces around =, and quotes around a value with spaces'
    wrong(reading, spanIn(reading, line, odd.start, odd.end), `name=value is expected, not ${odd.text}`, hint)
    return
  }
  const { group, folder } = reading
  const port = entry.port === undefined ? {} : { port: entry.port }
  for (const host of entry.names) {
    reading.statements.push({ kind: 'host', group, host, ...port, at, folder })
    for (const word of words) pushVar(reading, { kind: 'host', name: host }, assignmentOf(reading, line, word))
  }
}

function assignmentOf(reading: IniReading, line: Line, { text, start, end }: IniWord) {
  const equals = text.indexOf('=')
  return { name: text.slice(0, equals), written: text.slice(equals + 1), at: spanIn(reading, line, start, end) }
}

function hintForHost(text: string): string | undefined {
  if (text === '---' || /^[\w.-]+:$/.test(text)) return 'this looks like YAML: name the file .yaml'
  return text.includes('=')
    ? 'a host comes first, then its variables; those of a group go under [group:vars]'
    : undefined
}
