import { type Decision, defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { etcdArgs } from './etcd-args.ts'
import type { MemberStatus } from './etcdctl-output.ts'
import { lookMember } from './look-member.ts'
import { requireSettings } from './read-settings.ts'
import { scrape } from './scrape.ts'
import type { EtcdSettings } from './settings-of.ts'

const percent = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description }))

const args = Type.Object(
  {
    ...etcdArgs,
    min_free_percent: percent('defragmenting is worth it where so much of the database is free (default 50)'),
    min_free_mb: Type.Optional(Type.Integer({ minimum: 0, description: '... and so many MiB (default 100)' })),
    quota_percent: percent('... or where the database has reached so much of its quota (default 80)'),
  },
  { additionalProperties: false },
)

interface State {
  readonly settings: EtcdSettings
  readonly status: MemberStatus
  readonly inUse: number | undefined // bytes
}

/** How full the database of this host's member is, and whether defragmenting it would gain anything. */
export const etcdSpace = defineModule({
  name: 'etcd_space',
  summary: "Room in the member's database: size, in use, quota, and whether defragmenting is worth it",
  example: 'etcd_space: {min_free_percent: 50}\nas: space',
  effect: 'reads',
  args,
  resources: () => ['etcd:database'],
  read: async (asked, probe): Promise<State> => {
    const settings = await requireSettings(asked, probe)
    const status = await lookMember(probe, settings)
    return { settings, status, inUse: status.dbSizeInUse ?? (await inUseByMetrics(probe, settings)) }
  },
  plan: (asked, state: State): Decision => {
    const space = spaceOf(asked, state)
    return { kind: 'noop', summary: space.why, output: space }
  },
})

/** Etcd 3.3 tells it in its metrics only; undefined where these cannot be had. */
async function inUseByMetrics(runner: Runner, settings: EtcdSettings): Promise<number | undefined> {
  try {
    const { after } = await scrape(runner, settings, 0)
    return after.find(({ name }) => name === 'etcd_mvcc_db_total_size_in_use_in_bytes')?.value
  } catch (error) {
    if (error instanceof ProblemError) return undefined
    throw error
  }
}

const mebibyte = 1_048_576
// Below this a database at its quota holds what is needed, and defragmenting it only stops the member for a while.
const gainPercent = 5

/** Thresholds: research chapter 14b. Exported for tests. */
export function spaceOf(
  { min_free_percent = 50, min_free_mb = 100, quota_percent = 80 }: Static<typeof args>,
  { settings: { quota_bytes }, status: { dbSize }, inUse }: State,
) {
  const free = inUse === undefined ? null : Math.max(0, dbSize - inUse)
  const freePercent = free === null || dbSize === 0 ? null : Math.round((100 * free) / dbSize)
  const quotaPercent = quota_bytes === null ? null : Math.round((100 * dbSize) / quota_bytes)
  const isLoose = free !== null && free >= min_free_mb * mebibyte && (freePercent ?? 0) >= min_free_percent
  const isFull = quotaPercent !== null && quotaPercent >= quota_percent && (freePercent ?? 100) >= gainPercent
  const used = free === null ? 'how much of it is in use is not told' : `${freePercent} % of it free`
  const quota = quotaPercent === null ? 'no quota' : `${quotaPercent} % of the quota`
  return {
    db_size: dbSize,
    db_size_in_use: inUse ?? null,
    free,
    free_percent: freePercent,
    quota_bytes,
    quota_used_percent: quotaPercent,
    worth: isLoose || isFull,
    why: `database of ${(dbSize / mebibyte).toFixed(1)} MiB, ${used}, ${quota}: ${isLoose || isFull ? '' : 'not '}worth defragmenting`,
  }
}
