import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { labPaths } from '../../lab/paths.ts'
import { requireState } from '../../lab/state.ts'
import { networkArgv } from '../../lab/supervisor.ts'
import type { Cli } from '../lab/support/cli-at.ts'
import type { Rig } from './scenario.ts'

/** A way to the host that obeys: it can be cut at a byte, slowed, or led to another host. See network-proxy.ts. */
export interface Detour {
  readonly cli: Cli // that goes this way
  readonly order: (order: object) => void
  /** Waits until so many connections have been taken, or cut. */
  readonly seen: (what: 'taken' | 'cut', count: number) => Promise<void>
  readonly count: (what: 'taken' | 'cut') => number
}

const PROXY = path.join(import.meta.dirname, 'network-proxy.ts')
const WAIT_MS = 90_000
let port = 20_000

/** Makes such a way for the rig's host; the host's own key is known under it. */
export async function openDetour(rig: Rig): Promise<Detour> {
  port += 1
  const { settings, address } = rig
  const [tool, ...words] = networkArgv(requireState(settings).init, [
    process.execPath,
    PROXY,
    `${port}`,
    `${address}:22`,
  ])
  const child = spawn(tool, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  rig.atEnd(() => child.kill('SIGKILL'))
  const seen = { taken: 0, cut: 0, listening: 0 }
  createInterface({ input: child.stdout }).on('line', (line) => {
    for (const what of Object.keys(JSON.parse(line))) seen[what as keyof typeof seen] += 1 // printed by network-proxy.ts
  })
  const until = async (what: keyof typeof seen, count: number): Promise<void> => {
    for (const end = performance.now() + WAIT_MS; seen[what] < count; await delay(5))
      if (performance.now() > end) throw new Error(`waited in vain for ${count} connections to be ${what}`)
  }
  await until('listening', 1)
  return {
    cli: rig.cliWith({ inventory: detourInventory(rig, port) }),
    order: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    seen: until,
    count: (what) => seen[what],
  }
}

function detourInventory({ settings, host, write }: Rig, at: number): string {
  const { key, knownHosts } = labPaths(settings.stateDir)
  const known =
    readFileSync(knownHosts, 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${host},`)) ?? ''
  const own = write('known_hosts', `[10.77.0.1]:${at} ${known.split(' ').slice(1).join(' ')}\n`)
  return write(
    'detour.yaml',
    `all:
  vars: {ansible_user: root, ansible_ssh_private_key_file: ${key}, ansible_ssh_common_args: "-o UserKnownHostsFile=${own}"}
  hosts:
    ${host}: {ansible_host: 10.77.0.1, ansible_port: ${at}}
`,
  )
}
