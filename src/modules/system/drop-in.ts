import { type Command, inTurn, sh } from '../../model/command.ts'
import { canonical, isObject, type Json } from '../../model/json.ts'
import type { Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type FileEdit, type FileView, planFileEdit } from '../files/file-edit.ts'
import { readFileState } from '../files/file-state.ts'
import { moveOf, type RecordedMove, recordEntry } from '../files/recorded-file.ts'
import { replaceFile } from '../files/replace-file.ts'
import { revertFile, revertFileText } from '../files/revert-file.ts'
import { directoryOf } from '../shared/directory-of.ts'
import { failureOf } from '../shared/host-script.ts'

/** A drop-in of a unit as a runbook gives it. */
export interface DropIn {
  readonly name: string // without .conf
  readonly content: string
}

export const dropInPath = (unit: string, name: string): string => `/etc/systemd/system/${unit}.d/${name}.conf`

/** What a change of a drop-in records; its directory is made where it is missing. */
export type RecordedDropIn = RecordedMove & { readonly makesDirectory: boolean }

/** The edit of the drop-in's file, and the record that applyDropIn and revertDropIn need. */
export function planDropIn(view: FileView, content: string): { readonly edit: FileEdit; readonly record: Json | null } {
  const makesDirectory = !view.file.inDirectory
  const edit = planFileEdit({ ...view, file: { ...view.file, inDirectory: true } }, { content })
  return { edit, record: edit.kind === 'edit' ? { ...moveOf(edit.change), makesDirectory } : null }
}

/** The record again, out of a change's `before`. */
export function recordedDropIn(value: Json | undefined): RecordedDropIn | undefined {
  return isObject(value) ? (value as unknown as RecordedDropIn) : undefined // sealed: planDropIn alone makes it
}

export async function applyDropIn(
  session: Session,
  { content, ...drop }: RecordedDropIn & { readonly content: string },
): Promise<void> {
  if (drop.makesDirectory) {
    const folder = directoryOf(drop.at)
    const made = await session.run(sh`mkdir -p -m 755 -- ${folder}`)
    if (made.code !== 0) throw new ProblemError(failureOf(made, `making ${folder}`))
  }
  await replaceFile(session, { ...drop, content })
}

/** Whether the file is already as it was before; what it means is only known once systemd has read it again. */
export async function isDropInRestored(session: Session, { at, before }: RecordedDropIn): Promise<boolean> {
  const now = await readFileState(at, { ...session, predicted: () => undefined })
  return canonical(recordEntry(now) ?? null) === canonical(before)
}

/** As revertFile; the directory goes too where we made it and nothing else has come into it. */
export async function revertDropIn(session: Session, drop: RecordedDropIn): Promise<void> {
  const folder = directoryOf(drop.at)
  await revertFile(session, drop)
  if (drop.makesDirectory) await session.run(sh`rmdir -- ${folder} 2>/dev/null || :`)
}

/** The script of revertDropIn. */
export const revertDropInText = (folder: string, drop: RecordedDropIn): Command =>
  inTurn(
    revertFileText(folder, drop),
    ...(drop.makesDirectory ? [sh`rmdir -- ${directoryOf(drop.at)} 2>/dev/null || :`] : []),
  )
