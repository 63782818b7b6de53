import type { Session } from '../../model/module.ts'
import { runScript, scriptWith } from '../shared/host-script.ts'
import { fileProblem } from './file-problem.ts'
import { fileShell } from './file-shell.ts'
import type { RecordedFile, RecordedMove } from './recorded-file.ts'
import { fileTimeoutMs, placeVariables, wordOf } from './replace-file.ts'

/**
 * Removes a path (a file, a link, an empty directory), or makes a directory or a symbolic link of it, its pre-image
 * first. May be done again after a crash. Throws ProblemError: plan-drifted where it is not what `before` says.
 */
export async function changeEntry(session: Session, move: RecordedMove): Promise<void> {
  const { path, at, before, after } = move
  const variables = {
    ...placeVariables(session, move),
    ...ownership(after),
    was: wordOf(before),
    will: wordOf(after),
    target: after.type === 'link' ? after.target : '',
    at,
  }
  const command = scriptWith(variables, fileShell + changeText)
  const done = await runScript(session, command, { what: `changing ${path}`, timeoutMs: fileTimeoutMs })
  if ('refusal' in done) throw fileProblem(done.refusal, { host: session.host, move })
}

/** Shell variables for what set_owner takes; empty where the entry has no mode of its own. */
export const ownership = (file: RecordedFile): Readonly<Record<string, string>> =>
  file.type === 'file' || file.type === 'directory'
    ? { owner: `${file.owner}:${file.group}`, mode: file.mode }
    : { owner: '', mode: '' }

const changeText = `
now=$(what "$at")
if [ "$now" != "$was" ]; then
  { [ "$now" = "$will" ] && has_image; } || refuse drifted "$now"
else
  keep_image "$at"
fi
rm -rf -- "$next" || refuse write
case $will in
  absent)
    case $now in
      absent) ;;
      directory) rmdir -- "$at" || refuse not-empty ;;
      *) [ "$(what "$at")" = "$was" ] || refuse drifted "$(what "$at")"; rm -f -- "$at" || refuse write ;;
    esac ;;
  directory)
    if [ "$now" = absent ]; then
      temp=$next
      mkdir -- "$temp" || refuse write
      set_owner "$temp" "$owner" "$mode"
      move "$temp" "$at"
    else set_owner "$at" "$owner" "$mode"; fi ;;
  link:*)
    if [ "$now" != "$will" ]; then
      temp=$next
      ln -s -- "$target" "$temp" || refuse write
      move "$temp" "$at"
    fi ;;
esac
[ ! -d "$directory" ] || flush "$directory" || refuse write # gone: a later part of the same step removed it
`
