import { sh, withStdin } from '../../model/command.ts'
import type { Change, Decision, Probe, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { ModeArgument, PathArgument } from '../shared/argument.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'

const args = Type.Object(
  {
    path: PathArgument("the file on the step's own host"),
    dir: PathArgument('folder on the host that `on` names, made with mode 0700 where missing; the file keeps its name'),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of the file; what arrives must have it' }),
    bytes: Type.Optional(
      Type.Integer({ minimum: 0, description: 'its size, to refuse where there is no room for it' }),
    ),
    mode: Type.Optional(ModeArgument),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

interface Place {
  readonly sha256: string // '' where nothing is there
  readonly freeBytes: number
}

/**
 * A file from the step's own host to the one that `on` names, by way of the controller, which holds one piece of it at a time and
 * keeps nothing. It has its name only when all of it is there and has its SHA-256. No other file is replaced.
 */
export const transfer = defineModule<typeof args, Place>({
  name: 'transfer',
  summary: "A file from the step's own host to another one, in pieces, verified by SHA-256",
  effect: 'changes',
  args,
  example: [
    'transfer: {path: "{{ backup.path }}", dir: /srv/etcd-backups, sha256: "{{ backup.sha256 }}"}',
    'on: backup1',
  ].join('\n'),
  resources: ({ dir }) => [`file:${dir}`],
  read: readPlace,
  plan: planTransfer,
  apply: async (asked, _change, session) => {
    if ((await prepare(asked, session)) === 'to do') {
      await bring(asked, session)
      await putInPlace(asked, session)
    }
    return { path: fileOf(asked), sha256: asked.sha256 }
  },
  revert: revertTransfer,
})

const fileOf = ({ path, dir }: Args): string => `${dir.replace(/\/$/, '')}/${path.slice(path.lastIndexOf('/') + 1)}`

/** Of ten minutes each for what reads all of a file: 10 GiB at less than 20 MiB a second. */
const wholeFileMs = 600_000

async function readPlace(asked: Args, probe: Probe): Promise<Place> {
  const reply = await probe.run(scriptWith({ file: fileOf(asked), dir: asked.dir }, sumText + lookText), {
    timeoutMs: wholeFileMs,
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `looking at ${fileOf(asked)}`))
  const [sha256 = '', free = ''] = reply.stdout.toString('utf8').split('\n')
  return { sha256, freeBytes: Number(free) * 1024 }
}

function planTransfer(asked: Args, { sha256, freeBytes }: Place): Decision {
  const file = fileOf(asked)
  if (sha256 === asked.sha256) return { kind: 'noop', summary: `${file} is there`, output: { path: file, sha256 } }
  if (sha256 !== '')
    return {
      kind: 'blocked',
      message: `${file} is there with other contents; it is not replaced`,
      hint: 'move it away',
    }
  if (freeBytes < (asked.bytes ?? 0))
    return { kind: 'blocked', message: `${asked.dir} has ${freeBytes} bytes free, the file has ${asked.bytes}` }
  return {
    kind: 'change',
    change: {
      verb: 'create',
      summary: `bring ${asked.path} to ${file}`,
      details: [{ kind: 'note', text: `mode ${asked.mode ?? '0600'}, SHA-256 ${asked.sha256}` }],
      before: {},
      after: { sha256: asked.sha256 },
      settles: true,
      reversible: true,
      predicts: {},
    },
  }
}

/** What an attempt before this one has brought is not brought again. */
async function prepare(asked: Args, session: Session): Promise<'to do' | 'done'> {
  const variables = { dir: asked.dir, file: fileOf(asked), folder: session.folder, sha256: asked.sha256 }
  const reply = await session.run(scriptWith(variables, sumText + prepareText), { timeoutMs: wholeFileMs })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `making ${asked.dir}`))
  return reply.stdout.toString('utf8').trim() === 'done' ? 'done' : 'to do'
}

const pieceBytes = 4 * 1_048_576 // held in memory; what a piece costs besides is a few round trips

/** Piece after piece, each at its place: one that came twice or not at all ends it. */
async function bring(asked: Args, session: Session): Promise<void> {
  for (let at = 0; ; at += pieceBytes) {
    const piece = await pieceOf(asked.path, session.home ?? session, at)
    if (piece.length > 0) {
      const reply = await session.run(
        withStdin(scriptWith({ file: fileOf(asked), at: String(at) }, appendText), piece),
        {
          label: `a piece of ${asked.path}`,
          timeoutMs: wholeFileMs,
          brief: true,
        },
      )
      if (reply.code !== 0) throw new ProblemError(failureOf(reply, `writing ${fileOf(asked)}`))
    }
    if (piece.length < pieceBytes) return
  }
}

async function pieceOf(path: string, home: Runner, at: number): Promise<Buffer> {
  const reply = await home.run(sh`dd if=${path} bs=${pieceBytes} skip=${at / pieceBytes} count=1`, {
    limitBytes: pieceBytes,
    timeoutMs: wholeFileMs,
    label: `a piece of ${path}`,
    onOutput: () => undefined, // contents are not to be shown
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `reading ${path}`))
  return reply.stdout
}

async function putInPlace(asked: Args, session: Session): Promise<void> {
  const { sha256, mode = '0600' } = asked
  const variables = { file: fileOf(asked), folder: session.folder, sha256, mode }
  const reply = await session.run(scriptWith(variables, sumText + placeText), {
    timeoutMs: wholeFileMs,
  })
  if (reply.code === 0) return
  const sum = reply.stdout.toString('utf8').trim()
  if (sum === '') throw new ProblemError(failureOf(reply, `putting ${fileOf(asked)} in place`))
  throw new ProblemError({
    kind: 'step-failed',
    message: `what came of ${asked.path} has the SHA-256 ${sum}, not ${sha256}: it is not kept`,
    hint: 'was the file changed meanwhile?',
  })
}

async function revertTransfer(asked: Args, _change: Change, session: Session): Promise<void> {
  const variables = { file: fileOf(asked), folder: session.folder, sha256: asked.sha256 }
  const reply = await session.run(scriptWith(variables, sumText + revertText), { timeoutMs: wholeFileMs })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `removing ${fileOf(asked)}`, 'rollback-failed'))
}

