import { withStdin } from '../../model/command.ts'
import { sha256 } from '../../model/digest.ts'
import type { Session } from '../../model/module.ts'
import { directoryOf } from '../shared/directory-of.ts'
import { runScript, scriptWith } from '../shared/host-script.ts'
import { fileProblem } from './file-problem.ts'
import { fileShell } from './file-shell.ts'
import type { RecordedFile, RecordedMove } from './recorded-file.ts'

/** A sync of a slow disk may take long; the step's own timeout holds where it is given. */
export const fileTimeoutMs = 120_000

/**
 * Gives a file its content, mode and owner: pre-image into the session's folder, a temporary file beside it that takes
 * over all attributes, and, when the original is still as planned, one rename in its place. A reader sees the old or
 * the new file, never a part. Doing it again after a crash at any point finishes it. Where only mode or owner differ
 * the file stays and they are set. Throws ProblemError: plan-drifted where the file is not what `before` says.
 */
export async function replaceFile(session: Session, move: RecordedMove & { readonly content: string }): Promise<void> {
  const { path, at, before, after, content } = move
  if (after.type !== 'file') throw new Error(`not the content of a file: ${after.type}`)
  const variables = {
    ...placeVariables(session, move),
    was: wordOf(before),
    will: wordOf(after),
    owner: `${after.owner}:${after.group}`,
    mode: after.mode,
    path,
    at,
  }
  const command = withStdin(scriptWith(variables, fileShell + replaceText), content)
  const done = await runScript(session, command, { what: `writing ${path}`, timeoutMs: fileTimeoutMs, brief: true })
  if ('refusal' in done) throw fileProblem(done.refusal, { host: session.host, move })
}

/** Where a script works: the step's folder, the directory, and a temporary name that nobody can guess. */
export function placeVariables(
  session: Pick<Session, 'folder'>,
  { at }: { readonly at: string },
): Readonly<Record<string, string>> {
  const directory = directoryOf(at)
  // The folder holds the run's random id; the dot keeps the kubelet and conf.d readers from loading it.
  const name = `.runbook-${sha256(`${session.folder}\0${at}`).slice(0, 20)}`
  return { folder: session.folder, directory, next: directory === '/' ? `/${name}` : `${directory}/${name}` }
}

/** A recorded file in the word that the shell function \`what\` gives. */
export function wordOf(file: RecordedFile): string {
  if (file.type === 'file') return `file:${file.sha256}`
  return file.type === 'link' ? `link:${file.target}` : file.type
}

const replaceText = `
if [ "$was" != absent ]; then
  [ "$(readlink -f -- "$path")" = "$at" ] || refuse drifted moved
elif [ -L "$path" ]; then refuse drifted "$(what "$path")"
fi
now=$(what "$at")
if [ "$now" != "$was" ]; then
  { [ "$now" = "$will" ] && has_image; } || refuse drifted "$now"
else
  keep_image "$at"
fi
if [ "$now" != "$will" ]; then
  rm -rf -- "$next" || refuse write
  temp=$next
  if [ "$was" = absent ]; then ( set -C; : >"$temp" ) || refuse write
  else
    [ "$(stat -c %h -- "$at")" = 1 ] || refuse linked
    attributes "$at" "$temp" || refuse write
  fi
  cat >"$temp" || refuse write
  [ "$(what "$temp")" = "$will" ] || refuse damaged
  set_owner "$temp" "$owner" "$mode"
  flush "$temp" || refuse write
  [ "$(what "$at")" = "$was" ] || refuse drifted "$(what "$at")"
  move "$temp" "$at"
  flush "$directory" || refuse write
else
  set_owner "$at" "$owner" "$mode"
  flush "$at" || refuse write
fi
`
