import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Profile } from '../../model/profile.ts'
import type { Reply } from '../../model/transport.ts'
import { hostUnchanged } from '../shared/host-unchanged.ts'
import { workShares } from './known-work.ts'
import { parsePprof } from './pprof.ts'
import { askProfile, defaultSeconds, mostBytes, type ProfileSource, saidBy, sourceArgs } from './pprof-ask.ts'

/** Whether the program would give a profile. */
type Offer = { readonly kind: 'offered' } | { readonly kind: 'refused'; readonly said: string }

export const pprofCapture = defineModule<typeof sourceArgs, Offer>({
  name: 'pprof_capture',
  summary: "A processor profile of a Go program, kept in the run's record; its output tells what the program did most",
  effect: 'changes', // of the record; the program works a few percent more while it is taken
  args: sourceArgs,
  example: 'pprof_capture: {from: "http://127.0.0.1:2379/debug/pprof/profile", seconds: 10}',
  resources: ({ from }) => [`pprof:${from}`],
  read: async (wanted, probe) => offerOf(await askProfile(wanted, 'symbol', probe)),
  plan: planCapture,
  apply: async (wanted, _, session) => {
    const reply = await askProfile(wanted, 'profile', session)
    if (reply.code !== 0)
      throw new ProblemError({ kind: 'step-failed', message: `no profile from ${wanted.from}`, detail: saidBy(reply) })
    if (reply.stdout.length > mostBytes)
      throw new ProblemError({ kind: 'step-failed', message: `the profile is larger than ${mostBytes} bytes` })
    const parsed = parsePprof(reply.stdout)
    if (!parsed.ok) throw new ProblemError({ ...parsed.problems[0], kind: 'step-failed' })
    return { ...(await session.controller.keep(reply.stdout)), ...shown(parsed.value) }
  },
  revert: async () => undefined, // the record stays what it is
})

function shown(profile: Profile) {
  const { total, durationMs = 0 } = profile
  return {
    seconds: durationMs / 1000,
    processors: durationMs > 0 ? total / 1e6 / durationMs : 0,
    works: workShares(profile).map(({ work, share }) => ({ work, share })),
  }
}

const offerOf = (reply: Reply): Offer =>
  reply.code === 0 ? { kind: 'offered' } : { kind: 'refused', said: saidBy(reply) }

function planCapture({ from, seconds = defaultSeconds }: ProfileSource, offer: Offer): Decision {
  if (offer.kind === 'refused')
    return {
      kind: 'blocked',
      message: `${from} gives no profile`,
      detail: offer.said,
      hint: 'is profiling on (--profiling of Kubernetes, --enable-pprof of etcd), and may you ask for it?',
    }
  return hostUnchanged(`take a profile of ${seconds} s from ${from} into the run's record`)
}
