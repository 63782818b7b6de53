import type { Contestant } from './contestant.ts'
import { type MeasuredRun, type Measurement, measureRun } from './measured-run.ts'

/** The measurements of every contestant by name, in the order of the rounds. */
export type Rounds = ReadonlyMap<string, readonly Measurement[]>

/**
 * Runs all contestants `rounds` times in turn, and every second round in the opposite order, so that whatever drifts
 * on the machine reaches all alike. `between` waits for the host to be idle. Throws when a run did not do its work.
 */
export async function alternate(
  contestants: readonly Contestant[],
  {
    rounds,
    folder,
    between,
  }: { readonly rounds: number; readonly folder: string; readonly between: () => Promise<void> },
): Promise<Rounds> {
  const measured = new Map<string, Measurement[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const run = await measureRun(contestant.program, folder)
      await between()
      verify(contestant, run)
      measured.get(contestant.name)?.push(run)
    }
  }
  return measured
}

/** Throws with what the run printed unless it did its work. */
export function verify(contestant: Contestant, run: Pick<MeasuredRun, 'code' | 'output'>): void {
  const complaint = run.code === 0 ? contestant.complaint(run.output) : `exit code ${run.code}\n${run.output}`
  if (complaint !== undefined) throw new Error(`${contestant.name}: ${complaint}`)
}
