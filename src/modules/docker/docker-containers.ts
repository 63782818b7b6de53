import { sh } from '../../model/command.ts'
import { type Change, type Decision, defineModule, type Probe, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'

const args = Type.Object(
  {
    state: Type.Enum(['stopped', 'running'], { description: 'stopped: all of them; running: those of `names`' }),
    of: Type.Optional(
      Type.Enum(['own', 'pods'], {
        description: 'own (default): not those of pods of Kubernetes; pods: those, which only kubelet brings back',
      }),
    ),
    names: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' }), {
        description: 'containers; left out: all',
      }),
    ),
    deadline: Type.Optional(DurationArgument('how long docker may take to tell them, default 30s')),
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

/** Containers stopped in order, or started again; which ones were running is kept, so that they come back. Pods are kubelet's. */
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
    if (asked.of === 'pods') await stopPods(asked, session)
    else await bring(asked.state, before.moved as readonly string[], { asked, session }) // sealed: see planContainers
    return { moved: before.moved ?? [] }
  },
  revert: async (asked, { before }, session) => {
    if (asked.of === 'pods') return
    const opposite = asked.state === 'stopped' ? 'running' : 'stopped'
    await bring(opposite, before.moved as readonly string[], { asked, session }) // sealed: as above
  },
})

const isDown = 92

async function readContainers({ names, of = 'own', deadline = '30s' }: Args, probe: Probe): Promise<Seen> {
  const format = '{{.Name}}\t{{.State.Status}}\t{{index .Config.Labels "io.kubernetes.pod.uid"}}'
  const deadlineSeconds = Math.ceil(durationMs(deadline) / 1000)
  const look = sh`pgrep -x 'dockerd|docker-current|dockerd-current' >/dev/null || exit ${isDown}
ids=$(timeout ${deadlineSeconds} docker ps -aq --no-trunc) || exit
[ -z "$ids" ] || timeout ${deadlineSeconds} docker inspect --format ${format} $ids`
  const reply = await probe.run(look, { timeoutMs: deadlineSeconds * 2000 + 30_000 })
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
    .map(([name = '', state = '', pod = '']) => ({ name: name.replace(/^\//, ''), state, of: ofPod(pod) }))
    .filter((row) => row.of === of)
  const taken = rows.filter(({ name }) => names === undefined || names.includes(name))
  const named = (isRunning: boolean): readonly string[] =>
    taken.filter(({ state }) => (state === 'running' || state === 'restarting') === isRunning).map(({ name }) => name)
  const known = new Set(rows.map(({ name }) => name))
  return { running: named(true), others: named(false), unknown: (names ?? []).filter((name) => !known.has(name)) }
}

const ofPod = (label: string): Args['of'] => (label === '' || label === '<no value>' ? 'own' : 'pods')

function planContainers({ state, timeout = '60s', of }: Args, seen: Seen): Decision {
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
  if (of === 'pods') return planPods(state, seen.running)
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

/** Neither names nor a count are said: pods come and go by themselves. */
function planPods(state: Args['state'], running: readonly string[]): Decision {
  if (state === 'running') return { kind: 'blocked', message: 'containers of pods are started by kubelet alone' }
  if (running.length === 0) return { kind: 'noop', summary: 'no container of a pod runs' }
  return {
    kind: 'change',
    change: {
      verb: 'stop',
      summary: 'stop all containers of pods',
      details: [{ kind: 'note', text: 'kubelet makes them anew' }],
      before: { running: true },
      after: { running: false },
      settles: false, // undone when kubelet runs again, which is not this step's
      trace: {},
      reversible: true,
      predicts: { 'docker:containers': null },
    },
  }
}

async function stopPods({ timeout = '60s' }: Args, session: Session): Promise<void> {
  const seconds = Math.ceil(durationMs(timeout) / 1000)
  const command = sh`! pgrep -x 'dockerd|docker-current|dockerd-current' >/dev/null || {
  ids=$(docker ps -q --no-trunc --filter label=io.kubernetes.pod.uid) && { [ -z "$ids" ] || docker stop -t ${seconds} $ids; }; }`
  const reply = await session.run(command, { timeoutMs: seconds * 1000 * mostContainers + 120_000 })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'stopping the containers of pods'))
}

/** On a drained node pods of DaemonSets and static ones are left; 110 pods are kubelet's default limit (--max-pods). */
const mostContainers = 110

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
