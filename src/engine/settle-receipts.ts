import type { Session } from '../model/module.ts'
import { ProblemError, problemsOf } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { RunInput } from './input.ts'
import { isLeftOpen } from './left-open.ts'
import { isLost } from './link.ts'
import { needToLook } from './need.ts'
import { openHosts } from './open-hosts.ts'
import { placeOf, type Running, stepOf } from './running.ts'
import { lastReplyAt, sessionAt } from './session-at.ts'
import { isToBeSeen, settleOpen } from './settle.ts'
import { isArmed, settleArmed } from './settle-armed.ts'

/** Begun and not known to have ended, where something on the host may tell: a receipt, or what it looks like there. */
export const mayTell = (change: ChangeRecord): boolean =>
  isCommandInDoubt(change) || isArmed(change) || isToBeSeen(change)

/** Begun and not known to have ended, where the receipt of one command is all that there is to know. */
const isCommandInDoubt = (open: ChangeRecord): boolean =>
  isLeftOpen(open) && open.change.verb === 'run' && open.trace === undefined

/**
 * Records what hosts have undone by themselves, how the commands of an interrupted run ended that nobody waited for, by the
 * receipts on their hosts, and what looking shows of other changes; waits for those that still run, with their output. What
 * nothing tells stays in doubt. A plan that is made afterwards knows it all.
 */
export async function settleByReceipts(input: RunInput, changes: readonly ChangeRecord[]): Promise<void> {
  const telling = changes.filter(mayTell)
  const names = new Set(telling.map(({ host }) => host))
  const asked = { ...input, hosts: input.hosts.filter(({ name }) => names.has(name)) }
  const hosts = await openHosts(asked, (host) => needToLook(host, telling))
  const journal = await input.journals.reopen(input.run)
  try {
    const record: Running['record'] = async (event) => {
      await journal.append(event)
      input.emit(event)
    }
    const running: Running = { input, contexts: hosts.contexts, record, keep: journal.keep }
    const undone = await settleArmed(running, changes)
    const open = changes.filter((change) => isCommandInDoubt(change) && !undone.includes(change))
    for (const change of open) await settleOne(running, change)
    await settleOpen(running, (await input.journals.fold(input.run)).changes)
  } finally {
    await journal.close()
    await hosts.close()
  }
}

async function settleOne(running: Running, open: ChangeRecord): Promise<void> {
  const { host, stage, change } = open
  const step = stepOf(running.input.runbook, open)
  const place = { host, stage, step: open.step }
  try {
    const under = await placeOf(running, open, step)
    const reply = await lastReplyAt(running, under, open.folder)
    if (!reply || !step.module.apply) return
    const session: Session = { ...sessionAt(running, under, open.folder), run: () => Promise.resolve(reply) }
    const output = await step.module.apply(open.args, { ...change, predicts: {} }, session)
    const kept = output === undefined ? {} : { output }
    await running.record({ type: 'step-finished', ...place, result: 'changed', summary: change.summary, ...kept })
  } catch (error) {
    if (isLost(error)) return // it stays in doubt
    const [problem, ...others] = problemsOf(error, { host, step: open.step })
    if (problem.kind === 'unreachable' || problem.kind === 'io') throw new ProblemError(problem, ...others)
    await running.record({ type: 'step-failed', ...place, problem })
  }
}
