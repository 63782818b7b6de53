import type { JsonObject } from '../../model/json.ts'
import { type Change, type Decision, defineModule, type Probe, type Session } from '../../model/module.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { durationMs } from '../shared/argument.ts'
import { type Refusal, runScript, scriptWith } from '../shared/host-script.ts'
import { type OrphanedPodsArgs as Args, args } from './orphaned-pods-args.ts'
import { bringBackText, lookPodsText, quarantineText } from './orphaned-pods-text.ts'
import { type DeadPod, parseSeenPods, type SeenPods } from './seen-pods.ts'

type State =
  | { readonly kind: 'seen'; readonly pods: SeenPods }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Folders of pods that nobody knows any more: told, and moved away whole where nothing of anybody is in them. */
export const orphanedPods = defineModule<typeof args, State>({
  name: 'orphaned_pods',
  summary:
    'Folders of pods that the API server, kubelet and the runtime no longer know: told, or moved to a quarantine',
  effect: 'changes',
  effectOf: ({ state }) => (state === 'quarantined' ? 'changes' : 'reads'),
  args,
  example: 'orphaned_pods: {state: quarantined, max_pods: 20}',
  // As a file: restarting kubelet before it may mend them, and the plan names them all the same.
  resources: (asked) => [`file:${placesOf(asked).root}`],
  read: readPods,
  plan: planPods,
  apply: quarantinePods,
  revert: bringBack,
})

function placesOf({ root = '/var/lib/kubelet/pods', quarantine }: Args) {
  const plain = root.replace(/\/+$/, '')
  return { root: plain, quarantine: quarantine ?? `${plain.slice(0, plain.lastIndexOf('/'))}/.runbook-quarantine` }
}

async function readPods(asked: Args, probe: Probe): Promise<State> {
  const variables = {
    ...placesOf(asked),
    node: asked.node ?? '',
    kubeconfig: asked.kubeconfig ?? '/etc/kubernetes/kubelet.conf',
    unit: asked.unit ?? 'kubelet',
    since: String(Math.ceil(durationMs(asked.logged_within ?? '10m') / 1000)),
    minutes: String(Math.ceil(durationMs(asked.min_age ?? '30m') / 60_000)),
  }
  const done = await runScript(probe, scriptWith(variables, lookPodsText), {
    what: `looking at ${variables.root}`,
    timeoutMs: 300_000,
    limitBytes: 8_388_608,
    label: 'orphaned_pods',
  })
  if ('refusal' in done) return { kind: 'refused', refusal: done.refusal }
  return { kind: 'seen', pods: parseSeenPods(done.stdout, asked.allow_unmount ?? 'none') }
}

const defaultMost = 20

function planPods(asked: Args, state: State): Decision {
  const places = placesOf(asked)
  if (state.kind === 'refused') return { kind: 'blocked', ...refusalText(state.refusal, places.root) }
  const { pods } = state
  const orphans = orphansOf(pods)
  const output = outputOf(asked, pods)
  const summary = `${orphans.length} orphaned pods in ${places.root}, ${pods.dead.length - orphans.length} more stay, ${pods.live.length} live`
  if (asked.state !== 'quarantined' || orphans.length === 0) return { kind: 'noop', summary, output }
  const objection = objectionTo(asked, pods)
  if (objection) return { kind: 'blocked', ...objection }
  return { kind: 'change', change: changeOf(orphans, places) }
}

const orphansOf = ({ dead }: SeenPods): readonly DeadPod[] => dead.filter(({ why }) => why === null)

function outputOf({ value }: Args, pods: SeenPods): JsonObject {
  const seen = seenOf(pods)
  return value === undefined ? seen : { value: value === 'count' ? seen.count : seen.kept.length, ...seen }
}

const seenOf = (pods: SeenPods) => ({
  count: orphansOf(pods).length,
  orphans: orphansOf(pods).map(({ uid }) => uid),
  kept: pods.dead.flatMap(({ uid, why }) => (why === null ? [] : [{ uid, why }])),
  live: pods.live.length,
  strange: pods.strange,
  named: [...pods.named],
  complaints: pods.complaints,
})

function objectionTo(asked: Args, pods: SeenPods): Pick<Problem, 'message' | 'hint'> | undefined {
  const orphans = orphansOf(pods)
  const most = asked.max_pods ?? defaultMost
  const alive = pods.named.find((uid) => pods.live.includes(uid))
  const within = asked.logged_within ?? '10m'
  if (alive !== undefined)
    return {
      message: `kubelet calls ${alive} an orphan, and the API server or a runtime knows it`,
      hint: 'ask again in a minute; two that disagree on one pod are not to be trusted on others',
    }
  if (pods.named.length === 0)
    return {
      message: `kubelet has not complained of orphans in the last ${within}, and ${orphans.length} folders look like it`,
      hint: 'it may be about to remove them itself; is the unit (or container) of kubelet named right?',
    }
  // It names the first one only, and counts the others.
  if (orphans.length > Math.max(pods.complaints, pods.named.length))
    return {
      message: `kubelet counts ${pods.complaints} orphans, and ${orphans.length} folders look like it`,
      hint: 'it removes those by itself that it does not complain of; ask again in a minute',
    }
  if (orphans.length > most)
    return {
      message: `${orphans.length} orphans are more than max_pods (${most})`,
      hint: 'look at some of them first; then give a greater max_pods',
    }
  return pods.isElsewhere
    ? {
        message: 'the quarantine is on another mount than the pods',
        hint: 'give quarantine a folder on the same one: what is moved is renamed, never copied',
      }
    : undefined
}

