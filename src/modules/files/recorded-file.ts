import { isObject, type JsonObject } from '../../model/json.ts'
import type { FileState } from './file-state.ts'

/** What a path is before or after a change, as journals keep it: no content, only its hash. */
export type RecordedFile =
  | { readonly type: 'absent' }
  | {
      readonly type: 'file'
      readonly sha256: string
      readonly mode: string
      readonly owner: string
      readonly group: string
    }
  | { readonly type: 'directory'; readonly mode: string; readonly owner: string; readonly group: string }
  | { readonly type: 'link'; readonly target: string }

/** One change of one path: `at` is where the content lies (elsewhere than `path` where that is a link). */
export type RecordedMove = {
  readonly path: string
  readonly at: string
  readonly before: RecordedFile
  readonly after: RecordedFile
}

/** What lies where a path leads to, links followed; undefined for what we do not change (devices, sockets). */
export function recordEntry({ entry }: FileState): RecordedFile | undefined {
  if (!entry) return { type: 'absent' }
  const { mode, owner, group } = entry
  if (entry.type === 'file') return { type: 'file', sha256: entry.sha256 ?? '', mode, owner, group }
  return entry.type === 'directory' ? { type: 'directory', mode, owner, group } : undefined
}

/** `before` or `after` of a change on one path. */
export const recordAt = (path: string, at: string, file: RecordedFile): JsonObject => ({ path, at, file })

/** The move of a change whose `before` and `after` were made by recordAt. */
export function moveOf(change: { readonly before: JsonObject; readonly after: JsonObject | null }): RecordedMove {
  const before = recordedIn(change.before)
  const after = recordedIn(change.after ?? {})
  return { path: before.path, at: before.at, before: before.file, after: after.file }
}

function recordedIn(record: JsonObject): {
  readonly path: string
  readonly at: string
  readonly file: RecordedFile
} {
  const { path, at, file } = record
  if (typeof path !== 'string' || typeof at !== 'string' || !isObject(file)) {
    throw new Error(`not the record of a file: ${JSON.stringify(record)}`)
  }
  return { path, at, file: file as RecordedFile } // sealed: recordAt alone makes such members
}
