import process from 'node:process'
import { checkPrototypes, Finding } from './check.ts'
import type { keepInput } from './corpus.ts'
import type { Coverage } from './coverage.ts'
import { mutate, type Random, seededRandom } from './mutate.ts'
import type { Target } from './target.ts'

const BATCH = 200
const MOST_CPU_US = 2_000_000 // for a look by hand: regular expressions are in no count of blocks
const BATCH_MS = 150 // of a target that is slow, fewer: each gets its share of the time

/** Blocks of our sources and libraries that one input may run: far above all that was seen, far below a hang. */
export const mostBlocks = (bytes: number): number => 5_000_000 + 20_000 * bytes

export interface Campaign {
  readonly target: Target
  readonly seed: number
  readonly coverage: Coverage
  readonly keep: typeof keepInput
  readonly tell: (news: News) => void
}

export type News =
  | { readonly kind: 'batch'; readonly inputs: readonly string[] } // about to be run; in base64
  | { readonly kind: 'ran'; readonly inputs: number; readonly blocks: number; readonly kept: number }
  | { readonly kind: 'finding'; readonly message: string; readonly file: string }

/** One input in all its promises; what is wrong, or undefined. */
export function tryInput(target: Target, input: Buffer): string | undefined {
  try {
    target.run(input)
    checkPrototypes()
    return undefined
  } catch (thrown) {
    if (thrown instanceof Finding) return thrown.message
    throw thrown
  }
}

/** Inputs made of inputs, those that reach new code becoming inputs to begin with; each call to the result runs a batch. */
export function startCampaign({ target, seed, coverage, keep, tell }: Campaign): () => void {
  const random = seededRandom(seed)
  const corpus = [...target.seeds()]
  const told = new Set<string>()
  const report = (message: string, input: Buffer): void => {
    const kind = /\n {4}at .*/.exec(message)?.[0] ?? message.replaceAll(/\d+/g, '0').slice(0, 40)
    if (told.has(kind)) return
    told.add(kind)
    tell({ kind: 'finding', message, file: keep(target.name, 'finding', input) })
  }
  const single = (input: Buffer): void => {
    const message = tryInput(target, input)
    if (message !== undefined) report(message, input)
    const { blocks, isNew } = coverage.take()
    if (blocks > mostBlocks(input.length)) report(`${blocks} blocks ran for ${input.length} bytes`, input)
    if (!isNew) return
    corpus.push(input)
    if (input.length < 700) keep(target.name, 'new', input)
  }
  /** Which of them it was: by halves, as asking V8 costs more than running an input. */
  const search = (inputs: readonly Buffer[], end: number): void => {
    const [only, ...others] = inputs
    if (!only || performance.now() > end) return // what was not found is still new to the next batch
    if (others.length === 0) {
      single(only)
      return
    }
    for (const half of [inputs.slice(0, inputs.length / 2), inputs.slice(inputs.length / 2)]) {
      for (const input of half) tryInput(target, input)
      const { blocks, isNew } = coverage.peek()
      if (isNew || blocks > mostBlocks(0)) search(half, end)
    }
  }
  for (const input of corpus) tryInput(target, input)
  coverage.take()
  return () => {
    const planned = Array.from({ length: BATCH }, () => fresh(corpus, target, random))
    tell({ kind: 'batch', inputs: planned.map((input) => input.toString('base64')) })
    const end = performance.now() + BATCH_MS
    const inputs = planned.filter((input) => {
      if (performance.now() > end) return false
      const before = process.cpuUsage()
      const message = tryInput(target, input)
      const used = process.cpuUsage(before)
      if (message !== undefined) report(message, input)
      if (used.user > MOST_CPU_US) report(`${used.user} microseconds of processor time`, input)
      return true
    })
    const { blocks, isNew } = coverage.peek()
    if (isNew || blocks > mostBlocks(0)) search(inputs, end + BATCH_MS)
    tell({ kind: 'ran', inputs: inputs.length, blocks, kept: corpus.length })
  }
}

function fresh(corpus: readonly Buffer[], { words }: Target, random: Random): Buffer {
  const [input, other] = [corpus[random(corpus.length)], corpus[random(corpus.length)]]
  return mutate({ input: input ?? Buffer.alloc(0), other: other ?? Buffer.alloc(0), words, random })
}
