import { type Problem, ProblemError } from '../model/problem.ts'
import type { Connection, Endpoint, Transport } from '../model/transport.ts'
import { createConnection } from './connection.ts'
import { hostKeyAlgorithms, hostKeyProblem, knownFor } from './host-key.ts'
import { type Identity, identityProblem, problemsThrown, readIdentity } from './identity.ts'
import { readKnownHosts } from './known-hosts-file.ts'
import { createLimit } from './limit.ts'
import { newNonceFrom, type RandomBytes } from './nonce.ts'
import { type Credential, connectSsh2, parsePrivateKey } from './ssh2-client.ts'
import { connectProblem } from './ssh2-problem.ts'

const handshakesInFlight = 16 // more gain nothing: the target's sshd and our event loop are the limits

/**
 * Hosts over SSH by the ssh2 library. Host keys are checked as strictly as OpenSSH can; agent forwarding is never on.
 * It knows no certificates, no hardware keys and no ~/.ssh/config: that is for the openssh transport.
 */
export function createSsh2Transport(options: { readonly randomBytes: RandomBytes }): Transport {
  const limited = createLimit(handshakesInFlight)
  return { open: (endpoint) => limited(() => open(endpoint, options.randomBytes)) }
}

async function open(endpoint: Endpoint, randomBytes: RandomBytes): Promise<Connection> {
  const known = knownFor(await readKnownHosts(endpoint.knownHostsFiles), endpoint)
  const { credentials, problems } = await readCredentials(endpoint)
  let refusal: Problem | undefined
  const outcome = await connectSsh2({
    ...endpoint,
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
  return createConnection(endpoint, outcome, newNonceFrom(randomBytes))
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
    ...(agentSocket ? [{ kind: 'agent', name: `agent ${agentSocket}`, socket: agentSocket } as const] : []),
    ...keys.filter((key) => 'name' in key),
    ...(password ? [{ kind: 'password', name: 'password', password } as const] : []),
  ]
  const onlyProblems = credentials.length === 0 ? problemsThrown(problems) : undefined
  if (onlyProblems) throw onlyProblems
  return { credentials, problems }
}

function keyCredential(endpoint: Endpoint, identity: Identity): Credential | Problem {
  if ('problem' in identity) return identity.problem
  const key = parsePrivateKey(identity.text, endpoint.passphrase)
  return 'reason' in key
    ? identityProblem(endpoint, identity.file, key.reason)
    : { kind: 'key', name: `key ${identity.file}`, key }
}
