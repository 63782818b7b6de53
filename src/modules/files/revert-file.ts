import type { Command } from '../../model/command.ts'
import type { Session } from '../../model/module.ts'
import { runScript, scriptWith } from '../shared/host-script.ts'
import { ownership } from './change-entry.ts'
import { fileProblem } from './file-problem.ts'
import { fileShell } from './file-shell.ts'
import type { RecordedMove } from './recorded-file.ts'
import { fileTimeoutMs, placeVariables, wordOf } from './replace-file.ts'

/**
 * Brings a path back to what `before` says: content, mode, owner, times, ACL and attributes from the pre-image, or
 * nothing where nothing was. Safe twice, and after an apply that did nothing, a half or all. What is neither as before
 * nor as we left it was changed by someone since: throws ProblemError of kind rollback-failed and leaves it.
 */
export async function revertFile(session: Session, move: RecordedMove): Promise<void> {
  const command = revertFileText(session.folder, move)
  const done = await runScript(session, command, {
    what: `restoring ${move.path}`,
    timeoutMs: fileTimeoutMs,
    brief: true,
  })
  if ('refusal' in done) throw fileProblem(done.refusal, { host: session.host, move })
}

/** The script of revertFile; `folder` is that of the step on the host. */
export function revertFileText(folder: string, move: RecordedMove): Command {
  const { at, before, after } = move
  const variables = {
    ...placeVariables({ folder }, move),
    ...ownership(before),
    was: wordOf(before),
    will: wordOf(after),
    at,
  }
  return scriptWith(variables, fileShell + revertText)
}

const revertText = `
image=$folder/pre-image
rm -rf -- "$next"
now=$(what "$at")
{ [ "$now" = "$was" ] || [ "$now" = "$will" ]; } || refuse edited "$now"
if ! has_image; then
  [ "$now" = "$was" ] || refuse no-image "$now"
elif [ "$was" = absent ]; then
  case $now in
    absent) ;;
    directory) rmdir -- "$at" || refuse not-empty ;;
    *) rm -f -- "$at" || refuse write ;;
  esac
elif [ "$now" != "$was" ]; then
  [ "$(what "$image")" = "$was" ] || refuse no-image "$now"
  temp=$next
  copy "$image" "$temp" || refuse write
  [ -L "$temp" ] || flush "$temp" || refuse write
  [ "$(what "$at")" = "$now" ] || refuse edited "$(what "$at")"
  move "$temp" "$at"
fi
if [ -n "$owner" ] && has_image; then
  set_owner "$at" "$owner" "$mode"
  [ ! -f "$at" ] || touch -r "$image" -- "$at" || refuse write
fi
[ ! -d "$directory" ] || flush "$directory" || refuse write
`
