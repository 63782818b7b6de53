import { escapeLine } from '../model/escape.ts'
import type { Problem } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import { count, wrap } from './layout.ts'
import type { Style } from './style.ts'

const MOST_HOSTS = 10

/**
 * What a run had changed by the time it failed, host by host: those with problems first, then the others. What is no
 * longer as the step left it, or may not be, says so.
 */
export function changedText(changes: readonly ChangeRecord[], problems: readonly Problem[], style: Style): string {
  if (changes.length === 0) return '\nNothing had been changed on any host.\n'
  const failed = new Set(problems.map(({ host }) => host))
  const hosts = [...new Set(changes.map(({ host }) => host))].toSorted(
    (a, b) => Number(failed.has(b)) - Number(failed.has(a)),
  )
  const lines = hosts.slice(0, MOST_HOSTS).map((host) => {
    const steps = changes.filter((change) => change.host === host)
    return wrap(steps.map(stepWords), `  ${escapeLine(host)}: `)
  })
  const more = hosts.length > MOST_HOSTS ? [`  and ${count(hosts.length - MOST_HOSTS, 'more host')}`] : []
  return `\n${[style.bold('Changed by then:'), ...lines, ...more].join('\n')}\n`
}

const WORDS: Readonly<Record<ChangeRecord['state'], string>> = {
  changed: '',
  started: ' (in doubt)',
  failed: ' (failed: in doubt)',
  undone: ' (undone)',
  'undo-failed': ' (undo failed)',
}

const stepWords = ({ name, state }: ChangeRecord): string => `${escapeLine(name)}${WORDS[state]}`

/** The same for machines. */
export const changesJson = (changes: readonly ChangeRecord[]) =>
  changes.map(({ host, stage, step, name, state }) => ({ host, stage, step, name, state }))
