import { sh } from '../../model/command.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { clusterOf } from './cluster-view.ts'
import { Duration, durationMs, etcdArgs } from './etcd-args.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { type QuorumRules, quorumObjection } from './quorum-guard.ts'
import { requireSettings } from './read-settings.ts'
import type { EtcdSettings } from './settings-of.ts'

const flag = (description: string) => Type.Optional(Type.Boolean({ description }))

const args = Type.Object(
  {
    ...etcdArgs,
    deadline: Type.Optional(
      Duration('how long it may take; etcd itself would go on after it (default 5m; it serves nothing meanwhile)'),
    ),
    allow_downtime: flag('allow it in a cluster of one or two members (default false)'),
    accept_crash_risk: flag('allow etcd 3.5.0 to 3.5.5, which loses data when it crashes meanwhile (default false)'),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

interface State {
  readonly seen: SeenCluster
  readonly freeBytes: number // of the file system that holds the data directory
}

/**
 * Defragments the database of this host's member, which serves nobody meanwhile; always, so give the step a `when`.
 * The cluster must be able to spare the member before, and be healthy with it after. There is nothing to undo: the
 * contents are the same.
 */
export const etcdDefrag = defineModule({
  name: 'etcd_defrag',
  summary: "Defragments this host's member, where the cluster can spare it; never the one that leads",
  example: 'etcd_defrag: {deadline: 5m}\nwhen: space.worth',
  effect: 'changes',
  volatile: true,
  args,
  resources: () => ['etcd:database'],
  read: async (asked, probe): Promise<State> => {
    const settings = await requireSettings(asked, probe)
    const [seen, freeBytes] = await Promise.all([lookCluster(probe, settings), roomFor(probe, settings)])
    return { seen, freeBytes }
  },
  plan: planDefrag,
  apply: defragment,
  revert: () => Promise.resolve(),
})

function planDefrag(asked: Args, { seen, freeBytes }: State): Decision {
  const { own } = seen
  if (!own) return { kind: 'blocked', message: `the member does not answer at ${seen.settings.endpoint}` }
  const { name, is_leader, quorum } = clusterOf(seen)
  const objection = quorumObjection(seen, rulesOf(asked))
  if (objection !== undefined) return { kind: 'blocked', message: `${name} cannot be spared now: ${objection}` }
  if (is_leader && quorum.voters > 1)
    return {
      kind: 'blocked',
      message: `${name} leads: defragmenting it would hold up the whole cluster`,
      hint: 'hand leadership over first (etcd_move_leader)',
    }
  if (/^3\.5\.[0-5]$/.test(own.version) && !asked.accept_crash_risk)
    return {
      kind: 'blocked',
      message: `etcd ${own.version} may lose data when it crashes while it defragments (etcd#14733)`,
      hint: 'upgrade to 3.5.6 or later first, or set accept_crash_risk: true',
    }
  if (freeBytes < room * own.dbSize)
    return {
      kind: 'blocked',
      message: `${megabytes(freeBytes)} are free beside the database; defragmenting writes it anew and needs ${megabytes(room * own.dbSize)}`,
    }
  return { kind: 'change', change: changeOf(name, own.dbSize) }
}

const room = 1.2 // times the database: research chapter 14b

const rulesOf = (asked: Args): QuorumRules => ({
  stopping: 1,
  requireAll: 'all-voters',
  allowDowntime: asked.allow_downtime ? 'allow' : 'refuse',
  alarms: 'allow-nospace',
  knownBad: 'allow', // nothing is restarted
  maxLag: undefined,
  minRevision: undefined,
  clusterId: undefined,
  memberId: undefined,
})

const changeOf = (name: string, dbSize: number): Change => ({
  verb: 'run',
  summary: `defragment the database of ${name}`,
  details: [{ kind: 'note', text: `${megabytes(dbSize)}; ${name} serves nobody meanwhile` }],
  before: { member: name },
  after: null,
  // Verified in apply: how much of a database is free moves on by itself.
  settles: false,
  reversible: true,
  predicts: {},
  trace: { db_size: dbSize },
})

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`

async function defragment(asked: Args, change: Change, session: Session) {
  const settings = await requireSettings(asked, session)
  const before = await lookCluster(session, settings)
  const seconds = Math.ceil(durationMs(asked.deadline ?? '5m') / 1000)
  const reply = await session.run(etcdScript(settings, defragText, sh`seconds=${seconds}`), {
    timeoutMs: (seconds + 60) * 1000,
  })
  requireTool(reply)
  const said = reasonIn(reply.stderr.toString('utf8'))
  if (reply.code !== 0) throw new ProblemError(failure(change, said))
  const { own } = await untilBack(asked, session, { settings, before })
  return { before_bytes: before.own?.dbSize ?? null, after_bytes: own?.dbSize ?? null }
}

function failure(change: Change, said: string): Problem {
  const late = /deadline exceeded/.test(said)
  return {
    kind: late ? 'timeout' : 'step-failed',
    message: late ? `${change.summary}: not done in its time; etcd goes on by itself` : `${change.summary} failed`,
    detail: said,
    hint: late
      ? 'wait until the member is healthy again, then give a longer deadline'
      : 'look at the log of the member; the others have all data',
  }
}

const defragText = `
limit="$seconds"s; [ -z "$bound" ] || bound="timeout $((seconds + 30))"
ec --endpoints="$endpoint" defrag >&2
`

const looks = 60 // a second apart

/** Waits until the member serves again with what it held. Throws ProblemError where it does not. */
async function untilBack(
  asked: Args,
  session: Session,
  { settings, before }: { readonly settings: EtcdSettings; readonly before: SeenCluster },
): Promise<SeenCluster> {
  const held = { minRevision: before.own?.revision, clusterId: before.clusterId, memberId: before.own?.id }
  const rules = { ...rulesOf(asked), stopping: 0, ...held }
  for (let left = looks; ; left -= 1) {
    const seen = await lookCluster(session, settings)
    const objection = quorumObjection(seen, rules)
    if (objection === undefined) return seen
    if (left === 0) throw new ProblemError({ kind: 'step-failed', message: `after it was defragmented: ${objection}` })
    await session.controller.wait(1000)
  }
}

/** Bytes free on the file system of the data directory, also where that lies in a container. */
async function roomFor(runner: Runner, settings: EtcdSettings): Promise<number> {
  const reply = await runner.run(etcdScript(settings, roomText, sh`data=${settings.data_dir}`))
  requireTool(reply)
  const kilobytes = Number(reply.stdout.toString('utf8').trim())
  if (reply.code === 0 && kilobytes >= 0) return kilobytes * 1024
  throw new ProblemError({
    kind: 'step-failed',
    message: `cannot tell how much is free beside ${settings.data_dir}`,
    detail: reply.stderr.toString('utf8'),
  })
}

const roomText = `
case $data in /*) at=/proc/$pid/root$data ;; *) at=/proc/$pid/cwd/$data ;; esac
df -Pk -- "$at" | awk 'NR == 2 { print $4 }'
`
