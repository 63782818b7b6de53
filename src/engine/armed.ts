import { type Command, inTurn } from '../model/command.ts'
import type { Change, Session } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'
import type { Reply } from '../model/transport.ts'
import { armText, claimText, endText, unlessUndone, type Verdict } from './armed-text.ts'
import { contextOf, privilegeOf } from './host-context.ts'
import { isAway, isLost } from './link.ts'
import { labelOf } from './receipt.ts'
import type { ReceiptPlace } from './receipt-text.ts'
import { type Place, type Running, stepOf } from './running.ts'

/** An undo that a host may do by itself: of which step, where it lies on the host, and what it undoes, in its order. */
export interface ArmedUndo {
  readonly running: Running
  readonly place: Place
  readonly at: ReceiptPlace
  readonly withinMs: number
  readonly changes: readonly ChangeRecord[]
}

/** Whether the host took the undo: from then on its time runs. */
export async function arm(armed: ArmedUndo): Promise<{ readonly ok: true } | { readonly ok: false; why: string }> {
  const seconds = Math.ceil(armed.withinMs / 1000)
  const command = armText(armed.at, undoTextOf(armed), seconds)
  try {
    const { code, stderr } = await runnerOf(armed).run(command, { label: 'arming the undo' })
    return code === 0 ? { ok: true } : { ok: false, why: stderr.toString('utf8').trim() }
  } catch (error) {
    if (!isLost(error)) throw error
    return { ok: false, why: 'the connection was lost meanwhile' }
  }
}

/** Decides for the controller; gives who has decided, where that was before, or that it was never armed. */
export async function claim(armed: ArmedUndo, verdict: 'confirmed' | 'left'): Promise<Verdict | 'none'> {
  const { stdout } = await askUntilHeard(armed, claimText(armed.at, verdict))
  const word = stdout.toString('utf8').trim()
  return word === 'undone' || word === 'confirmed' || word === 'left' || word === 'lost' ? word : 'none'
}

/** How the host's undo ended: its exit code, or that it goes on for too long, or that the host was restarted meanwhile. */
export type Ended =
  | { readonly kind: 'ended'; readonly code: number; readonly said: string }
  | { readonly kind: 'waiting' | 'lost' }

/** Waits, for minutes if need be, until the host has undone. */
export async function endOf(armed: ArmedUndo): Promise<Ended> {
  for (let left = LOOKS; ; left -= 1) {
    const { stdout } = await askUntilHeard(armed, endText(armed.at))
    const [word = '', ...said] = stdout.toString('utf8').split('\n')
    if (/^\d+$/.test(word)) return { kind: 'ended', code: Number(word), said: said.join('\n').trim() }
    if (word === 'lost') return { kind: 'lost' }
    if (left === 0) return { kind: 'waiting' }
  }
}

const LOOKS = 8 // of some 20 s each

/** The session of a step whose scripts do not begin once the host undoes it. */
export const guardedSession = (session: Session, at: ReceiptPlace): Session => ({
  ...session,
  run: (command, options) => session.run(unlessUndone(at, command), { label: labelOf(command), ...options }),
})

/** What undoes a recorded change as one text that asks nothing; undefined where its module has none. */
export function changeUndoText(step: Step, record: ChangeRecord): Command | undefined {
  if (record.undo && step.undo) return step.undo.module.applyText?.(record.undo.args)
  const change: Change = { ...record.change, predicts: {} }
  return step.module.revertText?.(record.args, change, record.folder)
}

function undoTextOf({ running, changes }: ArmedUndo): Command {
  const texts = changes.map((record) => {
    const text = changeUndoText(stepOf(running.input.runbook, record), record)
    if (!text) throw new Error(`step ${record.step} cannot be undone by its host`)
    return text
  })
  return inTurn(...texts)
}

const runnerOf = ({ running, place }: ArmedUndo) => {
  const context = place.at ?? contextOf(running.contexts, place.host)
  return context.connection.session(privilegeOf(running.input.runbook, place.step, context))
}

const RENEWALS = 12 // of 10 s each, where the host cannot be reached

/** A question that is harmless twice, asked until it is answered: over new connections where it has to be. */
async function askUntilHeard(armed: ArmedUndo, command: Command): Promise<Reply> {
  const { running, place } = armed
  const { connection } = place.at ?? contextOf(running.contexts, place.host)
  for (let left = RENEWALS; ; left -= 1) {
    try {
      return await runnerOf(armed).run(command, { timeoutMs: 60_000, label: 'asking for the armed undo' })
    } catch (error) {
      const [{ kind }] = error instanceof ProblemError ? error.problems : [{ kind: 'internal' }]
      if (left === 0 || !(isAway(error) || kind === 'auth' || kind === 'timeout')) throw error
      await connection.renew(10_000).catch(() => undefined)
    }
  }
}
