import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { clusterOf } from './cluster-view.ts'
import { etcdArgs } from './etcd-args.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import { lookCluster, type SeenCluster } from './look-cluster.ts'
import { requireSettings } from './read-settings.ts'

const args = Type.Object(
  {
    ...etcdArgs,
    disarm: Type.Enum(['NOSPACE'], { description: 'the alarm that is to go; only this one can be disarmed safely' }),
    below_quota_percent: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'every database must be below it (default 80)' }),
    ),
    quota_bytes: Type.Optional(
      Type.Integer({ minimum: 1, description: "the smallest quota of all members (default: this member's own)" }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/**
 * Disarms the alarm that stopped all writes, once there is room again. There is nothing to undo: etcd raises the alarm
 * by itself when a database reaches its quota.
 */
export const etcdAlarm = defineModule({
  name: 'etcd_alarm',
  summary: 'Disarms the alarm NOSPACE once every database is below its quota; nothing where there is no alarm',
  example: 'etcd_alarm: {disarm: NOSPACE}\nrun_once: true',
  effect: 'changes',
  volatile: true,
  args,
  resources: () => ['etcd:alarms'],
  read: async (asked, probe) => lookCluster(probe, await requireSettings(asked, probe)),
  plan: planDisarm,
  apply: disarm,
  revert: () => Promise.resolve(),
})

function planDisarm({ below_quota_percent = 80, quota_bytes }: Args, seen: SeenCluster): Decision {
  const { alarms, members, errors } = clusterOf(seen)
  if (seen.alarms === undefined)
    return { kind: 'blocked', message: `the alarms could not be asked: ${errors.join('; ')}` }
  if (alarms.length === 0) return { kind: 'noop', summary: 'there is no alarm', output: { disarmed: [] } }
  const other = alarms.find((alarm) => !alarm.startsWith('NOSPACE '))
  if (other !== undefined)
    return {
      kind: 'blocked',
      message: `alarm ${other}: disarming clears every alarm, this one too`,
      hint: 'CORRUPT: find out which member is damaged, and put it right first',
    }
  const quota = quota_bytes ?? seen.settings.quota_bytes ?? Number.POSITIVE_INFINITY
  const limit = (quota * below_quota_percent) / 100
  const full = members.filter(({ db_size }) => db_size === null || db_size >= limit)
  if (full.length > 0)
    return {
      kind: 'blocked',
      message: `the database of ${full.map(({ name }) => name).join(', ')} is not below ${below_quota_percent} % of its quota`,
      hint: 'compact and defragment first (etcd-defrag), or raise the quota; else the alarm comes back at once',
    }
  return { kind: 'change', change: changeOf(alarms) }
}

const changeOf = (alarms: readonly string[]): Change => ({
  verb: 'update',
  summary: `disarm alarm ${alarms.join(', ')}`,
  details: [{ kind: 'note', text: 'etcd takes writes again' }],
  before: { alarms },
  after: { alarms: [] },
  // Verified in apply: etcd may raise it again at any time.
  settles: false,
  reversible: true,
  predicts: {},
  trace: { alarms },
})

async function disarm(asked: Args, change: Change, session: Session) {
  const settings = await requireSettings(asked, session)
  const reply = await session.run(etcdScript(settings, disarmText), { timeoutMs: 120_000 })
  requireTool(reply)
  if (reply.code === 0) return { disarmed: change.before.alarms ?? [] }
  throw new ProblemError({
    kind: 'step-failed',
    message: `${change.summary} failed`,
    detail: reasonIn(reply.stderr.toString('utf8')),
  })
}

// Asked once more right before: what came since the plan must not be cleared unseen.
const disarmText = `
alarms=$(ec --endpoints="$endpoint" alarm list) || exit 1
case $alarms in *CORRUPT*) echo "alarm CORRUPT has come up: $alarms" >&2; exit 1 ;; esac
ec --endpoints="$endpoint" alarm disarm >&2 || exit 1
alarms=$(ec --endpoints="$endpoint" alarm list) || exit 1
[ -z "$alarms" ] || { echo "still there: $alarms" >&2; exit 1; }
`
