import type { Duplex } from 'node:stream'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { Connection, Endpoint, Transport } from '../model/transport.ts'
import { createConnection } from './connection.ts'
import { hostKeyAlgorithms, hostKeyProblem, knownFor } from './host-key.ts'
import { type Identity, identityProblem, problemsThrown, readIdentity, readPublicKey } from './identity.ts'
import { readKnownHosts } from './known-hosts-file.ts'
import { createLimit } from './limit.ts'
import { newNonceFrom, type RandomBytes } from './nonce.ts'
import { type Credential, connectSsh2, parsePrivateKey, type Ssh2Line } from './ssh2-client.ts'
import { connectProblem } from './ssh2-problem.ts'
import { placeText } from './transport-problem.ts'

const handshakesInFlight = 16 // more gain nothing: the target's sshd and our event loop are the limits

/**
 * Hosts over SSH by the ssh2 library. Host keys are checked as strictly as OpenSSH can; agent forwarding is never on.
 * It knows no certificates and no hardware keys: they are for the openssh transport.
 */
export function createSsh2Transport(options: { readonly randomBytes: RandomBytes }): Transport {
  const limited = createLimit(handshakesInFlight)
  return { open: (endpoint) => limited(() => open(endpoint, options.randomBytes)) }
}

async function open(endpoint: Endpoint, randomBytes: RandomBytes): Promise<Connection> {
  const way = await openWay(endpoint, [...(endpoint.jumps ?? []), endpoint])
  const line = { ...(way.last as Ssh2Line), close: way.close } // sealed: the endpoint itself is the last of at least one
  return createConnection(endpoint, line, newNonceFrom(randomBytes))
}

/** The hosts on the way to an endpoint, logged in to, each through the one before. */
interface Way {
  readonly last: Ssh2Line | undefined // none: there is no host on the way
  readonly close: () => Promise<void>
}

async function openWay(endpoint: Endpoint, hops: readonly Endpoint[]): Promise<Way> {
  const lines: Ssh2Line[] = []
  const close = async (): Promise<void> => {
    for (const line of lines.toReversed()) await line.close()
  }
  try {
    for (const hop of hops) lines.push(await passOn(endpoint, hop, lines.at(-1)))
  } catch (error) {
    await close()
    throw error
  }
  return { last: lines.at(-1), close }
}

/** Works with an endpoint before its login: `connect` gives a stream through the hosts before it, or undefined where there are none. */
export async function behindItsJumps<T>(
  endpoint: Endpoint,
  work: (connect: () => Promise<Duplex | undefined>) => Promise<T>,
): Promise<T> {
  const { last, close } = await openWay(endpoint, endpoint.jumps ?? [])
  try {
    return await work(async () => (last ? forwarded(endpoint, endpoint, last) : undefined))
  } finally {
    await close()
  }
}

/** The line to a host of the way, over the one before it; a problem there says whither it was to lead. */
async function passOn(endpoint: Endpoint, hop: Endpoint, before: Ssh2Line | undefined): Promise<Ssh2Line> {
  const through = before ? await forwarded(endpoint, hop, before) : undefined
  try {
    return await logIn(hop, through)
  } catch (error) {
    if (hop === endpoint || !(error instanceof ProblemError)) throw error
    throw problemsThrown(error.problems.map((problem) => onTheWay(endpoint, problem)))
  }
}

const onTheWay = (endpoint: Endpoint, problem: Problem): Problem => ({
  ...problem,
  host: endpoint.host,
  message: `${problem.message}, on the way to ${placeText(endpoint)}`,
})

async function forwarded(endpoint: Endpoint, hop: Endpoint, before: Ssh2Line): Promise<Duplex> {
  try {
    return await before.forward(hop.address, hop.port)
  } catch (error) {
    const hops = endpoint.jumps ?? []
    const last = hops[hop === endpoint ? hops.length - 1 : hops.indexOf(hop) - 1]
    throw new ProblemError({
      kind: 'unreachable',
      host: endpoint.host,
      message: `${last ? placeText(last) : 'the host before it'} could not connect on to ${placeText(hop)}`,
      detail: error instanceof Error ? error.message : String(error),
      hint: 'is it up? does AllowTcpForwarding of the sshd in between let connections through?',
    })
  }
}

async function logIn(endpoint: Endpoint, through: Duplex | undefined): Promise<Ssh2Line> {
  const known = knownFor(await readKnownHosts(endpoint.knownHostsFiles), endpoint)
  const { credentials, problems } = await readCredentials(endpoint)
  let refusal: Problem | undefined
  const outcome = await connectSsh2({
    ...endpoint,
    ...(through ? { through } : {}),
    timeoutMs: endpoint.connectTimeoutMs,
    credentials,
    hostKeyAlgorithms: hostKeyAlgorithms(known),
    acceptsHostKey: (key) => {
      refusal = hostKeyProblem(known, endpoint, key)
      return refusal === undefined
    },
  })
  if (refusal) throw new ProblemError(refusal)
  if ('text' in outcome) throw connectProblem(endpoint, outcome, problems)
  return outcome
}

interface Credentials {
  readonly credentials: readonly Credential[]
  readonly problems: readonly Problem[]
}

/** The agent, then key files, then the password. A key file that cannot be used matters only if nothing else works. */
async function readCredentials(endpoint: Endpoint): Promise<Credentials> {
  const { agentSocket, password, identityFiles } = endpoint
  const identities = await Promise.all(identityFiles.map((file) => readIdentity(endpoint, file)))
  const keys = identities.map((identity) => keyCredential(endpoint, identity))
  const problems = keys.filter((key) => 'message' in key)
  const credentials: readonly Credential[] = [
    ...(agentSocket ? [await agentCredential(endpoint, agentSocket)] : []),
    ...keys.filter((key) => 'name' in key),
    ...(password ? [{ kind: 'password', name: 'password', password } as const] : []),
  ]
  const onlyProblems = credentials.length === 0 ? problemsThrown(problems) : undefined
  if (onlyProblems) throw onlyProblems
  return { credentials, problems }
}

/** With IdentitiesOnly, of the agent's keys those whose public part lies beside, or as, a named file. */
async function agentCredential({ agentKeys, identityFiles }: Endpoint, socket: string): Promise<Credential> {
  const agent = { kind: 'agent', name: `agent ${socket}`, socket } as const
  if (agentKeys === undefined) return agent
  const keys = await Promise.all(
    identityFiles.map((file) => readPublicKey(file.endsWith('.pub') ? file : `${file}.pub`)),
  )
  return { ...agent, only: keys.filter((key) => key !== undefined) }
}

function keyCredential(endpoint: Endpoint, identity: Identity): Credential | Problem {
  if ('problem' in identity) return identity.problem
  const key = parsePrivateKey(identity.text, endpoint.passphrase)
  return 'reason' in key
    ? identityProblem(endpoint, identity.file, key.reason)
    : { kind: 'key', name: `key ${identity.file}`, key }
}
