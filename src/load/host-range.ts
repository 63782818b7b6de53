/** The names that a host entry stands for, or why it stands for none. */
export type ExpandedHosts =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly hint?: string }

const MAX_NAMES = 65_536 // of one entry; a typing error makes millions

/**
 * Expands Ansible's ranges, as plugins/inventory/__init__.py does: `web[01:50:2]` (both ends belong to it, leading
 * zeros keep the width), `db[a:f]`, `[:3]` from 0, and several ranges as all combinations. Ansible takes an empty range
 * for nothing; here it is an error.
 */
export function expandHostRange(entry: string): ExpandedHosts {
  const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(entry)
  if (!match) return /[[\]]/.test(entry) ? unbalanced(entry) : { ok: true, names: [entry] }
  const [, head = '', range = '', tail = ''] = match
  const members = expandRange(range)
  if (!members.ok) return members
  const rest = expandHostRange(tail)
  if (!rest.ok) return rest
  if (members.names.length * rest.names.length > MAX_NAMES) return tooMany(entry)
  return { ok: true, names: members.names.flatMap((member) => rest.names.map((end) => head + member + end)) }
}

const unbalanced = (entry: string): ExpandedHosts => ({ ok: false, message: `the brackets of ${entry} do not match` })

const tooMany = (entry: string): ExpandedHosts => ({
  ok: false,
  message: `${entry} stands for more than ${MAX_NAMES} hosts`,
})

function expandRange(range: string): ExpandedHosts {
  const [begin = '', end, step = '1', ...others] = range.split(':')
  const hint = 'write [01:50], [01:50:2] or [a:f]'
  if (end === undefined || end === '' || others.length > 0)
    return { ok: false, message: `[${range}] is no range`, hint }
  const every = /^\d+$/.test(step) ? Number(step) : 0
  if (every < 1) return { ok: false, message: `the step of [${range}] must be a whole number above 0`, hint }
  if (/^[A-Za-z]$/.test(begin) && /^[A-Za-z]$/.test(end)) return letters(range, { begin, end, every })
  if (!/^\d*$/.test(begin) || !/^\d+$/.test(end)) return { ok: false, message: `[${range}] is no range`, hint }
  return numbers(range, { begin: begin === '' ? '0' : begin, end, every })
}

interface Ends {
  readonly begin: string
  readonly end: string
  readonly every: number
}

function letters(range: string, { begin, end, every }: Ends): ExpandedHosts {
  const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ' // Python's string.ascii_letters
  const [from, to] = [alphabet.indexOf(begin), alphabet.indexOf(end)]
  if (from < 26 !== to < 26) return { ok: false, message: `[${range}] mixes small and capital letters` }
  if (from > to) return empty(range)
  return { ok: true, names: [...alphabet.slice(from, to + 1)].filter((_, index) => index % every === 0) }
}

/** As Ansible: a begin with leading zeros gives the width, and the end must have it too. */
function numbers(range: string, { begin, end, every }: Ends): ExpandedHosts {
  const padded = begin.length > 1 && begin.startsWith('0')
  if (padded && begin.length !== end.length) {
    return { ok: false, message: `the ends of [${range}] must have the same length, as the first begins with 0` }
  }
  const [from, to] = [Number(begin), Number(end)]
  if (from > to) return empty(range)
  if ((to - from) / every > MAX_NAMES) return tooMany(`[${range}]`)
  const count = Math.floor((to - from) / every) + 1
  const width = padded ? begin.length : 0
  return {
    ok: true,
    names: Array.from({ length: count }, (_, index) => String(from + index * every).padStart(width, '0')),
  }
}

const empty = (range: string): ExpandedHosts => ({
  ok: false,
  message: `[${range}] is empty: its first end is behind its second`,
})
