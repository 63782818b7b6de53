import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { childProcesses } from './child-processes.ts'
import type { BenchHost } from './host.ts'
import { runToEnd } from './run-to-end.ts'
import { untilTrue } from './until-true.ts'

const SSHD = '/usr/sbin/sshd' // sshd refuses to be started by a relative path
const ADDRESS = '127.0.0.1'

/**
 * Starts a real sshd on a free loopback port with keys, settings and log of its own under `folder`; this machine is
 * the host, root the only user. Needs root and openssh-server.
 */
export async function startPrivateSshd(folder: string): Promise<BenchHost> {
  const files = await writeFiles(folder, await freePort())
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }) // where sshd separates privileges; its unit would make it
  const sshd = spawn(SSHD, ['-D', '-f', files.config, '-E', files.log], { stdio: 'ignore' })
  const host = hostOf(files, sshd, folder)
  await untilTrue(() => {
    if (sshd.exitCode !== null) throw new Error(`sshd did not start:\n${host.log()}`)
    return host.log().includes('Server listening on')
  }, 'sshd to listen')
  return host
}

interface SshdFiles {
  readonly port: number
  readonly config: string
  readonly log: string
  readonly identityFile: string
  readonly knownHostsFile: string
}

async function writeFiles(folder: string, port: number): Promise<SshdFiles> {
  const at = (name: string): string => join(folder, name)
  mkdirSync(at('home'))
  await Promise.all([makeKey(at('host_key')), makeKey(at('user_key'))])
  writeFileSync(at('authorized_keys'), readFileSync(at('user_key.pub')), { mode: 0o600 })
  writeFileSync(at('known_hosts'), `[${ADDRESS}]:${port} ${readFileSync(at('host_key.pub'), 'utf8')}`)
  writeFileSync(at('log'), '')
  writeFileSync(at('sshd_config'), settings(folder, port))
  return {
    port,
    config: at('sshd_config'),
    log: at('log'),
    identityFile: at('user_key'),
    knownHostsFile: at('known_hosts'),
  }
}

const makeKey = (file: string): Promise<string> =>
  runToEnd(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', file])

// StrictModes would refuse keys below a temporary folder. An empty home, because bash reads the ~/.bashrc of whoever
// comes by ssh, and this machine's may start programs. All that is not named here is sshd's default.
const settings = (folder: string, port: number): string =>
  [
    `ListenAddress ${ADDRESS}:${port}`,
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile ${folder}/sshd.pid`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    `SetEnv HOME=${folder}/home`,
    'LogLevel VERBOSE',
    '',
  ].join('\n')

function hostOf(files: SshdFiles, sshd: ChildProcess, folder: string): BenchHost {
  const log = (): string => readFileSync(files.log, 'utf8')
  return {
    name: 'bench',
    address: ADDRESS,
    port: files.port,
    user: 'root',
    identityFile: files.identityFile,
    knownHostsFile: files.knownHostsFile,
    folder: join(folder, 'host'),
    units: undefined,
    way: [],
    runScript: async (text) => {
      await runToEnd(['/bin/sh', '-e'], text)
    },
    untilIdle: (connections) => untilTrue(() => childProcesses(sshd.pid ?? 0).length <= connections, 'sshd to be idle'),
    log,
    stop: async () => {
      if (sshd.exitCode !== null || sshd.signalCode !== null) return
      sshd.kill('SIGTERM')
      await once(sshd, 'exit')
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, ADDRESS)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
