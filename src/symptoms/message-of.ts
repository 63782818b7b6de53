import { isObject } from '../model/json.ts'

/** What a program said in one line of a log, without what carried it there. */
export interface Message {
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>> // of a structured line; empty for text
}

const DEEPEST = 5 // journald around docker around CRI around JSON, and one to spare

/**
 * Takes a line out of its wrappers: journald (`-o json`, `short`, `short-iso`), docker's JSON file, CRI, the prefixes of kubectl and
 * crictl, klog, logfmt, and etcd's three formats. What is none of these is the message itself.
 */
export function messageOf(line: string): Message {
  let message: Message = { text: line.trim(), fields: {} }
  for (let depth = 0; depth < DEEPEST; depth += 1) {
    const inner = message.text.startsWith('{') ? fromJson(message.text) : fromText(message.text)
    if (inner === undefined) return message
    message = { text: inner.text.trim(), fields: inner.fields ?? message.fields }
  }
  return message
}

type Inner = Pick<Message, 'text'> & Partial<Message>

function fromJson(text: string): Inner | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const said = [value.MESSAGE, value.log, value.msg, value.message].map(textIn).find((one) => one !== undefined)
  return said === undefined ? undefined : { text: said, fields: value }
}

/** journald writes a message that is not plain UTF-8 text as a list of bytes. */
function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value) || !value.every((byte) => typeof byte === 'number')) return undefined
  return Buffer.from(value).toString('utf8')
}

/** What stands before a message, by who writes it; each is tied to the beginning of the line. */
const PREFIXES: readonly RegExp[] = [
  /^\[pod\/\S+\] /, // kubectl logs --prefix
  /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d) (?:stdout|stderr) [FP] /, // CRI
  /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d) (?:\S+ [\w@./-]+\[\d+\]: )?/, // docker logs -t, kubectl --timestamps, short-iso
  /^\S{1,5} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? (?:\S+ )?[\w@./-]+(?:\[\d+\])?: /, // journald short and syslog, in any language
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [A-Z] \| /, // etcd's capnslog
  /^raft\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d [A-Z]+: /,
  /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.-]+:\d+\] /, // klog
]

const LOGFMT = /^(?:time|level|ts)=.*? msg="((?:[^"\\]|\\.)*)"/

function fromText(text: string): Inner | undefined {
  const logfmt = LOGFMT.exec(text)?.[1]
  if (logfmt !== undefined) return { text: logfmt.replaceAll(/\\(.)/g, '$1') }
  const prefix = PREFIXES.find((one) => one.test(text))
  return prefix && { text: text.replace(prefix, '') }
}
