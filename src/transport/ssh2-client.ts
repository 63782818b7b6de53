import type { Duplex } from 'node:stream'
import ssh2, {
  type Algorithms,
  type AnyAuthMethod,
  type AuthenticationType,
  type Client,
  type ClientChannel,
  type IdentityCallback,
  type KeyboardInteractiveAuthMethod,
  type ParsedKey,
  type ServerHostKeyAlgorithm,
} from 'ssh2'
import type { Secret } from '../model/secret.ts'
import type { Channel, ChannelEnd, ChannelListener } from './channel.ts'
import type { Line } from './connection.ts'

const keepalive = { intervalMs: 15_000, countMax: 3 } // three lost in a row cut the connection
const closeGraceMs = 1000

/** A way to prove who we are; `name` is what problems call it. */
export type Credential = { readonly name: string } & (
  | { readonly kind: 'agent'; readonly socket: string; readonly only?: readonly Buffer[] } // public keys in wire format
  | { readonly kind: 'key'; readonly key: ParsedKey }
  | { readonly kind: 'password'; readonly password: Secret }
)

export interface ClientOptions {
  readonly address: string
  readonly port: number
  readonly user: string
  readonly timeoutMs: number // for all of connecting and logging in
  readonly hostKeyAlgorithms: readonly string[]
  readonly acceptsHostKey: (key: Buffer) => boolean
  readonly credentials: readonly Credential[] // tried in order
  readonly keepalive?: { readonly intervalMs: number; readonly countMax: number }
  readonly through?: Duplex // a stream to the host, made by one on the way
}

/** Why there is no connection, in ssh2's words, and how far it came. */
export interface ConnectFailure {
  readonly text: string
  readonly code: string | undefined // of the operating system: ECONNREFUSED, ...
  readonly isTimeout: boolean
  readonly reached: boolean // the TCP connection stood
  readonly tried: readonly string[] // names of credentials, with what their agent said
  readonly offered: readonly string[] // methods that the server takes, where it told
}

/** A line that can carry connections on to other hosts. */
export interface Ssh2Line extends Line {
  /** A stream from the host to an address that it can reach. */
  readonly forward: (address: string, port: number) => Promise<Duplex>
}

/** Connects and logs in. The host key is always judged, before any credential is shown. */
export function connectSsh2(options: ClientOptions): Promise<Ssh2Line | ConnectFailure> {
  const client = new ssh2.Client()
  const attempt = createAttempt(options)
  const { promise, resolve } = Promise.withResolvers<Ssh2Line | ConnectFailure>()
  const fail = (error: Error): void => {
    resolve(attempt.failure(error))
    client.end()
  }
  client.once('connect', () => {
    attempt.reached()
    if (!options.through) client.setNoDelay(true)
  })
  client.on('error', (error: Error & { level?: string }) => {
    if (error.level === 'agent') attempt.note(error.message)
    else fail(error)
  })
  client.once('close', () => fail(new Error('the connection was closed before login')))
  client.once('ready', () => resolve(createLine(client)))
  client.connect({
    ...(options.through ? { sock: options.through } : { host: options.address, port: options.port }),
    username: options.user,
    readyTimeout: options.timeoutMs,
    keepaliveInterval: (options.keepalive ?? keepalive).intervalMs,
    keepaliveCountMax: (options.keepalive ?? keepalive).countMax,
    hostVerifier: (key: Buffer) => options.acceptsHostKey(key),
    algorithms: { ...algorithms, serverHostKey: options.hostKeyAlgorithms as ServerHostKeyAlgorithm[] }, // from host-key.ts
    authHandler: (methods, _partial, next) => next(attempt.nextMethod(methods)),
  })
  return promise
}

