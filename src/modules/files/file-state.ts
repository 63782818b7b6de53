import type { Command } from '../../model/command.ts'
import { sha256 } from '../../model/digest.ts'
import { isObject, type Json } from '../../model/json.ts'
import type { Probe, Resource } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply } from '../../model/transport.ts'
import { directoryOf } from '../shared/directory-of.ts'
import { missingTool, scriptWith } from '../shared/host-script.ts'

/** Larger files are known by their hash alone. */
export const contentLimitBytes = 1_048_576

/** What lies at a path, links followed. Plain JSON: it is also what a change predicts for `file:PATH`. */
export type FileState = {
  readonly path: string
  readonly link: string | null // target as written, where the path itself is a symbolic link
  readonly at: string // where the content lies: the path, or what the link leads to
  readonly inDirectory: boolean // the directory of `at` exists
  readonly login: string // "owner:group" of what we would create
  readonly entry: FileEntry | null // null: nothing is there
}

export type FileEntry = {
  readonly type: 'file' | 'directory' | 'other'
  readonly kind: string // as stat names it: "regular file", "fifo"
  readonly mode: string // four octal digits
  readonly owner: string // name, or number where the host has no name for it
  readonly group: string
  readonly uid: number | null // null where predicted
  readonly gid: number | null
  readonly sizeBytes: number
  readonly mtimeS: number | null // seconds since the epoch; null where predicted
  readonly links: number
  readonly isEmpty: boolean // a directory without entries, a file without bytes
  readonly sha256: string | null // of files
  readonly content: string | null // of files that are UTF-8 text of at most contentLimitBytes
}

export const fileResource = (path: string): Resource => `file:${path}`

/**
 * The state of one file: one command of two processes (stat; cat or sha256sum), so that the reads of one tick leave
 * together. What an earlier step of the plan leaves there is taken instead. Throws ProblemError of kind missing-tool
 * or step-failed (unreadable).
 */
export async function readFileState(path: string, probe: Probe): Promise<FileState> {
  const known = foreseen(probe, path)
  if (known) return known
  const reply = await probe.run(readCommand(path), { limitBytes: contentLimitBytes + 65_536 })
  const state = parseFileState(path, reply)
  const target = state.at === path ? undefined : foreseen(probe, state.at)
  const parent = state.inDirectory ? undefined : foreseen(probe, directoryOf(state.at))
  const seen = target ? { ...target, path, link: state.link, at: state.at } : state
  return parent?.entry?.type === 'directory' ? { ...seen, inDirectory: true } : seen
}

/** The state that an earlier step of the plan leaves a file in. */
export function foreseen(probe: Probe, path: string): FileState | undefined {
  const state: Json | undefined = probe.predicted(fileResource(path))
  if (!isObject(state)) return undefined
  return state as FileState // sealed: only file changes predict `file:` resources, with this type
}

const format = '%F|%a|%U|%u|%G|%g|%s|%Y|%h'

// Error texts are those of LC_ALL=C, the same with glibc and musl.
const readText = `
real=$path; link=; linked=no
if [ -L "$path" ]; then
  linked=yes
  link=$(readlink -- "$path") || { echo "missing readlink"; exit; }
  real=$(readlink -f -- "$path") || real=$path
fi
found=$(stat -c "$format" -- "$real" 2>&1); code=$?
case $code:$found in
  0:*) ;;
  127:*) echo "missing stat"; exit ;;
  *'No such file'*|*'Not a directory'*) found=absent ;;
  *) printf 'error %s\\n' "$found"; exit ;;
esac
directory=\${real%/*}; inside=no; [ -d "\${directory:-/}" ] && inside=yes
login=; entries=none
case $found in
  absent) login=$(id -un):$(id -gn) ;;
  directory*) for entry in "$real"/* "$real"/.[!.]* "$real"/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then entries=some; break; fi
  done ;;
esac
printf '%s\\n' state "$linked $inside $entries" "$link" "$real" "$login" "$found"
case $found in
  regular*) IFS='|'; set -f; set -- $found
    if [ "$7" -le "$limit" ]; then echo content; exec cat -- "$real"; else echo sha256; exec sha256sum <"$real"; fi ;;
esac
`

const readCommand = (path: string): Command => scriptWith({ path, format, limit: String(contentLimitBytes) }, readText)

/** Exported for tests: what the read's reply says. */
export function parseFileState(path: string, reply: Reply): FileState {
  const { lines, rest } = takeLines(reply.stdout, 7)
  const [word = '', flags = '', link = '', at = '', login = '', found = '', body = ''] = lines
  const missing = /^missing (\S+)/.exec(word)?.[1]
  if (missing !== undefined) throw missingTool(missing, `look at ${path}`)
  if (reply.code === 127) throw missingTool(body === 'sha256' ? 'sha256sum' : 'cat', `look at ${path}`)
  if (word !== 'state' || reply.code !== 0) throw unreadable(path, word, reply)
  const [linked, inside, entries] = flags.split(' ')
  const entry = found === 'absent' || found.startsWith('symbolic link') ? null : entryOf(found, { body, rest, entries })
  return { path, link: linked === 'yes' ? link : null, at, inDirectory: inside === 'yes', login, entry }
}

function entryOf(
  found: string,
  { body, rest, entries }: { readonly body: string; readonly rest: Buffer; readonly entries: string | undefined },
): FileEntry {
  const [kind = '', mode = '', owner = '', uid = '', group = '', gid = '', size = '', mtime = '', links = ''] =
    found.split('|')
  const type = kind.startsWith('regular') ? 'file' : kind === 'directory' ? 'directory' : 'other'
  const text = type === 'file' && body === 'content' ? textOf(rest) : null
  const hash = body === 'content' ? sha256(rest) : (rest.toString('latin1').split(' ')[0] ?? '')
  const sizeBytes = body === 'content' ? rest.length : Number(size)
  return {
    type,
    kind: type === 'file' ? 'regular file' : kind,
    mode: mode.padStart(4, '0'),
    owner: owner === 'UNKNOWN' ? uid : owner,
    group: group === 'UNKNOWN' ? gid : group,
    uid: Number(uid),
    gid: Number(gid),
    sizeBytes,
    mtimeS: Number(mtime),
    links: Number(links),
    isEmpty: type === 'directory' ? entries === 'none' : sizeBytes === 0,
    sha256: type === 'file' ? hash : null,
    content: text,
  }
}

/** UTF-8 text without NUL, a byte order mark kept; null for anything else. */
function textOf(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

function takeLines(bytes: Buffer, count: number): { readonly lines: readonly string[]; readonly rest: Buffer } {
  const lines: string[] = []
  let start = 0
  while (lines.length < count && start < bytes.length) {
    const end = bytes.indexOf(10, start)
    const stop = end < 0 ? bytes.length : end
    lines.push(bytes.subarray(start, stop).toString('utf8'))
    start = stop + 1
  }
  return { lines, rest: bytes.subarray(start) }
}

function unreadable(path: string, word: string, reply: Reply): ProblemError {
  const said = word.startsWith('error ') ? word.slice(6) : reply.stderr.toString('utf8').trim()
  return new ProblemError({
    kind: 'step-failed',
    message: `cannot read ${path}`,
    ...(said === '' ? {} : { detail: said }),
    ...(/permission denied/i.test(said) ? { hint: 'set become: true to read it as root' } : {}),
  })
}
