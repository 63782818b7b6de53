import { createHash } from 'node:crypto'
import { sh } from '../../model/command.ts'
import { isObject } from '../../model/json.ts'
import type { Decision, Probe } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { PathArgument } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'
import { hostUnchanged } from '../shared/host-unchanged.ts'
import { fileResource, foreseen } from './file-state.ts'

const defaultBytes = 1_048_576
const mostBytes = 1_099_511_627_776 // a limit of sense: one piece is held in memory

const args = Type.Object(
  {
    path: PathArgument('the file on the host; links are followed'),
    max_bytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: mostBytes, default: defaultBytes, description: 'a larger file is refused' }),
    ),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: 'what the file must have, or nothing is kept' }),
    ),
  },
  { additionalProperties: false },
)

type FetchArgs = Static<typeof args>

type Found = { readonly kind: 'file'; readonly bytes: number } | { readonly kind: 'none' | 'other' | 'unreadable' }

/** Comes over in pieces, of which one is held at a time, and has its name in the record only when it is whole. */
export const fetch = defineModule<typeof args, Found>({
  name: 'fetch',
  summary: "A file of the host, kept in the run's record on the controller",
  effect: 'changes', // of the record; nothing on the host
  args,
  example: 'fetch: {path: /var/log/etcd.log, max_bytes: 4194304}',
  resources: ({ path }) => [fileResource(path)],
  read: findFile,
  plan: planFetch,
  apply: async ({ path, max_bytes = defaultBytes, sha256 }, _, session) => {
    const look = session.look ?? session
    const bytes = await sizeOf(path, look)
    if (bytes > max_bytes) throw new ProblemError({ kind: 'step-failed', ...tooLarge(path, max_bytes) })
    return await session.controller.keep(contents({ path, bytes, sha256 }, look))
  },
  revert: async () => undefined, // the record stays what it is
})

async function findFile({ path }: FetchArgs, probe: Probe): Promise<Found> {
  const known = foreseen(probe, path)
  if (isObject(known?.entry))
    return { kind: known.entry.type === 'file' ? 'file' : 'other', bytes: known.entry.sizeBytes }
  const reply = await probe.run(
    sh`if [ ! -e ${path} ]; then echo none; elif [ ! -f ${path} ]; then echo other; elif [ ! -r ${path} ]; then echo unreadable; else wc -c <${path}; fi`,
  )
  const said = reply.stdout.toString('utf8').trim()
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `looking at ${path}`))
  return said === 'none' || said === 'other' || said === 'unreadable'
    ? { kind: said }
    : { kind: 'file', bytes: Number(said) }
}

function planFetch({ path, max_bytes = defaultBytes }: FetchArgs, found: Found): Decision {
  switch (found.kind) {
    case 'none':
      return {
        kind: 'blocked',
        message: `there is no ${path}`,
        hint: 'give the step a condition (when), if it may be missing',
      }
    case 'other':
      return { kind: 'blocked', message: `${path} is not a regular file` }
    case 'unreadable':
      return { kind: 'blocked', message: `cannot read ${path}`, hint: 'set become: true to read it as root' }
    case 'file':
      return found.bytes > max_bytes ? { kind: 'blocked', ...tooLarge(path, max_bytes) } : fetching(path)
  }
}

const tooLarge = (path: string, limit: number) => ({
  message: `${path} is larger than ${limit} bytes`,
  hint: 'raise max_bytes, or fetch a part: write it to a file by a command first',
})

async function sizeOf(path: string, look: Runner): Promise<number> {
  const reply = await look.run(sh`wc -c <${path}`)
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `fetching ${path}`))
  return Number(reply.stdout.toString('utf8').trim())
}

interface Wanted {
  readonly path: string
  readonly bytes: number // as many as there were in the beginning: a log grows meanwhile
  readonly sha256: string | undefined
}

const pieceBytes = 4 * 1_048_576

/** Throws ProblemError where the file gets shorter meanwhile, or does not have its SHA-256 in the end. */
async function* contents({ path, bytes, sha256 }: Wanted, look: Runner): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes; at += pieceBytes) {
    const piece = (await pieceOf(path, at / pieceBytes, look)).subarray(0, bytes - at)
    if (piece.length < Math.min(pieceBytes, bytes - at)) throw changed(path, `it had ${bytes} bytes and got shorter`)
    hash.update(piece)
    yield piece
  }
  const came = hash.digest('hex')
  if (sha256 !== undefined && came !== sha256) throw changed(path, `what came has the SHA-256 ${came}, not ${sha256}`)
}

const changed = (path: string, how: string): ProblemError =>
  new ProblemError({
    kind: 'step-failed',
    message: `${path} was not fetched whole: ${how}; nothing of it is kept`,
    hint: 'was it changed meanwhile? run again once nobody writes it',
  })

async function pieceOf(path: string, number: number, look: Runner): Promise<Buffer> {
  const reply = await look.run(sh`dd if=${path} bs=${pieceBytes} skip=${number} count=1`, {
    limitBytes: pieceBytes,
    timeoutMs: 120_000,
    label: `a piece of ${path}`,
    onOutput: () => undefined, // contents are for the record, and not to be shown
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `fetching ${path}`))
  return reply.stdout
}

/** The size is no part of it: a log that grows is no drift. */
const fetching = (path: string): Decision => hostUnchanged(`fetch ${path} into the run's record`)
