import { sh } from '../../model/command.ts'
import { isObject } from '../../model/json.ts'
import type { Decision, Probe } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'
import { hostUnchanged } from '../shared/host-unchanged.ts'
import { fileResource, foreseen } from './file-state.ts'

const defaultBytes = 1_048_576
const mostBytes = 16_777_216 // it is held in memory

const args = Type.Object(
  {
    path: PathArgument('the file on the host; links are followed'),
    max_bytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: mostBytes, default: defaultBytes, description: 'a larger file is refused' }),
    ),
  },
  { additionalProperties: false },
)

type FetchArgs = Static<typeof args>

type Found = { readonly kind: 'file'; readonly bytes: number } | { readonly kind: 'none' | 'other' | 'unreadable' }

export const fetch = defineModule<typeof args, Found>({
  name: 'fetch',
  summary: "A file of the host, kept in the run's record on the controller",
  effect: 'changes', // of the record; nothing on the host
  args,
  example: 'fetch: {path: /var/log/etcd.log, max_bytes: 4194304}',
  resources: ({ path }) => [fileResource(path)],
  read: findFile,
  plan: planFetch,
  apply: async ({ path, max_bytes = defaultBytes }, _, { run, controller }) => {
    const reply = await run(sh`head -c ${max_bytes + 1} -- ${path}`, {
      limitBytes: max_bytes + 1,
      timeoutMs: 120_000,
      onOutput: () => undefined, // contents are for the record, and not to be shown
    })
    if (reply.code !== 0) throw new ProblemError(failureOf(reply, `fetching ${path}`))
    if (reply.stdout.length > max_bytes) throw new ProblemError({ kind: 'step-failed', ...tooLarge(path, max_bytes) })
    return await controller.keep(reply.stdout)
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
  hint: `raise max_bytes (at most ${mostBytes}), or fetch a part: write it to a file by a command first`,
})

/** The size is no part of it: a log that grows is no drift. */
const fetching = (path: string): Decision => hostUnchanged(`fetch ${path} into the run's record`)
