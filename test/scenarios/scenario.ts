import { type Random, randomFrom } from '../faults/random.ts'

/** One thing that is wrong with a cluster of three members. */
export type Trouble =
  | { readonly kind: 'disk'; readonly host: string; readonly delayMs: number } // each write takes at least that long
  | { readonly kind: 'loss'; readonly host: string; readonly percent: number } // of what reaches it from the others
  | { readonly kind: 'latency'; readonly host: string; readonly ms: number } // each way, to and from all others
  | { readonly kind: 'quota'; readonly host: string; readonly percent: number } // of one processor, for etcd
  | { readonly kind: 'burners'; readonly host: string; readonly count: number } // busy loops that go before etcd
  | { readonly kind: 'database'; readonly mebibytes: number } // much data, nothing wrong with it
  | { readonly kind: 'space'; readonly mebibytes: number } // more data than the quota of the database allows
  | { readonly kind: 'timeouts'; readonly host: string; readonly heartbeatMs: number } // another heartbeat than the others'
  | { readonly kind: 'heartbeat'; readonly ms: number } // of all members

/** What is done to a cluster, and what a diagnosis has to say of it. */
export interface Scenario {
  readonly name: string
  readonly seed: number
  readonly leader: string
  readonly troubles: readonly Trouble[]
  /** All of these have to be named, each on that host; nothing at all where there are none. */
  readonly truth: readonly { readonly cause: string; readonly host: string }[]
  /** Done as well, and hidden by the others: named or not. */
  readonly hidden: readonly string[]
}

export const MEMBERS = ['e1', 'e2', 'e3'] as const

const DISK = 'disk'
const PROCESSORS = 'processors'
const LOSS = 'network loses packets'
const FAR = 'network is far'
const SPACE = 'no space left for the database'
const TIMEOUTS = 'timeouts differ between members'

/** What is wrong, drawn: sizes and hosts from the random numbers, the kinds by whoever asks. */
const drawn = {
  disk: (host: string, random: Random): Trouble => ({ kind: 'disk', host, delayMs: random.pick([10, 20, 40, 80]) }),
  loss: (host: string, random: Random): Trouble => ({ kind: 'loss', host, percent: 6 + random.below(25) }),
  latency: (host: string, random: Random): Trouble => ({ kind: 'latency', host, ms: 60 + random.below(60) }),
  quota: (host: string, random: Random): Trouble => ({ kind: 'quota', host, percent: 1 + random.below(2) }),
  burners: (host: string): Trouble => ({ kind: 'burners', host, count: 4 }),
}

type Drawn = keyof typeof drawn

/** An etcd that waits for its disk hardly wants a processor: its limit is not felt. */
const hides = (kinds: readonly Drawn[], kind: Drawn): boolean => kind === 'quota' && kinds.includes('disk')

const CAUSES: Readonly<Record<Drawn, string>> = {
  disk: DISK,
  loss: LOSS,
  latency: FAR,
  quota: PROCESSORS,
  burners: PROCESSORS,
}

/** Which kinds, and whether they meet the leader or another member. */
const MIX: readonly (readonly [role: 'leader' | 'follower', ...kinds: Drawn[]])[] = [
  ['leader', 'disk'],
  ['leader', 'disk'],
  ['leader', 'disk'],
  ['follower', 'disk'],
  ['follower', 'disk'],
  ['leader', 'loss'],
  ['follower', 'loss'],
  ['follower', 'loss'],
  ['leader', 'latency'],
  ['follower', 'latency'],
  ['leader', 'quota'],
  ['leader', 'quota'],
  ['follower', 'quota'],
  ['leader', 'burners'],
  ['follower', 'burners'],
  ['leader', 'disk', 'loss'],
  ['leader', 'disk', 'quota'],
  ['follower', 'disk', 'latency'],
  ['leader', 'loss', 'quota'],
  ['leader', 'latency', 'quota'],
]

/** Every scenario, drawn from one seed; the seed of each is that plus its place. */
export function scenariosFrom(base: number): readonly Scenario[] {
  const mixed = MIX.map(([role, ...kinds], at) => mixture({ role, kinds, seed: base + at }))
  const others = OTHERS.map((draw, at) => draw(base + MIX.length + at))
  return [...mixed, ...others]
}

function mixture({
  role,
  kinds,
  seed,
}: {
  readonly role: 'leader' | 'follower'
  readonly kinds: readonly Drawn[]
  readonly seed: number
}): Scenario {
  const random = randomFrom(seed)
  const leader = random.pick(MEMBERS)
  const host = role === 'leader' ? leader : followerOf(leader, random)
  const troubles = kinds.map((kind) => drawn[kind](host, random))
  return {
    name: `${kinds.join(' and ')}, ${role}`,
    seed,
    leader,
    troubles,
    truth: kinds.filter((kind) => !hides(kinds, kind)).map((kind) => ({ cause: CAUSES[kind], host })),
    hidden: kinds.filter((kind) => hides(kinds, kind)).map((kind) => CAUSES[kind]),
  }
}

const followerOf = (leader: string, random: Random): string => {
  const [first, second] = MEMBERS.filter((member) => member !== leader)
  return random.pick([first ?? leader, second ?? leader])
}

/** Those that meet the cluster as a whole, or nobody. */
const OTHERS: readonly ((seed: number) => Scenario)[] = [
  (seed) => onAll('nothing', seed, () => ({ troubles: [], truth: [] })),
  (seed) => onAll('nothing', seed, () => ({ troubles: [], truth: [] })),
  (seed) =>
    onAll('large database', seed, (random) => ({
      troubles: [{ kind: 'database', mebibytes: 100 + random.below(50) }],
      truth: [],
    })),
  (seed) =>
    onAll('no space', seed, (_, host) => ({
      troubles: [{ kind: 'space', mebibytes: 40 }],
      truth: [{ cause: SPACE, host }],
    })),
  (seed) =>
    onAll('other timeouts on one member', seed, (random, host) => ({
      troubles: [{ kind: 'timeouts', host, heartbeatMs: random.pick([300, 500, 1000]) }],
      truth: [{ cause: TIMEOUTS, host }],
    })),
  (seed) =>
    onAll('heartbeat shorter than the way', seed, (random, host) => ({
      troubles: [
        { kind: 'latency', host, ms: 15 + random.below(15) },
        { kind: 'heartbeat', ms: 20 },
      ],
      truth: [{ cause: FAR, host }],
    })),
]

function onAll(
  name: string,
  seed: number,
  draw: (random: Random, host: string) => Pick<Scenario, 'troubles' | 'truth'>,
): Scenario {
  const random = randomFrom(seed)
  const leader = random.pick(MEMBERS)
  return { name, seed, leader, hidden: [], ...draw(random, followerOf(leader, random)) }
}
