import type { Outcome } from '../model/event.ts'
import type { Style } from './style.ts'

const WORDS: Readonly<Record<Outcome, readonly [color: 'green' | 'yellow' | 'red', text: string]>> = {
  applied: ['green', 'Applied: every change is verified'],
  'nothing-to-do': ['green', 'Nothing to do'],
  'target-missed': ['yellow', 'Applied, but a measure missed its target'],
  'failed-rolled-back': ['yellow', 'Failed; everything that had been changed is undone'],
  'failed-not-rolled-back': ['red', 'Failed; what had been changed stays changed'],
  'rolled-back': ['green', 'Rolled back: every change is undone and verified'],
  'rollback-failed': ['red', 'The rollback failed: some changes stay'],
  interrupted: ['yellow', 'Interrupted'],
}

/** How a run ended, in a sentence. */
export function outcomeText(outcome: Outcome | undefined, style: Style): string {
  if (outcome === undefined) return style.yellow('Still running, or cut short (the record has no end)')
  const [color, text] = WORDS[outcome]
  return style[color](style.bold(text))
}
