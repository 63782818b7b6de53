import type { Problem } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'
import { fingerprint, type KnownHost, type KnownKeys, keyType, lookUp } from './known-hosts.ts'
import { placeText } from './transport-problem.ts'

/** What known_hosts says about an endpoint: under its own port, and under the bare name. */
export interface KnownFor {
  readonly exact: KnownKeys
  readonly bare: KnownKeys
}

export function knownFor(entries: readonly KnownHost[], endpoint: Endpoint): KnownFor {
  const [name, port] = knownName(endpoint)
  const exact = lookUp(entries, name, port)
  return { exact, bare: port === 22 ? exact : lookUp(entries, name, 22) }
}

/** The name and port that known_hosts has for an endpoint; an alias stands for both. */
export const knownName = ({ hostKeyAlias, address, port }: Endpoint): readonly [name: string, port: number] =>
  hostKeyAlias === undefined ? [address, port] : [hostKeyAlias, 22]

/**
 * What is wrong with the key that a host showed, judged as OpenSSH does with StrictHostKeyChecking=yes: some line must
 * hold this very key, and none may revoke it. For a port other than 22, a key known for the bare name is taken too.
 */
export function hostKeyProblem({ exact, bare }: KnownFor, endpoint: Endpoint, key: Buffer): Problem | undefined {
  const isKey = (entry: KnownHost): boolean => entry.key.equals(key)
  const revoked = [...exact.revoked, ...bare.revoked].find(isKey)
  if (revoked) return revokedProblem(endpoint, key, revoked)
  if (exact.keys.some(isKey) || (exact.keys.length === 0 && bare.keys.some(isKey))) return undefined
  if (exact.keys.length > 0) return changedProblem(endpoint, key, exact.keys)
  const [authority] = exact.authorities
  return authority ? authorityProblem(endpoint, authority) : unknownProblem(endpoint, key)
}

/**
 * Which key types to ask for, best first: those known for the host come first, or else a host would show another of
 * its keys and seem changed.
 */
export function hostKeyAlgorithms({ exact, bare }: KnownFor): readonly string[] {
  const known = exact.keys.length > 0 ? exact.keys : bare.keys
  const types = new Set(known.map((entry) => (entry.type === 'ssh-rsa' ? 'rsa' : entry.type)))
  const isKnown = (algorithm: string): boolean =>
    types.has(algorithm) || (types.has('rsa') && algorithm.startsWith('rsa-'))
  return [...algorithms.filter(isKnown), ...algorithms.filter((algorithm) => !isKnown(algorithm))]
}

// without ssh-dss and without ssh-rsa, whose signatures are SHA-1
const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

const keyText = (key: Buffer): string => `${keyType(key)} ${fingerprint(key)}`
const lineText = (entry: KnownHost): string => `${keyText(entry.key)} in ${entry.file}:${entry.line}`

const unknownProblem = (endpoint: Endpoint, key: Buffer): Problem => ({
  kind: 'host-key',
  host: endpoint.host,
  message: `the host key of ${placeText(endpoint)} is not known`,
  detail: `it showed ${keyText(key)}, looked for in ${endpoint.knownHostsFiles.join(', ') || 'no file'}`,
  hint: `compare the fingerprint with the host's own, then: runbook trust ${endpoint.host}`,
})

const changedProblem = (endpoint: Endpoint, key: Buffer, known: readonly KnownHost[]): Problem => ({
  kind: 'host-key',
  host: endpoint.host,
  message: `the host key of ${placeText(endpoint)} has changed: another machine, a reinstalled one, or an attack`,
  detail: [`it showed ${keyText(key)}`, ...known.map((entry) => `known is ${lineText(entry)}`)].join('\n'),
  hint: `only if you know why: runbook trust --replace ${endpoint.host}`,
})

const revokedProblem = (endpoint: Endpoint, key: Buffer, entry: KnownHost): Problem => ({
  kind: 'host-key',
  host: endpoint.host,
  message: `the host key of ${placeText(endpoint)} is revoked`,
  detail: `it showed ${keyText(key)}, marked @revoked in ${entry.file}:${entry.line}`,
  hint: 'the machine needs new host keys; whoever has the revoked one can pretend to be it',
})

const authorityProblem = (endpoint: Endpoint, entry: KnownHost): Problem => ({
  kind: 'host-key',
  host: endpoint.host,
  message: `${placeText(endpoint)} is known by a certificate authority only, and the ssh2 transport reads no host certificates`,
  detail: `authority ${lineText(entry)}`,
  hint: `use the openssh transport for it, or pin its key as well: runbook trust ${endpoint.host}`,
})
