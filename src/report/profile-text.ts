import { escapeLine } from '../model/escape.ts'
import type { Profile } from '../model/profile.ts'
import { functionDifferences, functionShares } from './function-shares.ts'
import { columns } from './layout.ts'
import type { Style } from './style.ts'

const functionsShown = 20

/** What a profile shows: see modules/profiling/known-work.ts. */
export interface WorkShown {
  readonly work: string
  readonly share: number
  readonly means?: string
}

/** A profile, what is known of it, and the one that it is compared with. */
export interface ProfileShown {
  readonly profile: Profile
  readonly before?: Profile
  readonly works: readonly WorkShown[]
}

/** What a program did most, and what that means where it is known. With `before`, what differs most from that profile. */
export function profileText(shown: ProfileShown, style: Style): string {
  const { profile, before, works } = shown
  return [
    totalText(profile),
    ...(before ? [`before: ${totalText(before)}`] : []),
    ...works.flatMap(({ work, share, means }) => [
      `  ${percentText(share)}  ${work}`,
      ...(means ? [style.dim(`          ${means}`)] : []),
    ]),
    '',
    ...tableText(functionRows(shown), style),
    ...(before ? ['', ...differencesText(differenceRows(profile, before), style)] : []),
    '',
  ].join('\n')
}

function tableText(rows: readonly (readonly string[])[], style: Style): readonly string[] {
  const [first = '', ...rest] = columns(rows)
  return [style.bold(first), ...rest]
}

const differencesText = (rows: readonly (readonly string[])[], style: Style): readonly string[] =>
  rows.length > 1
    ? [`Greatest differences, functions themselves, each in shares of its own profile:`, ...tableText(rows, style)]
    : ['No function differs from before.']

/** The functions that took most, heads first; names are safe for a terminal. */
export function functionRows({ profile, before }: ProfileShown): readonly (readonly string[])[] {
  const earlier = new Map(before && functionShares(before).map((one) => [one.name, one]))
  return [
    ['itself', 'with calls', ...(before ? ['before'] : []), 'function'],
    ...functionShares(profile)
      .slice(0, functionsShown)
      .map(({ name, self, whole }) => [
        percentText(self),
        percentText(whole),
        ...(before ? [percentText(earlier.get(name)?.whole ?? 0)] : []),
        escapeLine(name),
      ]),
  ]
}

/** What differs most, heads first. */
export const differenceRows = (profile: Profile, before: Profile): readonly (readonly string[])[] => [
  ['before', 'now', 'difference', 'function'],
  ...functionDifferences(profile, before).map((one) => [
    percentText(one.before),
    percentText(one.now),
    `${one.difference > 0 ? '+' : ''}${(one.difference * 100).toFixed(1)}`.padStart(6),
    escapeLine(one.name),
  ]),
]

/** What was counted, in one line. */
export function totalText({ type, unit, total, durationMs, stacks }: Profile): string {
  const seconds = durationMs === undefined ? '' : ` in ${(durationMs / 1000).toFixed(1)} s`
  if (unit !== 'nanoseconds')
    return `${escapeLine(type)}: ${total} ${escapeLine(unit)} on ${stacks.length} stacks${seconds}`
  const busy = durationMs ? `, ${(total / 1e6 / durationMs).toFixed(2)} processors on average` : ''
  return `${escapeLine(type)}: ${(total / 1e9).toFixed(2)} s of processor time${seconds}${busy}, ${stacks.length} stacks`
}

/** A share of the whole, six letters wide. */
export const percentText = (share: number): string => `${(share * 100).toFixed(1)}%`.padStart(6)
