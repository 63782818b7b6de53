import { escapeLine } from '../model/escape.ts'
import type { Profile } from '../model/profile.ts'
import { columns } from './layout.ts'
import type { Style } from './style.ts'

const functionsShown = 20

/** How much of a profile a function was, 0 to 1. */
interface FunctionShare {
  readonly name: string
  readonly self: number // in the function itself
  readonly whole: number // with what it called
}

/** What a profile shows: see modules/profiling/known-work.ts. */
export interface WorkShown {
  readonly work: string
  readonly share: number
  readonly means?: string
}

/** What a program did most, and what that means where it is known. With `before`, the shares of that profile beside. */
export function profileText(
  {
    profile,
    before,
    works,
  }: { readonly profile: Profile; readonly before?: Profile; readonly works: readonly WorkShown[] },
  style: Style,
): string {
  const earlier = new Map(before && functionShares(before).map((one) => [one.name, one]))
  const rows = functionShares(profile)
    .slice(0, functionsShown)
    .map(({ name, self, whole }) => [
      percent(self),
      percent(whole),
      ...(before ? [percent(earlier.get(name)?.whole ?? 0)] : []),
      escapeLine(name),
    ])
  const head = ['itself', 'with calls', ...(before ? ['before'] : []), 'function']
  const [first = '', ...rest] = columns([head, ...rows])
  return [
    headText(profile),
    ...works.flatMap(({ work, share, means }) => [
      `  ${percent(share)}  ${work}`,
      ...(means ? [style.dim(`          ${means}`)] : []),
    ]),
    '',
    style.bold(first),
    ...rest,
    '',
  ].join('\n')
}

function headText({ type, unit, total, durationMs, stacks }: Profile): string {
  const seconds = durationMs === undefined ? '' : ` in ${(durationMs / 1000).toFixed(1)} s`
  if (unit !== 'nanoseconds')
    return `${escapeLine(type)}: ${total} ${escapeLine(unit)} on ${stacks.length} stacks${seconds}`
  const busy = durationMs ? `, ${(total / 1e6 / durationMs).toFixed(2)} processors on average` : ''
  return `${escapeLine(type)}: ${(total / 1e9).toFixed(2)} s of processor time${seconds}${busy}, ${stacks.length} stacks`
}

/** Of each function, what takes most by itself first. A function that calls itself counts once. */
export function functionShares({ stacks, total }: Profile): readonly FunctionShare[] {
  const shares = new Map<string, { self: number; whole: number }>()
  const of = (name: string) => {
    const share = shares.get(name) ?? { self: 0, whole: 0 }
    shares.set(name, share)
    return share
  }
  for (const { frames, value } of stacks) {
    for (const name of new Set(frames)) of(name).whole += value / total
    const leaf = frames.at(-1)
    if (leaf !== undefined) of(leaf).self += value / total
  }
  return [...shares]
    .map(([name, share]) => ({ name, ...share }))
    .toSorted((a, b) => b.self - a.self || b.whole - a.whole || (a.name < b.name ? -1 : 1))
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`.padStart(6)