/** The private key in a file's text, or why there is none. */
export function parsePrivateKey(text: Buffer, passphrase: Secret | undefined): ParsedKey | { readonly reason: string } {
  try {
    const key: ParsedKey | Error | ParsedKey[] = ssh2.utils.parseKey(text, passphrase?.reveal())
    if (key instanceof Error) return { reason: key.message }
    const first = Array.isArray(key) ? key[0] : key // some formats hold several
    return first?.isPrivateKey() ? first : { reason: 'it is a public key' }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

// No SHA-1, no CBC, no MD5, and of what the prefix attack on SSH (CVE-2023-48795) needs, neither ChaCha20 nor CBC.
// Group exchange last: it costs a second of computing in JavaScript.
const algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} satisfies Algorithms

function createAttempt({ user, credentials }: ClientOptions) {
  const untried = [...credentials]
  const tried: string[] = []
  let offered: readonly string[] = []
  let isReached = false
  return {
    reached: () => {
      isReached = true
    },
    note: (text: string) => {
      tried.push(`${tried.pop() ?? 'agent'} (${text})`)
    },
    // what ssh2 takes for "no more" is missing in its types
    nextMethod: (methods: AuthenticationType[] | null): AnyAuthMethod => {
      offered = methods ?? offered
      const at = untried.findIndex((credential) => isOffered(credential, methods))
      // a password may be given in two ways: the server must say which one it takes
      if (!methods && untried[at]?.kind === 'password') return { type: 'none', username: user }
      const [credential] = at < 0 ? [] : untried.splice(at, 1)
      if (!credential) return false as unknown as AnyAuthMethod
      tried.push(credential.name)
      return authMethod(user, credential, methods)
    },
    failure: (error: Error & { level?: string; code?: unknown }): ConnectFailure => ({
      text: error.message,
      code: typeof error.code === 'string' ? error.code : undefined,
      isTimeout: error.level === 'client-timeout',
      reached: isReached,
      tried,
      offered,
    }),
  }
}

// until the server has said which methods it takes, all are tried
const isOffered = (credential: Credential, methods: readonly string[] | null): boolean =>
  !methods ||
  methods.some((method) => (credential.kind === 'password' ? passwordMethods.includes(method) : method === 'publickey'))

const passwordMethods: readonly string[] = ['password', 'keyboard-interactive']

function authMethod(username: string, credential: Credential, methods: readonly string[] | null): AnyAuthMethod {
  switch (credential.kind) {
    case 'agent':
      return { type: 'agent', username, agent: new NamedKeysAgent(credential.socket, credential.only) }
    case 'key':
      return { type: 'publickey', username, key: credential.key }
    case 'password': {
      const password = credential.password.reveal()
      if (!methods || methods.includes('password')) return { type: 'password', username, password }
      return { type: 'keyboard-interactive', username, prompt: answerOnce(password) }
    }
  }
}

/** The agent behind a socket, of which only some keys are used: a server lets one try a few only. */
class NamedKeysAgent extends ssh2.OpenSSHAgent {
  readonly #only: readonly Buffer[] | undefined

  constructor(socket: string, only: readonly Buffer[] | undefined) {
    super(socket)
    this.#only = only
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    const isMeant = (key: ParsedKey): boolean => this.#only?.some((one) => one.equals(key.getPublicSSH())) ?? true
    super.getIdentities((error, keys) =>
      callback(
        error,
        keys?.filter((key) => isMeant(key as ParsedKey)),
      ),
    ) // sealed: what this agent gives
  }
}

// one hidden question is the password; anything else (a second factor) is not ours to answer
function answerOnce(password: string): KeyboardInteractiveAuthMethod['prompt'] {
  let isGiven = false
  return (_name, _instructions, _language, prompts, finish) => {
    const isPassword = !isGiven && prompts.length === 1 && prompts[0]?.echo !== true
    isGiven = true
    finish(isPassword ? [password] : prompts.map(() => ''))
  }
}

function createLine(client: Client): Ssh2Line {
  let loss: string | undefined
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.on('error', (error) => {
    loss ??= error.message
  })
  client.once('close', () => {
    loss ??= 'the other side closed it'
  })
  return {
    lossOf: () => loss,
    openChannel: (command, listener) => openChannel(client, command, listener),
    forward: (address, port) =>
      new Promise((resolve, reject) => {
        client.forwardOut('127.0.0.1', 0, address, port, (error, stream) => (error ? reject(error) : resolve(stream)))
      }),
    close: async () => {
      client.end()
      const timer = setTimeout(() => client.destroy(), closeGraceMs) // a frozen peer never says goodbye
      await closed
      clearTimeout(timer)
    },
  }
}

const openChannel = (client: Client, command: string, listener: ChannelListener): Promise<Channel> =>
  new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error) reject(error)
      else resolve(createChannel(stream, listener))
    })
  })

function createChannel(stream: ClientChannel, listener: ChannelListener): Channel {
  let end: ChannelEnd = {}
  stream.on('data', listener.stdout)
  stream.stderr.on('data', listener.stderr)
  stream.on('exit', (code: number | null, signal?: string) => {
    end = { ...(code === null ? {} : { code }), ...(signal === undefined ? {} : { signal: `SIG${signal}` }) }
  })
  stream.on('error', () => {}) // a write after the end: `close` tells
  // its close waits for the end of stdout only
  const drained = new Promise((resolve) => stream.stderr.once('end', resolve))
  stream.once('close', () => void drained.then(() => listener.ended(end)))
  return {
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    close: () => stream.close(),
  }
}
