import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostName } from '../../src/model/id.ts'
import type { Endpoint } from '../../src/model/transport.ts'

const program = '/usr/sbin/sshd'

/** Whether a program is here; none is needed where none is named. */
export const isInstalled = (name: string | undefined): boolean =>
  name === undefined || ['/usr/bin', '/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, name)))

/** Why the tests against a real sshd cannot run here; undefined when they can. */
export function sshdMissing(): string | undefined {
  if (!existsSync(program)) return 'sshd is not installed'
  return process.getuid?.() === 0 ? undefined : 'a private sshd needs root'
}

/** A sshd of our own on a loopback port, with its keys and its log in a folder that goes away with it. */
export interface Sshd {
  readonly port: number
  readonly folder: string
  readonly hostKeys: Readonly<Record<string, string>> // type -> `type base64`
  readonly clientKey: string // file
  log(): string
  keygen(name: string, ...options: string[]): string // makes a key pair in the folder, ed25519 unless told, gives its file
  authorize(key: string): void // lets the key file log in too
  endpoint(change?: Partial<Endpoint>): Endpoint
  knownHosts(lines: readonly string[]): string // writes a file, gives its path
  stop(): Promise<void>
}

export async function startSshd(
  options: {
    readonly types?: readonly string[]
    readonly config?: readonly string[]
    readonly accounts?: (etc: string) => void // fills a copy of /etc that this sshd alone sees
  } = {},
): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-sshd-'))
  mkdirSync('/run/sshd', { recursive: true })
  const keygen = (name: string, ...more: string[]): string => {
    const file = join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file, ...more])
    return file
  }
  const authorize = (key: string): void => appendFileSync(join(folder, 'authorized_keys'), `${publicKey(key)}\n`)
  const types = options.types ?? ['ed25519']
  const files = types.map((type) => keygen(`host_${type}`, '-t', type))
  const hostKeys = Object.fromEntries(files.map((file, index) => [types[index] ?? '', publicKey(file)]))
  const clientKey = keygen('client')
  const port = await freePort()
  authorize(clientKey)
  const etc = options.accounts ? join(folder, 'etc') : undefined
  if (etc && options.accounts) privateEtc(etc, clientKey, options.accounts)
  writeFileSync(
    join(folder, 'config'),
    configText(folder, port, files, [...(etc ? ownAccounts : []), ...(options.config ?? [])]),
  )
  const { log, stop } = await startProgram(folder, etc)
  const knownHosts = (lines: readonly string[]): string => {
    const file = join(mkdtempSync(join(folder, 'known-')), 'known_hosts')
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
    return file
  }
  const pinned = knownHosts(Object.values(hostKeys).map((key) => `[127.0.0.1]:${port} ${key}`))
  const endpoint = (change: Partial<Endpoint> = {}): Endpoint => ({
    host: hostName('web-1'),
    transport: 'ssh2',
    address: '127.0.0.1',
    port,
    user: 'root',
    identityFiles: [clientKey],
    knownHostsFiles: [pinned],
    connectTimeoutMs: 30_000,
    ...change,
  })
  return { port, folder, hostKeys, clientKey, log, keygen, authorize, endpoint, knownHosts, stop }
}

export const publicKey = (file: string): string =>
  readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ')

// before all else, so that it wins: everybody has a home of their own, which must not be where root's folder is
const ownAccounts = ['AuthorizedKeysFile /etc/authorized_keys', 'SetEnv HOST_OF=tests', 'UsePAM no']

function privateEtc(etc: string, clientKey: string, fill: (etc: string) => void): void {
  execFileSync('cp', ['-a', '/etc', etc])
  writeFileSync(join(etc, 'authorized_keys'), `${publicKey(clientKey)}\n`)
  fill(etc)
}

// a locked account gets in through PAM only; without PAM a login is faster
const configText = (folder: string, port: number, hostKeys: readonly string[], more: readonly string[]): string =>
  [
    ...more,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeys.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    `SetEnv HOME=${folder}`, // the .bashrc that a login reads, and where shells begin
    'PermitRootLogin yes',
    'StrictModes no',
    `UsePAM ${isRootLocked() ? 'yes' : 'no'}`,
    'LogLevel VERBOSE',
    'MaxStartups 100',
    '',
  ].join('\n')

const isRootLocked = (): boolean => /^root:!/m.test(readFileSync('/etc/shadow', 'utf8'))

async function startProgram(folder: string, etc: string | undefined): Promise<Pick<Sshd, 'log' | 'stop'>> {
  const sshd = [program, '-D', '-e', '-f', join(folder, 'config')]
  const inside = [
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount --bind "$0" /etc && exec "$@"',
    etc ?? '',
    ...sshd,
  ]
  const [command = '', ...words] = etc === undefined ? sshd : ['unshare', ...inside]
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('Server listening')) resolve()
    })
    child.once('exit', () => reject(new Error(`sshd ended: ${text}`)))
  })
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  return { log: () => text, stop }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
