import { type Expected, violations } from './checker.ts'
import { gatherHistory } from './gather-history.ts'
import type { History, StoredJournal } from './history.ts'
import { readJournal } from './read-journal.ts'
import type { Rig } from './scenario.ts'
import { SLOW_EFFECTS } from './steps.ts'

/** What I1 to I9 say of a scenario. */
export interface Judged {
  readonly runs: number // that there were
  readonly wrong: readonly string[]
}

/** Whatever a scenario asks of its own, what it left must keep I1 to I9: the journals, and what its hosts noted and keep. */
export async function judge(rig: Rig, hosts: readonly string[], tries = 1): Promise<Judged> {
  const onHost = (host: string, script: string): Promise<string> => rig.onHost(script, host)
  const history = await gatherHistory({ stateDir: rig.cli.stateDir, hosts, onHost })
  const runs = eachRun(history)
  const planned = hosts.flatMap((host) => SLOW_EFFECTS.map((effect) => ({ host, phase: 'do' as const, ...effect })))
  const expected: Expected = { planned, canary: SUDO_PASSWORD, tries }
  const found = runs.flatMap((run) => violations(run, expected))
  return { runs: runs.length, wrong: found.map(({ invariant, what }) => `${invariant}: ${what}`) }
}

/** Of the lab's user `opspw`: the one secret that scenarios use. */
const SUDO_PASSWORD = 'opspw-password'

/** A run with its rollbacks and its receipts, as a history of its own; notes of hosts do not tell which of several runs they are of. */
function eachRun(history: History): readonly History[] {
  const startOf = (journal: StoredJournal) => readJournal(journal).records[0]?.event
  const applies = history.journals.filter((journal) => startOf(journal)?.verb === 'apply')
  return applies.map((apply) => ({
    effects: applies.length === 1 ? history.effects : [],
    journals: [apply, ...history.journals.filter((other) => startOf(other)?.of === apply.run)],
    receipts: history.receipts.filter(({ run }) => run === apply.run),
    artefacts: history.artefacts,
  }))
}
