import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../src/model/command.ts'
import { hostName } from '../../src/model/id.ts'
import type { Connection, Endpoint } from '../../src/model/transport.ts'
import type { Channel, OpenChannel } from '../../src/transport/channel.ts'
import { createConnection } from '../../src/transport/connection.ts'
import { openLocalChannel } from '../../src/transport/local-transport.ts'
import { newNonceFrom } from '../../src/transport/nonce.ts'

const programs = { dash: '/usr/bin/dash', bash: '/usr/bin/bash', ash: '/usr/bin/busybox' } as const
export type ShellName = keyof typeof programs

/** The shells that are here; a test says by name which one it ran on, or that it is not installed. */
export const shells = Object.keys(programs).map((name) => name as ShellName)

export function isInstalled(shell: ShellName): boolean {
  try {
    accessSync(programs[shell], constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface Watched extends Connection {
  readonly home: string // where commands begin: an empty folder of its own
  readonly writes: readonly string[] // what was written to shells, one piece each
  readonly channels: readonly Channel[]
}

/** This machine as a host whose /bin/sh is the given shell, or after `prelude` in the login shell. */
export function connectionTo(
  shell: ShellName,
  options: { prelude?: string; path?: string; endpoint?: Partial<Endpoint> } = {},
): Watched {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-shell-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  const sh = shellProgram(folder, shell)
  const writes: string[] = []
  const channels: Channel[] = []
  const openChannel: OpenChannel = async (command, listener) => {
    const inPath = options.path === undefined ? command : command.replace(/PATH=\S+/, `PATH=${options.path}`)
    const text = inPath.replace('/bin/sh', sh).replace('"$HOME"', quote(home))
    const channel = await openLocalChannel(`${options.prelude ?? ''}\n${text}`, listener)
    channels.push(channel)
    return {
      ...channel,
      write: (bytes) => {
        writes.push(bytes.toString())
        channel.write(bytes)
      },
    }
  }
  const close = (): Promise<void> => Promise.resolve(rmSync(folder, { recursive: true, force: true }))
  const line = { openChannel, lossOf: () => undefined, close }
  const connection = createConnection({ ...localEndpoint, ...options.endpoint }, line, newNonceFrom(randomBytes))
  return { ...connection, home, writes, channels }
}

export const localEndpoint: Endpoint = {
  host: hostName('here'),
  transport: 'local',
  address: '',
  port: 22,
  user: 'root',
  identityFiles: [],
  knownHostsFiles: [],
  connectTimeoutMs: 30_000,
}

// bash is itself only when called bash: as /bin/sh of other systems it is called sh
function shellProgram(folder: string, shell: ShellName): string {
  symlinkSync(programs[shell], join(folder, 'sh'))
  return join(folder, 'sh')
}
