import type { Duplex } from 'node:stream'
import { ProblemError } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'
import { knownFor, knownName } from './host-key.ts'
import { fingerprint, hostPattern, type KnownHost, keyType, renderKnownHost } from './known-hosts.ts'
import { appendKnownHosts, readKnownHosts, removeLines } from './known-hosts-file.ts'
import { type ConnectFailure, connectSsh2 } from './ssh2-client.ts'
import { connectProblem } from './ssh2-problem.ts'
import { behindItsJumps } from './ssh2-transport.ts'
import { placeText } from './transport-problem.ts'

/** A host key as the host showed it, not yet trusted by anybody. */
export interface HostKey {
  readonly type: string
  readonly fingerprint: string // SHA256:..., as ssh-keygen -l prints it
  readonly line: string // for known_hosts
  readonly standing: 'unknown' | 'known' | 'changed' | 'revoked' // by the files of the endpoint
  readonly replaces: readonly KnownHost[] // of a changed one: the known keys of its type
}

const families = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
]

/** Asks the host for its keys, one of each family that it has, and goes no further: nothing of ours is shown. */
export async function fetchHostKeys(endpoint: Endpoint): Promise<readonly HostKey[]> {
  const known = knownFor(await readKnownHosts(endpoint.knownHostsFiles), endpoint).exact
  const keys = await behindItsJumps(endpoint, (connect) => fetchKeys(endpoint, connect))
  const standing = (key: Buffer): HostKey['standing'] => {
    if (known.revoked.some((entry) => entry.key.equals(key))) return 'revoked'
    if (known.keys.some((entry) => entry.key.equals(key))) return 'known'
    return known.keys.some((entry) => entry.type === keyType(key)) ? 'changed' : 'unknown'
  }
  return keys.map((key) => ({
    type: keyType(key),
    fingerprint: fingerprint(key),
    line: renderKnownHost(...knownName(endpoint), key),
    standing: standing(key),
    replaces: standing(key) === 'changed' ? known.keys.filter((entry) => entry.type === keyType(key)) : [],
  }))
}

/**
 * Stores keys that a person has compared, in the first known_hosts file; those already there are left alone. A key
 * that replaces another, or that is revoked, is refused: that is not for a program to decide.
 */
export async function trustHost(endpoint: Endpoint, keys: readonly HostKey[]): Promise<void> {
  const [file] = endpoint.knownHostsFiles
  if (!file) throw refused(endpoint, 'there is no known_hosts file to write to', 'give one')
  if (!/^[A-Za-z0-9._:%-]+$/.test(endpoint.address))
    throw refused(endpoint, `${endpoint.address} is no address`, 'correct it')
  const bad = keys.find((key) => key.standing === 'changed' || key.standing === 'revoked')
  if (bad) {
    const message = `the ${bad.type} key of ${placeText(endpoint)} is ${bad.standing === 'changed' ? 'not the one that is known' : 'revoked'}`
    throw refused(
      endpoint,
      message,
      bad.standing === 'changed'
        ? `if you know why: runbook trust --replace ${endpoint.host}`
        : 'the machine needs new host keys',
    )
  }
  const lines = keys.filter((key) => key.standing === 'unknown').map((key) => key.line)
  if (lines.length > 0) await appendKnownHosts(file, lines)
}

/**
 * Puts changed keys, which a person has compared, in place of the known ones. A line that stands for other hosts too,
 * or is not in the first file, is refused: what it says of them is not ours to delete.
 */
export async function replaceKeys(endpoint: Endpoint, keys: readonly HostKey[]): Promise<void> {
  const name = hostPattern(...knownName(endpoint))
  const old = keys.flatMap((key) => key.replaces)
  const [file] = endpoint.knownHostsFiles
  const foreign = old.find((entry) => entry.file !== file || !(entry.hosts === name || entry.hosts.startsWith('|')))
  if (foreign) {
    const message = `${foreign.file}:${foreign.line} says the old key of ${placeText(endpoint)}, and is not for it alone`
    throw refused(endpoint, message, 'change that line by hand')
  }
  const left = keys.map((key) => (key.standing === 'changed' ? { ...key, standing: 'unknown' as const } : key))
  if (file) await removeLines(file, old)
  await trustHost(endpoint, left)
}

async function fetchKeys(endpoint: Endpoint, connect: () => Promise<Duplex | undefined>): Promise<readonly Buffer[]> {
  const keys: Buffer[] = []
  for (const family of families) {
    const found = await fetchKey(endpoint, family, await connect())
    if (Buffer.isBuffer(found)) keys.push(found)
    else if (!found.text.includes('no matching host key') || (family === families.at(-1) && keys.length === 0))
      throw connectProblem(endpoint, found, [])
  }
  return keys
}

async function fetchKey(
  endpoint: Endpoint,
  family: readonly string[],
  through: Duplex | undefined,
): Promise<Buffer | ConnectFailure> {
  let shown: Buffer | undefined
  const outcome = await connectSsh2({
    ...endpoint,
    ...(through ? { through } : {}),
    timeoutMs: endpoint.connectTimeoutMs,
    credentials: [],
    hostKeyAlgorithms: family,
    acceptsHostKey: (key) => {
      shown = key
      return false
    },
  })
  if (shown) return shown
  return outcome as ConnectFailure // sealed: nobody is let in without having shown a key
}

const refused = (endpoint: Endpoint, message: string, hint: string): ProblemError =>
  new ProblemError({ kind: 'host-key', host: endpoint.host, message, hint })
