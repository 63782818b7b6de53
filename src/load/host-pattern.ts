import { type HostName, hostName } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import { type SafeRegex, safeRegex } from '../model/safe-regex.ts'
import { suggest } from './nearest.ts'

/** The hosts that a pattern names, or why it names none. */
export type PatternMatch =
  | { readonly ok: true; readonly hosts: ReadonlySet<HostName> }
  | { readonly ok: false; readonly kind: 'no-hosts' | 'usage'; readonly message: string; readonly hint?: string }

/**
 * Ansible's host patterns (docs: intro_patterns): names, `a:b` or `a,b` for both, `&b` for only those also in b, `!b` for
 * those not in b, globs, `~regex` from the start of the name, and `[n]`, `[a:b]` (both ends included) on any of them.
 * Hosts come in the order of the pattern, and of their groups. Unlike Ansible, a plain name that nothing has is an
 * error: `all:!prdo` would otherwise run on prod.
 */
export const matchPattern = (inventory: Inventory, pattern: string): PatternMatch =>
  matchTerms(inventory, splitTerms(pattern))

/** As matchPattern, for terms that are parted already. */
export function matchTerms(inventory: Inventory, terms: readonly string[]): PatternMatch {
  if (terms.length === 0) return { ok: false, kind: 'usage', message: 'the host pattern is empty' }
  const plain = terms.filter((term) => !/^[!&]/.test(term))
  const selected = union(inventory, plain.length > 0 ? plain : ['all'])
  if (!selected.ok) return selected
  let hosts = selected.hosts
  for (const term of terms.filter((one) => /^[!&]/.test(one)).toSorted(intersectionsFirst)) {
    const named = matchTerm(inventory, term.slice(1))
    if (!named.ok) return named
    const keep = (host: HostName) => named.hosts.has(host) === term.startsWith('&')
    hosts = new Set([...hosts].filter(keep))
  }
  return { ok: true, hosts }
}

const intersectionsFirst = (a: string, b: string): number => Number(a.startsWith('!')) - Number(b.startsWith('!'))

