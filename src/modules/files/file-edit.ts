import type { Command } from '../../model/command.ts'
import { sha256 } from '../../model/digest.ts'
import type { Json } from '../../model/json.ts'
import type { Change, Decision, Detail, Probe, Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { loadUnifiedDiff, type UnifiedDiff } from '../shared/unified-diff.ts'
import { type FileEntry, type FileState, fileResource, readFileState } from './file-state.ts'
import { moveOf, type RecordedFile, recordAt, recordEntry } from './recorded-file.ts'
import { replaceFile } from './replace-file.ts'
import { revertFile, revertFileText } from './revert-file.ts'

/** A file as seen, and what is needed to show how it would change. */
export interface FileView {
  readonly file: FileState
  readonly diff: UnifiedDiff
}

export async function readFileView(path: string, probe: Probe): Promise<FileView> {
  const [file, diff] = await Promise.all([readFileState(path, probe), loadUnifiedDiff()])
  return { file, diff }
}

/** How a file should be; what is left out stays as it is (new files: empty, mode 0644, owned by who creates them). */
export interface WantedFile {
  readonly content?: string | undefined
  readonly mode?: string | undefined
  readonly owner?: string | undefined
  readonly group?: string | undefined
}

export type FileEdit =
  | { readonly kind: 'same' }
  | { readonly kind: 'blocked'; readonly message: string; readonly hint?: string }
  | { readonly kind: 'edit'; readonly change: Change }

/**
 * The change that gives a file this content, mode and owner, links followed. Its `before` and `after` are made by
 * recordAt, its `material` is the content; applyFileEdit does it, revertFileEdit undoes it.
 */
export function planFileEdit({ file, diff }: FileView, wanted: WantedFile, summary?: string): FileEdit {
  const refusal = refuseEdit(file, wanted)
  if (refusal) return { kind: 'blocked', ...refusal }
  const before = recordEntry(file)
  const after = afterEdit(file, wanted)
  if (before?.type === 'file' && sameFile(before, after)) return { kind: 'same' }
  const change: Change = {
    verb: file.entry ? 'update' : 'create',
    summary: summary ?? `${file.entry ? 'change' : 'create'} ${file.path}`,
    details: [...contentDetails({ file, diff }, wanted), ...metadataDetails(before, after)],
    before: recordAt(file.path, file.at, before ?? { type: 'absent' }),
    after: recordAt(file.path, file.at, after),
    settles: true,
    reversible: true,
    predicts: predictFile(
      file,
      entryAfter(file, { content: wanted.content ?? (file.entry ? file.entry.content : ''), after }),
    ),
    material: wanted.content ?? '',
  }
  return { kind: 'edit', change }
}

/** A file edit as the decision of a module that does nothing else. */
export function decisionOf(edit: FileEdit, sameSummary: string): Decision {
  return edit.kind === 'same'
    ? { kind: 'noop', summary: sameSummary }
    : edit.kind === 'edit'
      ? { kind: 'change', change: edit.change }
      : edit
}

/** Does what planFileEdit planned. */
export async function applyFileEdit(change: Change, session: Session): Promise<undefined> {
  if (typeof change.material !== 'string') throw new Error('a file edit without its content')
  await replaceFile(session, { ...moveOf(change), content: change.material })
}

/** Brings the file back to what it was before applyFileEdit, whatever came of that. */
export const revertFileEdit = (change: Change, session: Session): Promise<void> => revertFile(session, moveOf(change))

/** The script of revertFileEdit. */
export const revertFileEditText = (change: Change, folder: string): Command => revertFileText(folder, moveOf(change))

/** What later reads will find at the path, and where its content lies. */
export function predictFile(file: FileState, entry: FileEntry | null): Change['predicts'] {
  const state: FileState = { ...file, entry }
  const target: Json = { ...state, path: file.at, link: null }
  return file.link === null
    ? { [fileResource(file.path)]: state }
    : { [fileResource(file.path)]: state, [fileResource(file.at)]: target }
}

/** The text of an existing file; throws ProblemError where it is none. For edits that keep the rest of it. */
export function textOf({ entry, path }: FileState): string {
  const content = entry?.content
  if (typeof content === 'string') return content
  throw new ProblemError({ kind: 'blocked', message: `${path} is no UTF-8 text of at most 1 MiB` })
}

/** Why a file cannot be edited here, or undefined. */
export function refuseEdit(
  { path, at, link, entry, inDirectory }: FileState,
  wanted: Pick<WantedFile, 'content'>,
): { readonly message: string; readonly hint?: string } | undefined {
  if (entry && entry.type !== 'file') return { message: `${path} is a ${entry.kind}, not a regular file` }
  if (!entry && link !== null) return { message: `${path} is a symbolic link to ${link}, where nothing is` }
  if (!entry && !inDirectory) {
    return {
      message: `the directory of ${path} does not exist`,
      hint: 'make it by an earlier step: file with state: directory',
    }
  }
  if (entry && entry.links > 1 && entry.sha256 !== hashAfter(entry, wanted)) {
    return {
      message: `${at} has ${entry.links} hard links; replacing it would leave the others with the old content`,
      hint: 'edit the file under a name of its own, or remove the other links',
    }
  }
  return undefined
}

const hashAfter = (entry: FileEntry | null, { content }: Pick<WantedFile, 'content'>): string =>
  content === undefined ? (entry?.sha256 ?? sha256('')) : sha256(content)

function afterEdit(
  { entry, login }: FileState,
  { content, mode, owner, group }: WantedFile,
): Extract<RecordedFile, { type: 'file' }> {
  const [self = '', selfGroup = ''] = login.split(':')
  return {
    type: 'file',
    sha256: hashAfter(entry, { content }),
    mode: mode?.padStart(4, '0') ?? entry?.mode ?? '0644',
    owner: ownerName(owner, { name: entry?.owner ?? self, number: entry?.uid }),
    group: ownerName(group, { name: entry?.group ?? selfGroup, number: entry?.gid }),
  }
}

/** The owner asked for, by the name it is known by: `0` and `root` are the same. */
export function ownerName(
  wanted: string | undefined,
  now: { readonly name: string; readonly number: number | null | undefined },
): string {
  if (wanted === undefined || (typeof now.number === 'number' && wanted === String(now.number))) return now.name
  return wanted
}

const sameFile = (
  before: Extract<RecordedFile, { type: 'file' }>,
  after: Extract<RecordedFile, { type: 'file' }>,
): boolean =>
  before.sha256 === after.sha256 &&
  before.mode === after.mode &&
  before.owner === after.owner &&
  before.group === after.group

function contentDetails({ file, diff }: FileView, wanted: WantedFile): readonly Detail[] {
  const { entry } = file
  if (entry && entry.sha256 === hashAfter(entry, wanted)) return []
  if (entry && entry.content === null) {
    return [{ kind: 'note', text: 'the content now there is binary or too large to be shown' }]
  }
  const text = diff(file.at, entry ? entry.content : null, wanted.content ?? '')
  return text === '' ? [] : [{ kind: 'diff', diff: text }]
}

/** Mode and owner before and after, where they differ; all of them for a new file. */
export function metadataDetails(before: RecordedFile | undefined, after: RecordedFile): readonly Detail[] {
  const [old, now] = [metadataOf(before), metadataOf(after)]
  return (['mode', 'owner', 'group'] as const).flatMap((name) => {
    const [from, to] = [old?.[name] ?? '', now?.[name] ?? '']
    return from === to ? [] : [{ kind: 'value' as const, name, before: from, after: to }]
  })
}

const metadataOf = (file: RecordedFile | undefined) =>
  file?.type === 'file' || file?.type === 'directory' ? file : undefined

function entryAfter(
  { entry }: FileState,
  { content, after }: { readonly content: string | null; readonly after: Extract<RecordedFile, { type: 'file' }> },
): FileEntry {
  return {
    type: 'file',
    kind: 'regular file',
    mode: after.mode,
    owner: after.owner,
    group: after.group,
    uid: after.owner === entry?.owner ? entry.uid : null,
    gid: after.group === entry?.group ? entry.gid : null,
    sizeBytes: content === null ? (entry?.sizeBytes ?? 0) : Buffer.byteLength(content),
    mtimeS: null,
    links: 1,
    isEmpty: content === '',
    sha256: after.sha256,
    content,
  }
}
