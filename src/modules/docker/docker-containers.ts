import { sh } from '../../model/command.ts'
import { type Change, type Decision, defineModule, type Probe, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../system/argument.ts'
import { failureOf } from '../system/host-script.ts'

const args = Type.Object(
  {
    state: Type.Enum(['stopped', 'running'], { description: 'stopped: all of them; running: those of `names`' }),
    names: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' }), {
        description: 'containers; left out: all',
      }),
    ),
    timeout: Type.Optional(DurationArgument('how long each may take to end before it is killed, default 60s')),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** Names by state, of those asked for. */
type Seen =
  | { readonly running: readonly string[]; readonly others: readonly string[]; readonly unknown: readonly string[] }
  | { readonly said: string }
  | 'down'

/** Containers stopped in order, or started again; which ones were running is kept, so that they come back. */
export const dockerContainers = defineModule<typeof args, Seen>({
  name: 'docker_containers',
  summary: 'Containers of docker: all of them (or some) stopped, or running; those that this stopped come back',
  effect: 'changes',
  args,
  example: 'docker_containers: {state: stopped, timeout: 60s}',
  resources: () => ['docker:containers'],
  read: readContainers,
  plan: planContainers,
  apply: async (asked, { before }, session) => {
    await bring(asked.state, before.moved as readonly string[], { asked, session }) // sealed: see planContainers
    return { moved: before.moved ?? [] }
  },
  revert: async (asked, { before }, session) => {
    const opposite = asked.state === 'stopped' ? 'running' : 'stopped'
    await bring(opposite, before.moved as readonly string[], { asked, session }) // sealed: as above
  },
})

const deadlineSeconds = 30
const isDown = 92

async function readContainers({ names }: Args, probe: Probe): Promise<Seen> {
  const format = '{{.Name}}\t{{.State.Status}}'
  const look = sh`pgrep -x 'dockerd|docker-current|dockerd-current' >/dev/null || exit ${isDown}
ids=$(timeout ${deadlineSeconds} docker ps -aq --no-trunc) || exit
[ -z "$ids" ] || timeout ${deadlineSeconds} docker inspect --format ${format} $ids`
  const reply = await probe.run(look, { timeoutMs: 90_000 })
  if (reply.code === isDown) return 'down'
  if (reply.code !== 0)
    return {
      said:
        reply.code === 124
          ? `docker does not answer within ${deadlineSeconds} s`
          : reply.stderr.toString('utf8').trim(),
    }
  const rows = reply.stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .map(([name = '', state = '']) => ({ name: name.replace(/^\//, ''), state }))
  const taken = rows.filter(({ name }) => names === undefined || names.includes(name))
  const named = (isRunning: boolean): readonly string[] =>
    taken.filter(({ state }) => (state === 'running' || state === 'restarting') === isRunning).map(({ name }) => name)
  const known = new Set(rows.map(({ name }) => name))
  return { running: named(true), others: named(false), unknown: (names ?? []).filter((name) => !known.has(name)) }
}

function planContainers({ state, timeout = '60s' }: Args, seen: Seen): Decision {
  if (seen === 'down')
    return state === 'stopped'
      ? { kind: 'noop', summary: 'docker does not run, and no container by it', output: { moved: [] } }
      : { kind: 'blocked', message: 'docker does not run' }
  if ('said' in seen)
    return {
      kind: 'blocked',
      message: 'docker does not tell its containers',
      ...(seen.said === '' ? {} : { detail: seen.said }),
    }
  if (seen.unknown.length > 0) return { kind: 'blocked', message: `docker has no container ${seen.unknown.join(', ')}` }
  const moved = (state === 'stopped' ? seen.running : seen.others).toSorted()
  if (moved.length === 0)
    return {
      kind: 'noop',
      summary: `no container is to be ${state === 'stopped' ? 'stopped' : 'started'}`,
      output: { moved: [] },
    }
  const verb = state === 'stopped' ? 'stop' : 'start'
  return {
    kind: 'change',
    change: {
      verb,
      summary: `${verb} ${moved.length} containers: ${moved.slice(0, 5).join(', ')}${moved.length > 5 ? ', ...' : ''}`,
      details: [{ kind: 'note', text: state === 'stopped' ? `each has ${timeout} to end` : 'docker start' }],
      before: { moved },
      after: { state },
      // Stopping docker stops what was started: that it was undone can only be seen of what was stopped.
      settles: state === 'stopped',
      ...(state === 'stopped' ? {} : { trace: {} }),
      reversible: true,
      predicts: { 'docker:containers': null },
    } satisfies Change,
  }
}

async function bring(
  state: Args['state'],
  names: readonly string[],
  { asked, session }: { asked: Args; session: Session },
): Promise<void> {
  if (names.length === 0) return
  const seconds = Math.ceil(durationMs(asked.timeout ?? '60s') / 1000)
  const command =
    state === 'stopped'
      ? sh`! pgrep -x 'dockerd|docker-current|dockerd-current' >/dev/null || docker stop -t ${seconds} ${names}`
      : sh`docker start ${names}`
  // It stops one after another.
  const reply = await session.run(command, { timeoutMs: seconds * 1000 * names.length + 120_000 })
  if (reply.code !== 0)
    throw new ProblemError(failureOf(reply, state === 'stopped' ? 'stopping containers' : 'starting containers'))
}
