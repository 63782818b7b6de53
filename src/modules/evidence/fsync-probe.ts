import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs, PathArgument } from '../shared/argument.ts'
import { type Refusal, runScript, scriptWith } from '../shared/host-script.ts'
import { fsyncProbeText } from './fsync-probe-text.ts'
import { type FsyncTimes, parseFsyncTimes } from './fsync-times.ts'

const BLOCK = 2300 // bytes; a usual entry of etcd's log (the fio call that etcd's documentation refers to)
const MOST_WRITES = 10_029 // of that size in the 22 MiB of the same call
const MOST_SECONDS = 60
const MARGIN = 10 // times what is written must be free
const FEWEST = 100 // syncs below which a p99 means nothing

const args = Type.Object(
  {
    path: PathArgument('folder on the file system that is tried; a file without a name is written there'),
    within: Type.Optional(DurationArgument('it ends after this long, default 10s, at most 60s')),
    writes: Type.Optional(
      Type.Integer({
        minimum: FEWEST,
        maximum: MOST_WRITES,
        description: 'blocks of 2300 bytes written and synced, default 10029 (22 MiB)',
      }),
    ),
    min_free_mib: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_048_576,
        description: 'refused with less free space (MiB, default 1024; never less than 10 times what is written)',
      }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
type State = FsyncTimes | { readonly refusal: Refusal } | 'too long'

/**
 * How long a write that is synced takes on a file system, now. It loads the disk while it runs and leaves nothing behind; a look, as
 * there is nothing to undo, but never one that a runbook takes unasked.
 */
export const fsyncProbe = defineModule<typeof args, State>({
  name: 'fsync_probe',
  summary: 'p99 of synced writes on a file system, by fio or dd: bounded, refused on a full disk, leaves nothing',
  effect: 'reads',
  args,
  example: 'fsync_probe: {path: /mnt/new, within: 20s}',
  resources: ({ path }) => [`disk:${path}`],
  read: readTimes,
  plan: (asked, state): Decision => {
    if (state === 'too long') return { kind: 'blocked', message: `fsync_probe takes at most ${MOST_SECONDS}s` }
    if ('refusal' in state) return refused(asked, state.refusal)
    const output = outputOf(state)
    return { kind: 'noop', summary: `p99 of syncs: ${output.value ?? `no value (${output.note})`}`, output }
  },
})

async function readTimes(asked: Args, probe: Probe): Promise<State> {
  const seconds = Math.ceil(durationMs(asked.within ?? '10s') / 1000)
  if (seconds > MOST_SECONDS) return 'too long'
  const variables = {
    path: asked.path,
    seconds: String(seconds),
    block: String(BLOCK),
    writes: String(asked.writes ?? MOST_WRITES),
    need: String(neededKib(asked)),
  }
  const ended = await runScript(probe, scriptWith(variables, fsyncProbeText), {
    what: `trying synced writes in ${asked.path}`,
    timeoutMs: seconds * 1000 + 60_000,
    label: 'fsync_probe',
  })
  return 'refusal' in ended ? ended : parseFsyncTimes(ended.stdout)
}

const neededKib = ({ writes = MOST_WRITES, min_free_mib = 1024 }: Args): number =>
  Math.max(min_free_mib * 1024, Math.ceil((MARGIN * writes * BLOCK) / 1024))

function refused(asked: Args, { word, facts, detail }: Refusal): Decision {
  const { path } = asked
  if (word === 'nodir') return { kind: 'blocked', message: `${path} is no folder that can be entered` }
  if (word === 'nowrite') return { kind: 'blocked', message: `no file can be made in ${path}`, detail }
  return {
    kind: 'blocked',
    message: `${path} has ${Math.floor(Number(facts) / 1024)} MiB free, fewer than the ${Math.ceil(neededKib(asked) / 1024)} that trying it wants`,
    hint: 'free some space first; with fewer `writes` and a smaller `min_free_mib` less is wanted',
  }
}

/** A p99 of fewer than a hundred syncs is their worst; without any there is no number. */
function outputOf(times: FsyncTimes): JsonObject {
  const note = noteOf(times)
  return { value: times.p99_ms, ...(note === undefined ? {} : { note }), ...times }
}

function noteOf({ by, count, file_system }: FsyncTimes): string | undefined {
  if (count === 0) return `${by} of this host told no times; install fio (3.5 or newer)`
  if (count < FEWEST) return `only ${count} syncs in the time: the worst of them`
  return file_system === 'tmpfs' || file_system === 'ramfs' ? 'this is memory, no disk' : undefined
}
