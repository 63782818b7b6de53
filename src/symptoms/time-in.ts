import { parseGoDuration } from '../model/go-duration.ts'
import type { Message } from './message-of.ts'

const DURATION = '([\\d.]+(?:ns|us|µs|ms|s|m|h)[\\d.nuµmsh]*)'

/** Where programs say how long something took, or by how much it was late; the first that fits is taken. */
const SPOKEN: readonly RegExp[] = [
  new RegExp(`took too long \\(${DURATION}\\)`), // etcd 3.1 to 3.4
  new RegExp(`exceeded the \\S+ timeout for ${DURATION}`), // late heartbeats of the same
  new RegExp(`sync duration of ${DURATION}`),
  new RegExp(`total time: ${DURATION}`), // traces of the API server
]

const FIELDS = ['took', 'exceeded-duration'] as const // etcd 3.4 with zap, 3.5, 3.6

/** Milliseconds that a message says something took, or was late by; undefined where it says none. */
export function timeIn({ text, fields }: Message): number | undefined {
  for (const name of FIELDS) {
    const value = fields[name]
    const ms = typeof value === 'string' ? parseGoDuration(value) : undefined
    if (ms !== undefined) return ms
  }
  for (const spoken of SPOKEN) {
    const found = spoken.exec(text)?.[1]
    if (found !== undefined) return parseGoDuration(found)
  }
  return undefined
}
