import type { HostName } from '../model/id.ts'
import type { Inventory } from '../model/inventory.ts'
import { suggest } from './nearest.ts'
import { type SafeRegex, safeRegex } from './safe-regex.ts'

/** The hosts that a pattern names, or why it names none. */
export type PatternMatch =
  | { readonly ok: true; readonly hosts: ReadonlySet<HostName> }
  | { readonly ok: false; readonly kind: 'no-hosts' | 'usage'; readonly message: string; readonly hint?: string }

/**
 * Ansible's host patterns (docs: intro_patterns): names, `a:b` or `a,b` for both, `&b` for only those also in b, `!b` for
 * those not in b, globs, `~regex` from the start of the name, and `[n]`, `[a:b]` (both ends included) on any of them.
 * Unlike Ansible, a plain name that nothing has is an error: `all:!prdo` would otherwise run on prod.
 */
export function matchPattern(inventory: Inventory, pattern: string): PatternMatch {
  const terms = splitTerms(pattern)
  if (terms.length === 0) return { ok: false, kind: 'usage', message: 'the host pattern is empty' }
  const plain = terms.filter((term) => !/^[!&]/.test(term))
  const selected = union(inventory, plain.length > 0 ? plain : ['all'])
  if (!selected.ok) return selected
  const kept = union(inventory, [])
  let hosts = selected.hosts
  for (const term of terms.filter((one) => /^[!&]/.test(one)).toSorted(intersectionsFirst)) {
    const named = kept.ok ? matchTerm(inventory, term.slice(1)) : kept
    if (!named.ok) return named
    const keep = (host: HostName) => named.hosts.has(host) === term.startsWith('&')
    hosts = new Set([...hosts].filter(keep))
  }
  return { ok: true, hosts }
}

const intersectionsFirst = (a: string, b: string): number => Number(a.startsWith('!')) - Number(b.startsWith('!'))

/** Commas and colons part terms, but not within brackets, and not in an address of IPv6. */
function splitTerms(pattern: string): readonly string[] {
  const parts = pattern.includes(',')
    ? pattern.split(/,(?![^[]*\])/)
    : isIpv6(pattern)
      ? [pattern]
      : splitColons(pattern)
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

const isIpv6 = (pattern: string): boolean => /^[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$/.test(pattern)

/** A regular expression may hold colons in (?:...); brackets hold those of subscripts. */
const splitColons = (pattern: string): readonly string[] => pattern.split(/:(?![^[]*\])(?<!\(\?:)/)

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
    return { ok: false, kind: 'usage', message: `lists of hosts in a file are not read: ${term}` }
  }
  const subscript = term.startsWith('~') ? null : /^(.+?)\[(?:(-?\d+)|(-?\d*):(-?\d*))\]$/.exec(term)
  if (!subscript) return matchName(inventory, term)
  const [, name = '', index, from, to] = subscript
  const named = matchName(inventory, name)
  if (!named.ok) return named
  const all = [...named.hosts]
  const one = Number(index)
  const chosen =
    index === undefined ? slice(all, from ?? '', to ?? '') : all.slice(one, one === -1 ? undefined : one + 1)
  return { ok: true, hosts: new Set(chosen) }
}

/** Both ends belong to it, as in Ansible; an end left out is the first or the last host. */
function slice(hosts: readonly HostName[], from: string, to: string): readonly HostName[] {
  const start = from === '' ? 0 : Number(from)
  const end = to === '' ? -1 : Number(to)
  return hosts.slice(start, end === -1 ? undefined : end + 1)
}

/** Names of groups and of hosts; groups first, and hosts only where no group has the name, or the name is a pattern. */
function matchName(inventory: Inventory, name: string): PatternMatch {
  const test = testOf(name)
  if (!test.ok) return { ok: false, kind: 'usage', message: test.message }
  const groups = [...inventory.groups.keys()].filter(test.matches)
  const members = new Set(groups)
  const isPattern = /^~|[.?*[]/.test(name)
  const hosts = [...inventory.hosts.values()].filter(
    (host) =>
      host.groups.some((group) => members.has(group)) ||
      ((groups.length === 0 || isPattern) && test.matches(host.name)),
  )
  if (hosts.length > 0 || groups.length > 0 || /^~|[?*[]/.test(name))
    return { ok: true, hosts: new Set(hosts.map((host) => host.name)) }
  if (LOCALHOST.has(name)) return { ok: true, hosts: new Set([IMPLICIT]) }
  return nothingNamed(inventory, name)
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
