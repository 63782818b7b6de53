import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INSIDE, labPaths } from '../lab/paths.ts'
import type { LabSettings } from '../lab/settings.ts'
import { sshArgv } from '../lab/ssh.ts'
import { type LabState, requireState, topologyOf } from '../lab/state.ts'
import { networkArgv, seenFromOutside } from '../lab/supervisor.ts'
import { childProcesses } from './child-processes.ts'
import type { BenchHost } from './host.ts'
import { runToEnd } from './run-to-end.ts'
import { untilTrue } from './until-true.ts'

const HOST = 'h1'
const PORT = 2022
const ON_HOST = '/opt/runbook-bench'

/**
 * Host h1 of a lab that is up, with systemd. A second sshd is started on it,
 * with Debian's settings and a log of its own; `folder` gets a known_hosts for it. `user` logs in: root, or one with sudo.
 */
export async function startLabHost(folder: string, user: string, settings: LabSettings): Promise<BenchHost> {
  const state = requireState(settings)
  const paths = labPaths(settings.stateDir)
  const runScript = async (text: string): Promise<void> => {
    await runToEnd(sshArgv(settings, state, HOST, ['/bin/sh', '-e']), text)
  }
  await runScript(START)
  const sshd = Number(await runToEnd(['pgrep', '-o', '-f', `^sshd: /usr/sbin/sshd .*PidFile=${ON_HOST}/`]))
  const knownHostsFile = join(folder, 'known_hosts')
  const address = addressOf(state)
  writeFileSync(knownHostsFile, `[${address}]:${PORT} ${keyOf(paths.knownHosts, address)}\n`)
  return {
    name: HOST,
    address,
    port: PORT,
    user,
    identityFile: paths.key,
    knownHostsFile,
    folder: `${ON_HOST}/w1`,
    units: ['cron.service', 'dbus.service'],
    way: networkArgv(state.init, ['true']).slice(0, -1),
    runScript,
    untilIdle: (connections) => untilTrue(() => childProcesses(sshd).length <= connections, 'sshd to be idle'),
    log: () => readFileSync(seenFromOutside(state.init, `${INSIDE.root(HOST)}${ON_HOST}/log`), 'utf8'),
    stop: () => runScript(`kill "$(cat ${ON_HOST}/pid)"; rm -r ${ON_HOST}`),
  }
}

const START = `
[ -e ${ON_HOST}/pid ] && kill "$(cat ${ON_HOST}/pid)" || :
mkdir -p ${ON_HOST}
/usr/sbin/sshd -p ${PORT} -E ${ON_HOST}/log -o LogLevel=VERBOSE -o PidFile=${ON_HOST}/pid
until [ -e ${ON_HOST}/pid ]; do sleep 0.1; done
`

function addressOf(state: LabState): string {
  const host = topologyOf(state).hosts.find(({ name }) => name === HOST)
  if (!host) throw new Error(`no ${HOST} in this lab: npm run lab -- up one`)
  return host.address
}

/** The type and key that the lab's own known_hosts has for an address. */
function keyOf(knownHosts: string, address: string): string {
  const line = readFileSync(knownHosts, 'utf8')
    .split('\n')
    .find((text) => text.split(' ')[0]?.split(',').includes(address))
  if (!line) throw new Error(`${knownHosts} has no key for ${address}`)
  return line.split(' ').slice(1, 3).join(' ')
}
