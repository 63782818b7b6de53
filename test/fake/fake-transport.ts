import { renderCommand } from '../../src/model/command.ts'
import { type HostName, hostName } from '../../src/model/id.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Connection, Privilege, Reply, Runner, Transport } from '../../src/model/transport.ts'

/** One command that was asked of the fake, with its text as the host's shell would have got it. */
export interface Asked {
  readonly by: 'probe' | 'session'
  readonly privilege: Privilege
  readonly text: string
  readonly stdin: string // '' when none was given; bytes as latin1
}

/** What the fake host says: a string is stdout with exit code 0; what is left out is 0 or empty. */
export type Answer =
  | string
  | {
      readonly code?: number
      readonly stdout?: string | Uint8Array
      readonly stderr?: string | Uint8Array
      readonly truncated?: boolean
    }

/** By the exact text of the command, or by a function; `undefined` means that the fake does not know it. */
export type Answers =
  | Readonly<Record<string, Answer>>
  | ReadonlyMap<string, Answer>
  | ((text: string, asked: Asked) => Answer | Promise<Answer> | undefined)

export interface FakeConnection extends Connection {
  readonly asked: readonly Asked[] // in order, probes and sessions together
  readonly probed: readonly string[] // texts of commands asked by a probe()
  readonly ran: readonly string[] // texts of commands asked by a session()
  readonly isClosed: boolean
}

/**
 * A host without a host: answers commands from `answers` and records them. A command it does not know is answered
 * as a shell does, with code 127 and the text on stderr. A function may throw, as a lost connection does.
 */
export function fakeConnection(answers: Answers, host: HostName = hostName('fake')): FakeConnection {
  const asked: Asked[] = []
  const textsBy = (by: Asked['by']): string[] => asked.filter((one) => one.by === by).map((one) => one.text)
  let isClosed = false
  const runner = (by: Asked['by'], privilege: Privilege): Runner => ({
    run: async (command, options) => {
      const one: Asked = {
        by,
        privilege,
        text: renderCommand(command),
        stdin: bytesOf(command.stdin).toString('latin1'),
      }
      asked.push(one)
      const reply = replyOf(await answerTo(answers, one), one)
      if (reply.stdout.length > 0) options?.onOutput?.('stdout', reply.stdout)
      if (reply.stderr.length > 0) options?.onOutput?.('stderr', reply.stderr)
      return reply
    },
  })
  return {
    host,
    probe: (privilege) => runner('probe', privilege),
    session: (privilege) => runner('session', privilege),
    close: () => {
      isClosed = true
      return Promise.resolve()
    },
    asked,
    get probed() {
      return textsBy('probe')
    },
    get ran() {
      return textsBy('session')
    },
    get isClosed() {
      return isClosed
    },
  }
}

/** A transport whose hosts are fakes, by name; opening any other host fails the test. */
export function fakeTransport(connections: readonly Connection[]): Transport {
  return {
    open: (endpoint) => {
      const found = connections.find((connection) => connection.host === endpoint.host)
      return found
        ? Promise.resolve(found)
        : Promise.reject(new Error(`the fake transport has no host ${endpoint.host}`))
    },
  }
}

function answerTo(answers: Answers, asked: Asked): Answer | Promise<Answer> | undefined {
  if (typeof answers === 'function') return answers(asked.text, asked)
  if (isMap(answers)) return answers.get(asked.text)
  return Object.hasOwn(answers, asked.text) ? answers[asked.text] : undefined
}

const isMap = (answers: object): answers is ReadonlyMap<string, Answer> => answers instanceof Map

function replyOf(answer: Answer | undefined, asked: Asked): Reply {
  if (answer === undefined)
    return replyOf({ code: 127, stderr: `the fake host has no answer to: ${asked.text}\n` }, asked)
  if (typeof answer === 'string') return replyOf({ stdout: answer }, asked)
  return {
    code: answer.code ?? 0,
    stdout: Buffer.from(answer.stdout ?? ''),
    stderr: Buffer.from(answer.stderr ?? ''),
    truncated: answer.truncated ?? false,
  }
}

const bytesOf = (stdin: Uint8Array | Secret | undefined): Buffer =>
  Buffer.from(stdin instanceof Secret ? stdin.reveal() : (stdin ?? ''))