const sumText = `
sum_of() {
  if command -v sha256sum >/dev/null; then sha256sum <"$1" | cut -d ' ' -f 1
  else openssl dgst -sha256 <"$1" | sed 's/.* //'; fi
}
`

const lookText = `
if [ -e "$file" ]; then sum_of "$file"; else echo; fi
near=$dir
while [ ! -d "$near" ]; do near=\${near%/*}; [ -n "$near" ] || near=/; done
df -Pk "$near" | awk 'NR == 2 { print $4 }'
`

const prepareText = `
umask 077
mkdir -p -- "$folder" || exit 1
near=$dir; made=
while [ ! -d "$near" ]; do made="$made$near
"; near=\${near%/*}; [ -n "$near" ] || near=/; done
[ -e "$folder/made" ] || printf '%s' "$made" >"$folder/made" || exit 1
if [ -e "$folder/placed" ] && [ -e "$file" ] && [ "$(sum_of "$file")" = "$sha256" ]; then echo done; exit 0; fi
mkdir -p -- "$dir" && : >"$file.part"
`

const appendText = `
[ "$(($(wc -c <"$file.part")))" = "$at" ] || { echo "$file.part does not end at $at" >&2; exit 1; }
cat >>"$file.part"
`

const placeText = `
sum=$(sum_of "$file.part")
[ "$sum" = "$sha256" ] || { rm -f -- "$file.part"; echo "$sum"; exit 1; }
chmod "$mode" -- "$file.part" && dd if=/dev/null of="$file.part" conv=notrunc,fsync 2>/dev/null || exit 1
[ ! -e "$file" ] || { echo "$file is there meanwhile" >&2; exit 1; }
: >"$folder/placed" && mv -- "$file.part" "$file" && sync
`

// Whoever wrote another file of that name since keeps it.
const revertText = `
[ -e "$folder/made" ] || exit 0
rm -f -- "$file.part"
if [ -e "$folder/placed" ] && [ -e "$file" ] && [ "$(sum_of "$file")" = "$sha256" ]; then rm -f -- "$file" || exit 1; fi
while IFS= read -r one; do rmdir -- "$one" 2>/dev/null; done <"$folder/made"
rm -f -- "$folder/made" "$folder/placed"
exit 0
`
