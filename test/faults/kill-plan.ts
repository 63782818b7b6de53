import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Random, randomFrom, shuffled } from './random.ts'

/** Where the program is killed: at which record that it writes, and when then. */
export interface Kill {
  readonly when: 'before' | 'torn' | 'unsynced' | 'after' | 'later'
  readonly record: number // from 1, of those that this process writes
  readonly ms: number // of `later`
}

/** One run that is killed, and the way out of it, which is killed too before it is let go to its end. */
export interface Trial {
  readonly name: string
  readonly kind: 'reversible' | 'final'
  readonly first: Kill
  readonly wayOut: 'resume' | 'rollback'
  readonly then: readonly Kill[] // of the first attempts at the way out
  readonly undone: boolean // what was resumed is rolled back at the end
}

/** Records of an undisturbed run, and which of them announce a step. */
export interface Records {
  readonly count: number
  readonly announcing: readonly number[]
}

const STEP_MS = 400 // about what the longest step takes in the lab

/**
 * The trial of that number, from 0: at every boundary of the journal, in an order that the seed gives, and in turn at random
 * moments inside of steps. Ways out take turns, and are killed themselves up to MOST times before they come to their end.
 */
export function trialAt(index: number, seed: number, records: Readonly<Record<Trial['kind'], Records>>): Trial {
  const random = randomFrom(seed + 7919 * (index + 1))
  const wayOut = index % 4 < 2 ? 'resume' : 'rollback'
  const kind = wayOut === 'resume' || random.below(3) === 0 ? 'final' : 'reversible'
  const all = Array.from({ length: records[kind].count }, (_, record) => record + 1)
  const boundaries = shuffled(all, randomFrom(seed))
  const boundary = boundaries[(index >> 1) % boundaries.length] ?? 1
  const first = index % 2 === 0 ? atBoundary(random, boundary) : insideStep(random, records[kind])
  const then = Array.from({ length: random.below(MOST + 1) }, () => anywhere(random, REACH))
  return { name: `kill-${index + 1}`, kind, first, wayOut, then, undone: random.below(3) === 0 }
}

const MOST = 8
const REACH = 16 // records that a way out writes at most before it is killed

const BOUNDARY = ['before', 'torn', 'unsynced', 'after'] as const

const atBoundary = (random: Random, record: number): Kill => ({ when: random.pick(BOUNDARY), record, ms: 0 })

const insideStep = (random: Random, { announcing }: Records): Kill => ({
  when: 'later',
  record: announcing[random.below(announcing.length)] ?? 1,
  ms: random.below(STEP_MS),
})

const anywhere = (random: Random, records: number): Kill =>
  random.below(2) === 0
    ? atBoundary(random, 1 + random.below(records))
    : { when: 'later', record: 1 + random.below(records), ms: random.below(STEP_MS) }

/** Arguments for Node that make the program die there. */
export function killing({ when, record, ms }: Kill): readonly string[] {
  const url = pathToFileURL(path.join(import.meta.dirname, 'kill-at.ts'))
  url.search = new URLSearchParams({ when, record: String(record), ms: String(ms) }).toString()
  return ['--import', url.href]
}

/** A kill in words, for people who want it again. */
export const killText = ({ when, record, ms }: Kill): string =>
  when === 'later' ? `${ms} ms after record ${record}` : `${when} record ${record}`
