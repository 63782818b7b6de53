import { quote } from '../model/command.ts'
import type { Reply } from '../model/transport.ts'
import type { Job } from './job.ts'
import { Shell, type ShellOptions } from './shell-protocol.ts'

const limitBytes = 65_536

/** Runs one script of ours on a shell of its own, which is closed afterwards. Silence is no reply within `limitMs`. */
export async function runOnce(
  options: Omit<ShellOptions, 'listener'>,
  text: string,
  limitMs: number,
): Promise<Reply | 'silence'> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply | 'silence'>()
  const listener = {
    hello: () => {},
    started: () => {},
    finished: (_job: Job, reply: Reply) => resolve(reply),
    ended: () => reject(new Error('its shell ended')),
  }
  const shell = new Shell({ ...options, listener })
  const timer = setTimeout(() => resolve('silence'), limitMs)
  try {
    shell.write([
      {
        by: 'session',
        word: quote(text),
        label: '',
        stdin: undefined,
        timeoutMs: limitMs,
        limitBytes,
        onOutput: undefined,
        resolve,
        reject,
      },
    ])
    shell.open().catch(reject)
    return await promise
  } finally {
    clearTimeout(timer)
    shell.detach()
    shell.close()
  }
}
