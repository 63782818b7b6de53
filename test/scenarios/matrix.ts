import type { Diagnosis } from '../../src/model/diagnosis.ts'
import type { Scenario } from './scenario.ts'

/** What came of one scenario. */
export interface Result {
  readonly scenario: Scenario
  readonly named: readonly { readonly cause: string; readonly hosts: readonly string[] }[] // in the order told
}

export const resultOf = (scenario: Scenario, { causes }: Diagnosis): Result => ({
  scenario,
  named: causes.map(({ name, hosts }) => ({ cause: name, hosts: hosts.map(({ host }) => host) })),
})

/** Everything that is true was named, on its host, and what was named first was done. */
export function isRight({ scenario: { truth, hidden }, named }: Result): boolean {
  const [first] = named
  if (truth.length === 0 || !first) return truth.length === named.length
  const all = truth.every(({ cause, host }) => named.some((one) => one.cause === cause && one.hosts.includes(host)))
  return all && (hidden.includes(first.cause) || truth.some(({ cause }) => cause === first.cause))
}

/** What was named though it was not done. */
export const besides = ({ scenario: { truth, hidden }, named }: Result): readonly string[] =>
  named.flatMap(({ cause, hosts }) => {
    const others = hidden.includes(cause) || truth.some((one) => one.cause === cause) ? [] : hosts
    return others.length === 0 ? [] : [`${cause} on ${others.join(', ')}`]
  })

const NONE = 'none'

/** Rows: what is true. Columns: what was told first. A pair of causes is a row of its own. */
export function matrixText(results: readonly Result[]): string {
  const rowOf = ({ scenario: { truth } }: Result) => truth.map(({ cause }) => cause).join(' + ') || NONE
  const columnOf = ({ named: [first] }: Result) => first?.cause ?? NONE
  const rows = [...new Set(results.map(rowOf))]
  const columns = [...new Set([...results.map(columnOf), ...results.flatMap((one) => rowOf(one).split(' + '))])]
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    line(['true', ...columns, 'right']),
    line(['---', ...columns.map(() => '---'), '---']),
    ...rows.map((row) => {
      const own = results.filter((one) => rowOf(one) === row)
      const cells = columns.map((column) => own.filter((one) => columnOf(one) === column).length || '')
      return line([row, ...cells, `${own.filter(isRight).length} of ${own.length}`])
    }),
  ].join('\n')
}

/** One line a scenario: what was done, what was told. */
export function resultLine(result: Result): string {
  const { scenario, named } = result
  const told = named.map(({ cause, hosts }) => `${cause} (${hosts.join(' ')})`).join('; ') || 'nothing'
  const done = scenario.troubles.map((one) => JSON.stringify(one)).join(' ') || 'nothing'
  return `${isRight(result) ? 'right' : 'WRONG'}  seed ${scenario.seed}  ${scenario.name} (leader ${scenario.leader}): ${done} -> ${told}`
}
