import type { ChangeRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'

/**
 * Newest first, but a step with `when_changed` (the restart that makes a change effective) after the last of the
 * steps it follows: restarting before the file is restored would bring the new setting back to life.
 */
export function undoOrder(changes: readonly ChangeRecord[], steps: readonly Step[]): readonly ChangeRecord[] {
  const followed = new Map(steps.map((step) => [step.id, step.whenChanged]))
  const ordered: ChangeRecord[] = []
  let waiting: readonly ChangeRecord[] = []
  const left = [...changes]
  for (let change = left.pop(); change; change = left.pop()) {
    const follows = followed.get(change.step) ?? []
    if (left.some((earlier) => follows.includes(earlier.step))) waiting = [...waiting, change]
    else ordered.push(change)
    const ready = waiting.filter(({ step }) => !left.some((earlier) => followed.get(step)?.includes(earlier.step)))
    ordered.push(...ready)
    waiting = waiting.filter((candidate) => !ready.includes(candidate))
  }
  return ordered
}
