import type { Answer } from '../engine/input.ts'
import { escapeLine } from '../model/escape.ts'
import { ask, canAsk } from './ask.ts'
import type { Approval } from './command.ts'
import type { World } from './world.ts'

/**
 * Asks the questions of steps, one at a time. On a terminal each is asked, also with --yes, which agreed to the plan;
 * where nobody can answer, --yes does. Ctrl-C ends the question.
 */
export function agreer(world: World, approval: Approval): (question: string) => Promise<Answer> {
  let queue: Promise<unknown> = Promise.resolve()
  return (question) => {
    const answer = queue.then(() => agree(world, approval, question))
    queue = answer.catch(() => undefined)
    return answer
  }
}

async function agree(world: World, approval: Approval, question: string): Promise<Answer> {
  if (!canAsk(world, approval.input)) return approval.changes === 'given' ? 'agreed-before' : 'nobody'
  const stop = new AbortController()
  const dispose = world.onInterrupt(() => stop.abort())
  try {
    const answer = await ask(world, `${escapeLine(question)} Only "yes" goes on:`, stop.signal)
    return /^y(es)?$/i.test(answer) ? 'agreed' : 'refused'
  } finally {
    dispose()
  }
}