function changeOf(orphans: readonly DeadPod[], { root, quarantine }: ReturnType<typeof placesOf>): Change {
  const unmounts = orphans.reduce((sum, { tmpfs }) => sum + tmpfs, 0)
  return {
    verb: 'move',
    summary: `move ${orphans.length} orphaned pods from ${root} to ${quarantine}`,
    details: [
      ...orphans.map(({ uid }) => ({ kind: 'value' as const, name: uid, before: root, after: quarantine })),
      ...(unmounts === 0
        ? []
        : [{ kind: 'value' as const, name: 'tmpfs mounted', before: String(unmounts), after: '0' }]),
    ],
    before: { root, quarantine, pods: orphans.map(({ uid }) => uid), unmounts },
    after: { count: 0 },
    // Which are orphans moves on by itself: each move is proven where it is made. Begun again, the rest is moved.
    settles: false,
    trace: {},
    predicts: {},
    ...(unmounts === 0
      ? { reversible: true }
      : { reversible: false, irreversibleBecause: 'what a tmpfs held is gone when it is unmounted' }),
  }
}

const moveTimeoutMs = 600_000

async function quarantinePods(_: Args, change: Change, session: Session): Promise<JsonObject> {
  const record = recordOf(change)
  const words = { ...record.words, folder: session.folder, tmpfs: record.unmounts > 0 ? 'yes' : 'no' }
  const what = `moving orphaned pods from ${record.words.root}`
  const done = await runScript(session, scriptWith(words, quarantineText), { what, timeoutMs: moveTimeoutMs })
  if ('refusal' in done) throw failed(done.refusal, record.words.root)
  return { moved: record.uids, quarantine: record.words.quarantine }
}

async function bringBack(_: Args, change: Change, session: Session): Promise<void> {
  const { words } = recordOf(change)
  const what = `bringing pods back to ${words.root}`
  const script = scriptWith({ ...words, folder: session.folder }, bringBackText)
  const done = await runScript(session, script, { what, timeoutMs: moveTimeoutMs })
  if ('refusal' in done) throw failed(done.refusal, words.root)
}

/** What changeOf alone makes. */
function recordOf({ before }: Change) {
  const { root, quarantine, pods, unmounts } = before as {
    root: string
    quarantine: string
    pods: string[]
    unmounts: number
  } // sealed: see changeOf
  return { words: { root, quarantine, pods: pods.join('\n') }, uids: pods, unmounts }
}

const failed = (refusal: Refusal, root: string): ProblemError =>
  new ProblemError({
    kind: ['data', 'mounted', 'gone', 'taken'].includes(refusal.word) ? 'plan-drifted' : 'step-failed',
    ...refusalText(refusal, root),
  })

function refusalText({ word, facts, detail }: Refusal, root: string): Pick<Problem, 'message' | 'hint' | 'detail'> {
  const told = detail === '' ? {} : { detail }
  switch (word) {
    case 'no-root':
      return { message: `there is no folder ${root}`, hint: 'kubelet may run with another --root-dir: give root' }
    case 'no-tool':
      return {
        message: `the host has no ${facts}, so nobody can say which pods live`,
        hint: 'install it; nothing is guessed',
      }
    case 'no-api':
      return {
        message: `the API server does not tell the pods of node ${facts}`,
        hint: 'give kubeconfig and node; without the API server nothing is moved',
        ...told,
      }
    case 'other-node':
      return {
        message: `the node ${facts} of the API server is not this host as it was booted (bootID)`,
        hint: "give the node's own name as node",
      }
    case 'no-runtime':
      return {
        message: `${facts} does not tell its pods`,
        hint: 'a runtime that hangs is another matter: see to it first',
        ...told,
      }
    case 'data':
    case 'mounted':
      return { message: `something was written or mounted below the orphaned pod ${facts} since the plan`, ...told }
    case 'gone':
      return {
        message: `the folder of ${facts} is gone since the plan`,
        hint: 'kubelet has removed it; make a new plan',
      }
    case 'taken':
      return { message: `there is a folder of ${facts} where it should go`, hint: 'nothing is replaced' }
    default:
      return { message: `cannot move pods of ${root} (${word} ${facts})`, ...told }
  }
}
