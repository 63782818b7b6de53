import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import type { Reply } from '../../model/transport.ts'
import { collecting, workShares } from './known-work.ts'
import { parsePprof } from './pprof.ts'
import { askProfile, saidBy, sourceArgs } from './pprof-ask.ts'

const args = Type.Object(
  {
    ...sourceArgs.properties,
    value: Type.Optional(
      Type.Enum(['collecting'], {
        description: 'what is the number: garbage collection and allocation, % of the profile',
      }),
    ),
  },
  { additionalProperties: false },
)

/** What known work a Go program does now, by a profile of a few seconds that nobody keeps. */
export const pprofWork = defineModule<typeof args, JsonObject>({
  name: 'pprof_work',
  summary: 'How much of a Go program is garbage collection, encoding, TLS, system calls, by a profile that is not kept',
  effect: 'reads', // the program works a few percent more while it is taken
  args,
  example: 'pprof_work: {from: /debug/pprof/profile, seconds: 5, value: collecting}',
  resources: ({ from }) => [`pprof:${from}`],
  read: async (wanted, probe) => workOf(await askProfile(wanted, 'profile', probe)),
  plan: ({ value }, work): Decision => ({
    kind: 'noop',
    summary: work.note === undefined ? `garbage collection: ${work.collecting} %` : `no profile (${work.note})`,
    output: value === undefined ? work : { value: work.collecting ?? null, ...work },
  }),
})

/** A profile that is not given (not allowed, or another one is being taken) is no failure of a look: it says why. */
function workOf(reply: Reply): JsonObject {
  if (reply.code !== 0) return { note: saidBy(reply).slice(-300) || `exit code ${reply.code}` }
  const parsed = parsePprof(reply.stdout)
  if (!parsed.ok) return { note: parsed.problems[0].message }
  const { total, durationMs = 0 } = parsed.value
  if (total <= 0) return { note: 'it did nothing meanwhile' }
  return {
    collecting: percent(collecting(parsed.value)),
    processors: durationMs > 0 ? Math.round(total / 1e4 / durationMs) / 100 : 0,
    works: workShares(parsed.value).map(({ work, share }) => ({ work, percent: percent(share) })),
  }
}

const percent = (share: number): number => Math.round(share * 1000) / 10
