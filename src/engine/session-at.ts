import type { Session } from '../model/module.ts'
import type { Privilege, Reply } from '../model/transport.ts'
import { controllerFor } from './controller-side.ts'
import { contextOf, privilegeOf, receiptName, type Workplace } from './host-context.ts'
import { fenced } from './host-lock.ts'
import type { RunInput, Work } from './input.ts'
import { outputText, type ShowText } from './output-text.ts'
import { withTimeout } from './reads.ts'
import { endReceipt, type ReceiptInput, replyOfLast, type Watched, withReceipts } from './receipt.ts'
import type { ReceiptPlace } from './receipt-text.ts'
import type { Place, Running } from './running.ts'

/** The session of one step: its folder, its scripts under receipts, their output shown as it comes. */
export function sessionAt(running: Running, place: Place, folder: string): Session {
  const { receipts, options } = receiptsAt(running, place, folder)
  const runner = running.input.receipts === 'none' ? receipts.runner : withReceipts(receipts)
  const { run } = withTimeout(runner, place.step.timeoutMs, options)
  const host = place.at?.target.name ?? place.host
  const look = withTimeout(receipts.probe, place.step.timeoutMs)
  return { host, folder, controller: controllerFor(running, place), run, look, ...homeOf(running, place) }
}

/** Of a step that works elsewhere, a look at the host that it is a step of. */
function homeOf({ contexts, input }: Running, { at, host, step }: Place): Pick<Session, 'home'> {
  if (!at) return {}
  const own = contextOf(contexts, host)
  return { home: own.connection.probe(privilegeOf(input.runbook, step, own)) }
}

/** What the last script of a step gave that another process began; undefined where nothing tells. */
export function lastReplyAt(running: Running, place: Place, folder: string): Promise<Reply | undefined> {
  const { receipts, options } = receiptsAt(running, place, folder)
  const { timeoutMs } = place.step
  return replyOfLast(receipts, { ...options, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
}

function receiptsAt({ contexts, input, locks }: Running, place: Place, folder: string) {
  const { host, stage, step } = place
  const own = contextOf(contexts, host)
  const context = place.at ?? own
  const privilege = privilegeOf(input.runbook, step, context)
  const receipts: ReceiptInput = {
    runner: fenced(context.connection.session(privilege), {
      held: async () => {
        await context.connection.ready() // a host that answers late is taken then
        return locks?.of(context.target.name)
      },
      probe: context.connection.probe(privilege),
    }),
    probe: context.connection.probe(privilege),
    folder,
    nextName: () => receiptName(own, input),
    reconnect: context.connection.reconnect,
    boot: async () => (await context.connection.identity().catch(() => undefined))?.bootId ?? '',
    begin: step.retry ? 'synced' : 'written',
    steadyMs: input.clock.steadyMs,
    atWork: (at, label) => announce(input, { place: context, privilege, at, label }),
  }
  const show: ShowText = (stream, text) => input.emit({ type: 'step-output', host, stage, step: step.id, stream, text })
  return { receipts, options: { onOutput: outputText(show) } }
}

interface Begun {
  readonly place: Workplace
  readonly privilege: Privilege
  readonly at: ReceiptPlace
  readonly label: string
}

function announce({ atWork, transport }: RunInput, { place, privilege, at, label }: Begun): Watched {
  const { name: host, endpoint } = place.target
  let ended = false
  const work: Work = {
    host,
    label,
    // The shell of the step is busy with it.
    end: async () => {
      ended = true
      const connection = await transport.open(endpoint)
      try {
        return await endReceipt(connection.session(privilege), at)
      } finally {
        await connection.close()
      }
    },
  }
  atWork?.add(work)
  return { isEnded: () => ended, over: () => atWork?.delete(work) }
}