/** Commas part terms; without one, colons and blanks do, but not within brackets, in an address of IPv6, or in (?:...). */
export function splitTerms(pattern: string): readonly string[] {
  const parts = pattern.includes(',')
    ? pattern.split(/,(?![^[]*\])/)
    : isIpv6(pattern)
      ? [pattern]
      : pattern.split(/[:\s](?![^[]*\])(?<!\(\?:)/)
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** Eight parts, or two colons side by side; `a:b:c` is three terms. */
const isIpv6 = (pattern: string): boolean =>
  /^[0-9A-Fa-f:.]+$/.test(pattern) && (pattern.includes('::') || pattern.split(':').length === 8)

function union(inventory: Inventory, terms: readonly string[]): PatternMatch {
  const hosts = new Set<HostName>()
  for (const term of terms) {
    const named = matchTerm(inventory, term)
    if (!named.ok) return named
    for (const host of named.hosts) hosts.add(host)
  }
  return { ok: true, hosts }
}

function matchTerm(inventory: Inventory, term: string): PatternMatch {
  if (term.startsWith('@')) {
    return { ok: false, kind: 'usage', message: `a file of hosts is taken by --limit only: ${term}` }
  }
  const old = /^(.+)\[(\d+)-(\d*)\]$/.exec(term)
  if (old && !term.startsWith('~')) return oldSubscript(term, old)
  const subscript = term.startsWith('~') ? null : /^(.+)\[(?:(-?\d+)|(-?\d*):(-?\d*))\]$/.exec(term)
  if (!subscript) return matchName(inventory, term)
  const [, name = '', index, from, to] = subscript
  const named = matchName(inventory, name)
  if (!named.ok) return named
  const all = [...named.hosts]
  if (index === undefined) return { ok: true, hosts: new Set(slice(all, from ?? '', to ?? '')) }
  const one = all.at(Number(index))
  if (one !== undefined && Number(index) >= -all.length) return { ok: true, hosts: new Set([one]) }
  return { ok: false, kind: 'no-hosts', message: `${name} has ${all.length} hosts, and none at [${index}]` }
}

/** Ansible takes web[1-3] for web[1:3]; who writes it may mean the characters 1 to 3. */
const oldSubscript = (term: string, [, name = '', from = '', to = '']: readonly string[]): PatternMatch => ({
  ok: false,
  kind: 'usage',
  message: `${term} can be read in two ways`,
  hint: `write ${name}[${from}:${to}] for hosts by their number, or ~${name}[${from}-${to}]$ for characters`,
})

/** Both ends belong to it, as in Ansible; an end left out is the first or the last host. */
function slice(hosts: readonly HostName[], from: string, to: string): readonly HostName[] {
  const start = from === '' ? 0 : Number(from)
  const end = to === '' ? -1 : Number(to)
  return hosts.slice(start, end === -1 ? undefined : end + 1)
}

/** A host by its very name; else groups of this name, and hosts where there is none or the name is a pattern. */
function matchName(inventory: Inventory, name: string): PatternMatch {
  const exact = hostName(name)
  if (inventory.hosts.has(exact)) return { ok: true, hosts: new Set([exact]) }
  const test = testOf(name)
  if (!test.ok) return { ok: false, kind: 'usage', message: test.message }
  const isPattern = /^~|[?*[]/.test(name)
  const groups = isPattern
    ? [...inventory.groups.keys()].filter(test.matches)
    : inventory.groups.has(name)
      ? [name]
      : []
  const hosts = new Set(groups.flatMap((group) => hostsOfGroup(inventory, group)))
  if (isPattern) for (const host of inventory.hosts.keys()) if (test.matches(host)) hosts.add(host)
  if (hosts.size > 0 || groups.length > 0 || isPattern) return { ok: true, hosts }
  if (LOCALHOST.has(name)) return { ok: true, hosts: new Set([IMPLICIT]) }
  return nothingNamed(inventory, name)
}

/** A group's hosts and those of all groups below it, nearer groups first (Group.get_hosts). */
function hostsOfGroup({ groups }: Inventory, name: string): readonly HostName[] {
  const found = new Set([name])
  for (const group of found) for (const child of groups.get(group)?.children ?? []) found.add(child)
  return [...found].flatMap((group) => groups.get(group)?.hosts ?? [])
}

const LOCALHOST: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1'])
const IMPLICIT = 'localhost' as HostName // sealed: Ansible's implicit localhost

function nothingNamed(inventory: Inventory, name: string): PatternMatch {
  const known = [...inventory.groups.keys(), ...inventory.hosts.keys()]
  const hint = suggest(name, known)
  return { ok: false, kind: 'no-hosts', message: `no group or host is named ${name}`, ...(hint ? { hint } : {}) }
}

type NameTest =
  | { readonly ok: true; readonly matches: (name: string) => boolean }
  | { readonly ok: false; readonly message: string }

function testOf(name: string): NameTest {
  if (!name.startsWith('~')) {
    const glob = globRegex(name)
    return glob.ok ? { ok: true, matches: (candidate) => glob.regex.test(candidate) } : glob
  }
  const regex = safeRegex(name.slice(1))
  if (!regex.ok) return { ok: false, message: `${name}: ${regex.message}` }
  return { ok: true, matches: (candidate) => regex.regex.exec(candidate)?.index === 0 }
}

/** Python's fnmatch: `*`, `?`, `[abc]`, `[!abc]`; runs of stars are one, so that matching stays linear enough. */
function globRegex(glob: string): SafeRegex {
  const text = glob
    .replaceAll(/\*+/g, '*')
    .replaceAll(/\[(!?)([^\]]+)\]|[\s\S]/g, (piece: string, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replaceAll(/[\\^\]]/g, '\\$&')}]`
      if (piece === '*') return '.*'
      return piece === '?' ? '.' : piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    })
  try {
    return { ok: true, regex: new RegExp(`^${text}$`) }
  } catch {
    return { ok: false, message: 'a range in its brackets is backwards' }
  }
}
