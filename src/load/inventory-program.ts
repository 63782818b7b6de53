import { isObject, type Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import type { Span } from '../model/source.ts'
import { GROUP_NAME_HINT, isGroupName, isHostName } from './host-entry.ts'
import { beginReading, type InventoryFile, type InventoryReading, type Owner } from './inventory-statement.ts'
import { jsonFaultAt } from './json-fault.ts'
import { placeIn, sourceText } from './source-text.ts'

/** What came of running a program to its end. */
export type ProgramRun =
  | { readonly ok: true; readonly stdout: string }
  | { readonly ok: false; readonly message: string; readonly detail?: string } // detail: stderr

/** Runs an executable of the controller with these arguments, without a shell, in bounded time. */
export type RunProgram = (file: string, args: readonly string[]) => ProgramRun

interface ProgramReading extends InventoryReading {
  readonly path: string
  readonly run: RunProgram
  readonly texts: string[]
  readonly hosts: Set<string>
}

/**
 * Reads a dynamic inventory, as Ansible's plugins/inventory/script.py does: `--list` gives groups and, under
 * `_meta.hostvars`, the variables of hosts; without `_meta`, `--host NAME` is asked for each host.
 */
export function readInventoryProgram(input: {
  readonly path: string
  readonly folder: string
  readonly run: RunProgram
}): InventoryFile & { readonly texts: readonly string[] } {
  const reading: ProgramReading = { ...beginReading(input.folder), ...input, texts: [], hosts: new Set() }
  const listed = runToJson(reading, ['--list'])
  if (listed === undefined) return reading
  if (!isObject(listed)) {
    wrong(reading, '--list', 'the answer must be an object of groups')
    return reading
  }
  const { _meta: meta, ...groups } = listed
  for (const [group, data] of Object.entries(groups)) readGroup(reading, group, data as Json) // sealed: members of Json
  readHostVars(reading, meta)
  return reading
}

function runToJson(reading: ProgramReading, args: readonly string[]): Json | undefined {
  const ran = reading.run(reading.path, args)
  const asked = args.join(' ')
  if (!ran.ok) {
    wrong(reading, asked, ran.message, ran.detail === undefined ? {} : { detail: ran.detail })
    return undefined
  }
  reading.texts.push(ran.stdout)
  if (args[0] === '--host' && ran.stdout.trim() === '') return {}
  try {
    return JSON.parse(ran.stdout) as Json // sealed: what JSON.parse gives
  } catch {
    refuseJson(reading, asked, ran.stdout)
    return undefined
  }
}

function refuseJson(reading: ProgramReading, asked: string, text: string): void {
  const source = sourceText(`${reading.path} ${asked}`, text)
  const offset = jsonFaultAt(text)
  const at = placeIn(source, offset)
  const lineStart = source.lineStarts[at.line - 1] ?? 0
  const from = Math.max(lineStart, offset - 60)
  const shown = (text.slice(from).split('\n')[0] ?? '').slice(0, 120)
  const detail = `${shown}\n${' '.repeat(offset - from)}^`
  const message =
    text.trim() === ''
      ? 'nothing came back, not even {}'
      : offset >= text.trimEnd().length
        ? 'the JSON ends too early'
        : 'no JSON here'
  wrong(reading, asked, message, { at, detail })
}

function wrong(
  { problems, path }: ProgramReading,
  asked: string,
  message: string,
  more: { readonly at?: Span; readonly detail?: string; readonly hint?: string } = {},
): void {
  const problem: Problem = { kind: 'schema', message: `the inventory program ${path} ${asked}: ${message}` }
  problems.push({ ...problem, ...more })
}

/** A group is a list of hosts, or an object with hosts, vars and children, or else variables of a host of its name. */
function readGroup(reading: ProgramReading, group: string, given: Json): void {
  if (!isGroupName(group)) {
    wrong(reading, '--list', `${JSON.stringify(group)} is no name for a group`, { hint: GROUP_NAME_HINT })
    return
  }
  const at = placeOf(reading, '--list')
  reading.statements.push({ kind: 'group', group, at })
  const { hosts, vars, children } = partsOf(group, given)
  for (const host of listOf(reading, hosts, `hosts of ${group}`)) addHost(reading, group, host)
  addVars(reading, { owner: { kind: 'group', name: group }, vars, at })
  for (const child of listOf(reading, children, `children of ${group}`)) {
    reading.statements.push({ kind: 'group', group: child, at }, { kind: 'child', parent: group, child, at })
  }
}

function partsOf(group: string, given: Json): { readonly [part in 'hosts' | 'vars' | 'children']?: unknown } {
  if (!isObject(given)) return { hosts: given }
  return 'hosts' in given || 'vars' in given || 'children' in given ? given : { hosts: [group], vars: given }
}

function listOf(reading: ProgramReading, names: unknown, what: string): readonly string[] {
  if (names === undefined) return []
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  wrong(reading, '--list', `the ${what} must be a list of names`)
  return []
}

function addHost(reading: ProgramReading, group: string, host: string): void {
  if (!isHostName(host)) {
    wrong(reading, '--list', `${JSON.stringify(host)} is no name for a host`)
    return
  }
  reading.hosts.add(host)
  const { folder } = reading
  reading.statements.push({ kind: 'host', group, host, at: placeOf(reading, '--list'), folder })
}

/** The answer is no file: what stands where in it says little. */
const placeOf = ({ path }: ProgramReading, asked: string): Span => ({
  file: `${path} ${asked}`,
  line: 1,
  column: 1,
  length: 1,
})

function addVars(
  reading: ProgramReading,
  { owner, vars, at }: { readonly owner: Owner; readonly vars: unknown; readonly at: Span },
): void {
  if (vars === undefined || vars === null) return
  if (!isObject(vars)) {
    wrong(reading, '--list', `the variables of ${owner.kind} ${owner.name} must be an object`)
    return
  }
  for (const [name, value] of Object.entries(vars)) {
    reading.statements.push({ kind: 'var', home: 'inventory', owner, name, value: value as Json, at }) // sealed: of Json
  }
}

function readHostVars(reading: ProgramReading, meta: unknown): void {
  const known = isObject(meta) ? meta.hostvars : undefined
  for (const host of reading.hosts) {
    const asked = known === undefined ? `--host ${host}` : '--list'
    const vars = isObject(known) ? known[host] : runToJson(reading, ['--host', host])
    addVars(reading, { owner: { kind: 'host', name: host }, vars, at: placeOf(reading, asked) })
    if (reading.problems.length > 0) return
  }
}
