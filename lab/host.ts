import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isPopulated, killCgroup, makeCgroups, processesOf } from './cgroup.ts'
import { layersOf } from './images.ts'
import { hostKeyFile } from './keys.ts'
import { LabError } from './lab-error.ts'
import { starterArgv } from './nspawn.ts'
import { INSIDE, labPaths } from './paths.ts'
import { type Argv, mustRun, runTool } from './run-tool.ts'
import { seedFiles } from './seed.ts'
import type { SeedFile } from './seed-file.ts'
import type { LabSettings } from './settings.ts'
import { spawnInside } from './spawn-inside.ts'
import { type LabState, topologyOf } from './state.ts'
import { insideArgv, seenFromOutside } from './supervisor.ts'
import type { LabHost } from './topologies.ts'
import { untilTrue } from './until.ts'

/** A running lab and one host of it. */
export interface HostOfLab {
  readonly settings: LabSettings
  readonly state: LabState
  readonly host: LabHost
}

/** Finds a host by name in the running lab. */
export function hostOfLab(settings: LabSettings, state: LabState, name: string): HostOfLab {
  const { hosts } = topologyOf(state)
  const host = hosts.find((candidate) => candidate.name === name)
  if (host !== undefined) return { settings, state, host }
  throw new LabError(`no host ${name} in this lab; it has ${hosts.map((known) => known.name).join(', ')}`, 3)
}

/** Whether the host's machine is on. */
export function isOn({ settings, host }: HostOfLab): boolean {
  return isPopulated(settings.id, host.name)
}

/** Whether the host has a disk, from an earlier boot. */
export function hasRoot({ state, host }: HostOfLab): boolean {
  return existsSync(seenFromOutside(state.init, `${INSIDE.root(host.name)}/usr`))
}

/** Gives the host a new, empty upper layer over its image, with its own files in it. The host has to be off. */
export async function makeRoot({ settings, state, host }: HostOfLab): Promise<void> {
  await runTool(insideArgv(state.init, ['umount', '--recursive', '--lazy', INSIDE.host(host.name)]))
  const folder = INSIDE.host(host.name)
  mkdirSync(seenFromOutside(state.init, folder), { recursive: true })
  const tmpfs: Argv = ['mount', '-t', 'tmpfs', '-o', 'size=2g,mode=755', `lab-${settings.id}`, folder]
  await mustRun(insideArgv(state.init, tmpfs), `${host.name}: a tmpfs for its changes`)
  for (const part of ['upper', 'work', 'root']) mkdirSync(seenFromOutside(state.init, `${folder}/${part}`))
  const upper = seenFromOutside(state.init, INSIDE.upper(host.name))
  for (const file of seedFiles(host, topologyOf(state), identityOf(settings, host))) writeSeed(upper, file)
  await mustRun(insideArgv(state.init, overlayArgv(settings.id, host)), `${host.name}: mounting its root`)
}

/** Argument list that mounts a host's root: its own upper layer over the image's layers. */
export function overlayArgv(id: string, host: LabHost): Argv {
  const folder = INSIDE.host(host.name)
  const lower = layersOf(host.image).map(INSIDE.image).join(':')
  const options = `lowerdir=${lower},upperdir=${folder}/upper,workdir=${folder}/work`
  return ['mount', '-t', 'overlay', '-o', options, `lab-${id}`, `${folder}/root`]
}

/** Switches the host on and returns when its first process runs; does not wait for its sshd. */
export async function bootHost(target: HostOfLab, devices: readonly string[] = []): Promise<void> {
  const { settings, state, host } = target
  const log = consoleLog(settings, host.name)
  await spawnInside(state.init, starterArgv(host, makeCgroups(settings.id, host.name), devices), log)
  await untilTrue(() => isOn(target), { what: `${host.name} to start (see ${log})` })
}

/** Pulls the plug: the network first, so that no peer hears a word of it, then everything at once. */
export async function crash(target: HostOfLab): Promise<void> {
  const { settings, state, host } = target
  for (const card of ['v', 'w'])
    await runTool(insideArgv(state.init, ['ip', 'link', 'set', `${card}-${host.name}`, 'down']))
  await killCgroup(settings.id, host.name)
  await untilOff(target)
}

/** Asks the host's systemd to power off, and waits until it has. */
export async function powerOff(target: HostOfLab): Promise<void> {
  const { settings, host } = target
  for (const pid of processesOf(settings.id, host.name))
    if (commandOf(pid) === 'systemd-nspawn') process.kill(pid, 'SIGTERM')
  await untilOff(target)
}

/** Where a host's console output goes. */
export function consoleLog(settings: LabSettings, name: string): string {
  return join(labPaths(settings.stateDir).logs, `${name}.log`)
}

/** Off for good is: no process, and its starter has taken the network away. */
async function untilOff({ settings, state, host }: HostOfLab): Promise<void> {
  const netns = seenFromOutside(state.init, INSIDE.netns(host.name))
  const off = () => !isPopulated(settings.id, host.name) && !existsSync(netns)
  await untilTrue(off, { what: `${host.name} to be off`, deadlineMs: 100_000 })
}

function identityOf(settings: LabSettings, host: LabHost) {
  const paths = labPaths(settings.stateDir)
  const key = hostKeyFile(paths, host.name)
  return {
    machineId: randomUUID().replaceAll('-', ''),
    hostKey: readFileSync(key, 'utf8'),
    hostKeyPublic: readFileSync(`${key}.pub`, 'utf8'),
    authorizedKey: readFileSync(paths.publicKey, 'utf8'),
  }
}

function writeSeed(upper: string, file: SeedFile): void {
  const path = join(upper, file.path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileSync(path, file.content)
  chmodSync(path, file.mode ?? 0o644)
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}
