import { createInterface } from 'node:readline'
import { ProblemError } from '../model/problem.ts'
import { Secret } from '../model/secret.ts'
import type { World } from './world.ts'

/** Whether somebody is there to answer: a terminal for the question and one for the answer, and --no-input not given. */
export const canAsk = ({ stdin, stderr }: World, input: 'allowed' | 'never'): boolean =>
  input === 'allowed' && stdin.isTTY === true && stderr.isTTY === true

/** The answer to a question on the terminal, trimmed; an end of input, or of the asking, is an empty answer. */
export async function ask(world: World, question: string, signal?: AbortSignal): Promise<string> {
  world.stderr.write(`${question} `)
  const lines = createInterface({ input: world.stdin, terminal: false, ...(signal ? { signal } : {}) })
  try {
    const { value } = await lines[Symbol.asyncIterator]().next()
    return typeof value === 'string' ? value.trim() : ''
  } finally {
    lines.close()
    world.stdin.pause()
  }
}

/** An answer that is not shown while typed. Throws ProblemError kind interrupted at Ctrl-C. */
export async function askHidden({ stdin, stderr }: World, question: string): Promise<Secret> {
  stderr.write(`${question} `)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  try {
    return new Secret(await typedLine(stdin))
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

function typedLine(stdin: NodeJS.ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let typed = ''
  const onKeys = (keys: string | Buffer): void => {
    for (const key of String(keys)) {
      if (key === '\r' || key === '\n' || key === '\u0004') resolve(typed)
      else if (key === '\u0003')
        reject(new ProblemError({ kind: 'interrupted', message: 'interrupted at the question' }))
      else typed = key === '\u007f' || key === '\b' ? typed.slice(0, -1) : typed + key
    }
  }
  const onEnd = (): void => resolve(typed)
  stdin.on('data', onKeys).once('end', onEnd)
  return promise.finally(() => stdin.off('data', onKeys).off('end', onEnd))
}
