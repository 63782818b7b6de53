import { StringDecoder } from 'node:string_decoder'
import type { Session } from '../model/module.ts'
import { controllerFor } from './controller-side.ts'
import { contextOf, privilegeOf, receiptName } from './host-context.ts'
import { withTimeout } from './reads.ts'
import { withReceipts } from './receipt.ts'
import type { Place, Running } from './running.ts'

/** The session of one step: its folder, its scripts under receipts, their output shown as it comes. */
export function sessionAt(running: Running, place: Place, folder: string): Session {
  const { contexts, input } = running
  const { host, stage, step } = place
  const own = contextOf(contexts, host)
  const context = place.at ?? own
  const privilege = privilegeOf(input.runbook, step, context)
  const runner = withReceipts({
    runner: context.connection.session(privilege),
    probe: context.connection.probe(privilege),
    folder,
    nextName: () => receiptName(own, input.clock),
    reconnect: context.connection.reconnect,
    now: input.clock.now,
  })
  // A character may be cut in two where the output comes in pieces.
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  const { run } = withTimeout(runner, step.timeoutMs, {
    onOutput: (stream, chunk) =>
      input.emit({ type: 'step-output', host, stage, step: step.id, stream, text: decoders[stream].write(chunk) }),
  })
  return { host: context.target.name, folder, controller: controllerFor(running, place), run }
}
