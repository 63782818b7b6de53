import type { Rounds } from './alternate.ts'
import type { Measurement } from './measured-run.ts'
import { pairRatios, type Spread, spreadOf } from './statistics.ts'

/** Min / median / max of every contestant: one row each, under a head. */
export function tableText(rounds: Rounds): string {
  const head = ['', 'wall ms min/median/max', 'CPU ms min/median/max', 'peak RSS MiB', 'rounds']
  const rows = [...rounds].map(([name, runs]) => [
    name,
    spreadText(spreadOf(figures(runs, 'wallMs'))),
    spreadText(spreadOf(figures(runs, 'cpuMs'))),
    spreadText(spreadOf(figures(runs, 'rssMib'))),
    `${runs.length}`,
  ])
  return columns([head, ...rows])
}

/** One wanted relation between two contestants, judged by the median of the ratios of the pairs. */
export interface Target {
  readonly of: string
  readonly to: string
  readonly limit: { readonly kind: 'at-most' | 'at-least'; readonly ratio: number }
}

/** Two lines: the ratios' min / median / max, and whether the median of wall time meets the target. */
export function ratioText(rounds: Rounds, { of, to, limit }: Target): string {
  const ratio = (what: keyof Measurement): Spread =>
    spreadOf(pairRatios(figures(runsOf(rounds, of), what), figures(runsOf(rounds, to), what)))
  const wall = ratio('wallMs')
  const isMet = limit.kind === 'at-most' ? wall.median <= limit.ratio : wall.median >= limit.ratio
  const target = `target ${limit.kind.replace('-', ' ')} ${limit.ratio}: ${isMet ? 'met' : 'MISSED'}`
  const best = spreadOf(figures(runsOf(rounds, of), 'wallMs')).min / spreadOf(figures(runsOf(rounds, to), 'wallMs')).min
  return [
    `${of} / ${to}, pair by pair: wall ${spreadText(wall, 2)}, CPU ${spreadText(ratio('cpuMs'), 2)}`,
    `  ${target} (the smallest of each: ${best.toFixed(2)})`,
  ].join('\n')
}

const runsOf = (rounds: Rounds, name: string): readonly Measurement[] => rounds.get(name) ?? []

const figures = (runs: readonly Measurement[], what: keyof Measurement): readonly number[] =>
  runs.map((run) => run[what])

const spreadText = ({ min, median, max }: Spread, digits = 0): string =>
  [min, median, max].map((value) => value.toFixed(digits)).join(' / ')

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
