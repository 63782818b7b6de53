import type { Controller, KeptFile } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import { contextOf } from './host-context.ts'
import { type Place, pause, type Running, stopIfAsked } from './running.ts'

/** What a step may ask of the controller: to wait, to ask who runs it, to keep bytes in the run's record, to connect anew. */
export const controllerFor = (running: Running, place: Place): Controller => ({
  wait: (ms) => pause(running.input, ms),
  approve: (question) => approve(running, place, question),
  keep: (bytes) => keep(running, place, bytes),
  now: () => running.input.clock.now(),
  reconnect: () => (place.at ?? contextOf(running.contexts, place.host)).connection.reconnect(),
})

/** Throws ProblemError kind interrupted where nobody agrees: the run stops there, and `resume` asks again. */
async function approve({ input }: Running, { host }: Place, question: string): Promise<'on the terminal' | 'by --yes'> {
  stopIfAsked(input)
  const answer = await (input.approve?.(`${host}: ${question}`) ?? 'nobody')
  stopIfAsked(input)
  if (answer === 'agreed') return 'on the terminal'
  if (answer === 'agreed-before') return 'by --yes'
  throw new ProblemError({
    kind: 'interrupted',
    host,
    message:
      answer === 'refused' ? `not agreed to: ${question}` : `this asks, and nobody is there to answer: ${question}`,
    hint: `go on from here${answer === 'refused' ? '' : ' on a terminal, or with --yes'}: runbook resume ${input.run}; or undo: runbook rollback ${input.run}`,
  })
}

/** Named by host and step alone: nothing that a host says ever names a file here. */
async function keep(
  running: Running,
  { host, stage, step }: Place,
  bytes: Parameters<Controller['keep']>[0],
): Promise<KeptFile> {
  const file = await running.keep(`${encodeURIComponent(host)}.${encodeURIComponent(step.id)}`, bytes)
  await running.record({ type: 'file-kept', host, stage, step: step.id, ...file })
  return file
}
