import type { Decision } from '../../model/module.ts'
import { decisionOf, type FileView, planFileEdit } from './file-edit.ts'

/** What an edit makes of a text: the text after it, or why it is not done. */
export type TextEdit =
  | { readonly kind: 'text'; readonly text: string; readonly summary: string } // summary: of the change, if it is one
  | { readonly kind: 'refused'; readonly message: string; readonly detail?: string; readonly hint?: string }

export interface WantedEdit {
  readonly path: string
  readonly create?: boolean // make the file where it is missing; else that blocks
  readonly removes: boolean // the edit only takes away, so a missing file is as wanted
  readonly same: string // summary where nothing is to be done
  edit(text: string): TextEdit
}

/** The decision of a module that edits a text file on the host and keeps the rest of it. */
export function planTextEdit(view: FileView, { path, create, removes, same, edit }: WantedEdit): Decision {
  const { entry, link } = view.file
  if (!entry && link === null && removes) return { kind: 'noop', summary: `there is no ${path}` }
  if (!entry && link === null && !create) {
    return { kind: 'blocked', message: `there is no ${path}`, hint: 'create: true makes it; is the path right?' }
  }
  if (entry?.type === 'file' && entry.content === null) {
    return { kind: 'blocked', message: `${path} is no UTF-8 text of at most 1 MiB` }
  }
  const edited = edit(entry?.content ?? '')
  if (edited.kind === 'refused') return { ...edited, kind: 'blocked' }
  return decisionOf(planFileEdit(view, { content: edited.text }, edited.summary), same)
}

/** How a text ends its lines: as its first one does. */
export const eolOf = (text: string): '\r\n' | '\n' => (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n')

/** The lines of a text with their ends: joined they are the text. */
export const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** A line without its end. */
export const bare = (line: string): string => line.replace(/\r?\n$/, '')

/** Lines with others put in at an index; a last line without an end gets one. */
export function insertLines(
  lines: readonly string[],
  at: number,
  { added, eol }: { readonly added: readonly string[]; readonly eol: string },
): readonly string[] {
  const head = lines.slice(0, at)
  const last = head.at(-1)
  const closed = last === undefined || last.endsWith('\n') ? head : [...head.slice(0, -1), last + eol]
  return [...closed, ...added.map((line) => line + eol), ...lines.slice(at)]
}
