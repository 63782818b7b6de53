import { parseJumps } from './ssh-jump.ts'

/** The value of a keyword: its words, and its number (port, seconds, count) where it has one. */
export interface SshValue {
  readonly words: readonly string[]
  readonly number?: number
}

const LISTS: ReadonlySet<string> = new Set(['userknownhostsfile', 'globalknownhostsfile'])
const YES_NO: ReadonlyMap<string, string> = new Map([
  ['yes', 'yes'],
  ['true', 'yes'],
  ['no', 'no'],
  ['false', 'no'],
])
const STRICTNESS: ReadonlySet<string> = new Set(['yes', 'true', 'no', 'false', 'off', 'ask', 'accept-new'])

/** What OpenSSH takes for a keyword, or what is wrong with it. */
export function sshValue(keyword: string, words: readonly string[], rest: string): SshValue | string {
  if (keyword === 'proxycommand' || keyword === 'knownhostscommand') return { words: [rest] }
  const [word] = words
  if (word === undefined || word === '') return `${keyword} says nothing`
  if (LISTS.has(keyword)) return listValue(keyword, words)
  if (words.length > 1) return `${keyword} takes one value: ${words.slice(1).join(' ')} is too much`
  return oneValue(keyword, word)
}

function listValue(keyword: string, words: readonly string[]): SshValue | string {
  if (words.includes('')) return `${keyword} holds an empty name`
  if (words.length > 1 && words.some((word) => word.toLowerCase() === 'none')) return `none stands alone in ${keyword}`
  return { words }
}

function oneValue(keyword: string, word: string): SshValue | string {
  switch (keyword) {
    case 'port':
      if (word === 'ssh') return { words: ['22'], number: 22 } // the service's name
      return numbered(
        word,
        /^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535 ? Number(word) : undefined,
        'a port',
      )
    case 'serveralivecountmax':
      return numbered(word, /^\d{1,9}$/.test(word) ? Number(word) : undefined, 'a number')
    case 'connecttimeout':
    case 'serveraliveinterval':
      return word === 'none' ? { words: ['none'] } : numbered(word, seconds(word), 'a time (10, 90s, 2m)')
    case 'identitiesonly': {
      const said = YES_NO.get(word.toLowerCase())
      return said === undefined ? `${word} is neither yes nor no` : { words: [said] }
    }
    case 'stricthostkeychecking':
      return STRICTNESS.has(word.toLowerCase())
        ? { words: [word.toLowerCase()] }
        : `${word} is neither yes, no, ask nor accept-new`
    case 'proxyjump':
      if (word.toLowerCase() === 'none') return { words: ['none'] }
      return parseJumps(word) ? { words: [word] } : `${word} is no chain of [user@]host[:port]`
    default:
      return { words: [word] }
  }
}

const numbered = (word: string, number: number | undefined, what: string): SshValue | string =>
  number === undefined ? `${word} is not ${what}` : { words: [word], number }

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const LONGEST = 2 ** 31 - 1

/** A time as OpenSSH writes it (TIME FORMATS of sshd_config(5)): 90, 90s, 1h30m. */
function seconds(text: string): number | undefined {
  if (!/^(?:\d+[smhdw]?)+$/i.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+)([smhdw]?)/gi)]
  const total = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit.toLowerCase()] ?? 1), 0)
  return total <= LONGEST ? total : undefined
}
