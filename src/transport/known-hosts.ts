import { createHash, createHmac } from 'node:crypto'
import { matchesPatterns } from '../model/wildcard.ts'

/** A line of a known_hosts file that holds a key. */
export interface KnownHost {
  readonly file: string
  readonly line: number // from 1
  readonly marker: 'none' | 'cert-authority' | 'revoked'
  readonly hosts: string // patterns with commas between, or one hashed name
  readonly type: string
  readonly key: Buffer
}

/** What the files say about one host, each with its file and line. */
export interface KnownKeys {
  readonly keys: readonly KnownHost[]
  readonly authorities: readonly KnownHost[]
  readonly revoked: readonly KnownHost[]
}

/**
 * Reads known_hosts as sshd(8) describes it. Lines that are comments, empty or not understood are left out, as
 * OpenSSH does: another program may understand them.
 */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => parseLine(line, file, index + 1) ?? [])
}

/** The lines for a host as it was typed: `host`, or `[host]:port` where the port is not 22. Names have no case. */
export function lookUp(entries: readonly KnownHost[], host: string, port: number): KnownKeys {
  const name = hostPattern(host, port)
  const found = entries.filter((entry) => matchesHosts(name, entry.hosts))
  const withMarker = (marker: KnownHost['marker']) => found.filter((entry) => entry.marker === marker)
  return { keys: withMarker('none'), authorities: withMarker('cert-authority'), revoked: withMarker('revoked') }
}

/** A line that makes `key` known for the host; the name is in clear, so that people can find it. */
export const renderKnownHost = (host: string, port: number, key: Buffer): string =>
  `${hostPattern(host, port)} ${keyType(key)} ${key.toString('base64')}`

export const hostPattern = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`

/** The type that a public key in SSH's wire format names itself (RFC 4253 section 6.6); empty when it is none. */
export function keyType(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0)
  return length > 64 || key.length < 4 + length ? '' : key.toString('latin1', 4, 4 + length)
}

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

const markers = new Map<string, KnownHost['marker']>([
  ['@cert-authority', 'cert-authority'],
  ['@revoked', 'revoked'],
])

function parseLine(line: string, file: string, number: number): KnownHost | undefined {
  const words = line.split(/[ \t\r]+/).filter((word) => word !== '')
  const marked = words[0]?.startsWith('@') ? markers.get(words[0]) : 'none'
  const [hosts, type, base64] = marked === 'none' ? words : words.slice(1)
  if (!marked || !hosts || hosts.startsWith('#') || hosts.startsWith('@') || !type || !base64) return undefined
  const key = /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0)
  return keyType(key) === type ? { file, line: number, marker: marked, hosts, type, key } : undefined
}

function matchesHosts(name: string, hosts: string): boolean {
  if (hosts.startsWith('|')) return hosts === hashedLike(name, hosts)
  return matchesPatterns(name, hosts.toLowerCase().split(','))
}

// |1|salt|HMAC-SHA1(salt, name), both in base64: the format of HashKnownHosts
function hashedLike(name: string, hashed: string): string | undefined {
  const salt = /^\|1\|([A-Za-z0-9+/]+=*)\|/.exec(hashed)?.[1]
  if (salt === undefined) return undefined
  return `|1|${salt}|${createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64')}`
}
