/** The lab as functions, for tests, demos and the command line. */
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { buildImages } from './build-image.ts'
import { killCgroup, removeCgroups } from './cgroup.ts'
import { attachDisks, devicesOf } from './disks.ts'
import { requireFreeAddresses, startForwarders } from './forward.ts'
import { makeDisks, startGuests } from './guests/guests.ts'
import { bootHost, crash, type HostOfLab, hasRoot, hostOfLab, isOn, makeRoot, powerOff } from './host.ts'
import { type ImageName, imageFile, layersOf } from './images.ts'
import { requireInotify } from './inotify.ts'
import { renderInventory } from './inventory.ts'
import { writeKeys } from './keys.ts'
import { LabError } from './lab-error.ts'
import { leftovers } from './leftovers.ts'
import { withLock } from './lock.ts'
import { labPaths } from './paths.ts'
import { requireMachine, requireRoot } from './requirements.ts'
import { type Argv, type Outcome, runTool } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { sshArgv } from './ssh.ts'
import { forgetState, type LabState, readState, requireState, topologyOf, writeState } from './state.ts'
import { networkArgv, startSupervisor } from './supervisor.ts'
import { type LabHost, machinesOf, TOPOLOGIES, type Topology, type TopologyName } from './topologies.ts'
import { until } from './until.ts'
import { untilGuestsAnswer, untilUp } from './wait.ts'

/**
 * Makes the lab be up: builds images that are missing, sweeps what a killed lab left, starts what does not run, and
 * returns when every sshd answers and an etcd cluster's members are healthy. Fails when another topology is up.
 */
export async function upLab(name: TopologyName, settings: LabSettings): Promise<LabState> {
  requireMachine()
  const topology = TOPOLOGIES[name]
  await buildImages(settings, imagesOf(topology))
  return locked(settings, async () => {
    const state = await started(name, settings)
    requireInotify(topology.hosts.filter((host) => !isOn({ settings, state, host })).length)
    await startForwarders(settings, state)
    await Promise.all(topology.hosts.map((host) => switchedOn({ settings, state, host })))
    await untilUp(state, topology.hosts, membersOf(state))
    await untilGuestsUp({ settings, state })
    return state
  })
}

/** Ends the lab and verifies that nothing of it is left on the machine; fine when none is up. Keys and logs stay. */
export async function downLab(settings: LabSettings): Promise<void> {
  requireRoot()
  await locked(settings, async () => {
    await sweep(settings)
    const none = () => (leftovers(settings).length === 0 ? true : undefined)
    await until(none, { what: 'the lab to be gone' }).catch((error: LabError) => {
      throw new LabError(`${error.message}; left: ${leftovers(settings).join(', ')}`)
    })
  })
}

/** Runs a command on a host as root (or `user@host`); its words reach the host's shell joined by spaces, as with ssh. */
export function sshLab(host: string, argv: readonly string[], settings: LabSettings): Promise<Outcome> {
  return runTool(sshArgv(settings, requireState(settings), host, argv))
}

/** Runs a command inside the lab's network, where the hosts have their direct addresses and no route leads out. */
export function execLab(argv: Argv, settings: LabSettings): Promise<Outcome> {
  return runTool(networkArgv(requireState(settings).init, argv))
}

/** Pulls the plug of a host: nothing is flushed, its peers hear nothing. It stays off, with its disk as it was. */
export async function crashHost(host: string, settings: LabSettings): Promise<void> {
  await locked(settings, () => crash(hostOfLab(settings, requireState(settings), host)))
}

/** Powers a host off in order; it stays off. */
export async function stopHost(host: string, settings: LabSettings): Promise<void> {
  await locked(settings, () => powerOff(hostOfLab(settings, requireState(settings), host)))
}

/**
 * Switches a host on again with the disk it had, and waits until its sshd answers; in a cluster of etcd whose hosts are
 * all on then, also until every member is healthy.
 */
export async function startHost(host: string, settings: LabSettings): Promise<void> {
  await locked(settings, async () => {
    const state = requireState(settings)
    const target = hostOfLab(settings, state, host)
    await switchedOn(target)
    await untilUp(state, [target.host], whole(settings, state) ? membersOf(state) : [])
    await untilGuestsUp({ settings, state })
  })
}

/**
 * Makes a host as new: off, all changes thrown away, on again. In a cluster of etcd all hosts are reset together, as a
 * member without its data could not join its old cluster. Gives the names of the hosts that were reset.
 */
export async function resetHost(host: string, settings: LabSettings): Promise<readonly string[]> {
  const state = requireState(settings)
  const target = hostOfLab(settings, state, host)
  return resetHosts(settings, membersOf(state).length === 0 ? [target.host] : topologyOf(state).hosts)
}

/** Makes every host of the lab as new; see `resetHost`. */
export function resetLab(settings: LabSettings): Promise<readonly string[]> {
  return resetHosts(settings, topologyOf(requireState(settings)).hosts)
}

function resetHosts(settings: LabSettings, hosts: readonly LabHost[]): Promise<readonly string[]> {
  return locked(settings, async () => {
    const state = requireState(settings)
    const targets = hosts.map((host) => ({ settings, state, host }))
    await Promise.all(targets.map(crash))
    await Promise.all(targets.map(newRoot))
    await Promise.all(targets.map((target) => bootHost(target, devicesOf(target))))
    await untilUp(state, hosts, membersOf(state))
    await untilGuestsUp({ settings, state })
    return hosts.map((host) => host.name)
  })
}

async function switchedOn(target: HostOfLab): Promise<void> {
  if (isOn(target)) return
  if (!hasRoot(target)) await newRoot(target)
  await bootHost(target, devicesOf(target))
}

async function newRoot(target: HostOfLab): Promise<void> {
  await makeRoot(target)
  await attachDisks(target)
  await makeDisks(target)
}

/** The first host runs the guests, where the topology has any. */
async function untilGuestsUp({ settings, state }: Pick<HostOfLab, 'settings' | 'state'>): Promise<void> {
  const { hosts, guests = [] } = topologyOf(state)
  const [host] = hosts
  if (host === undefined || guests.length === 0) return
  await startGuests({ settings, state, host })
  await untilGuestsAnswer(state, guests)
}

/** The members of the lab's etcd cluster; none in other labs. */
function membersOf(state: LabState): readonly LabHost[] {
  const topology = topologyOf(state)
  return topology.etcd === undefined ? [] : topology.hosts
}

function whole(settings: LabSettings, state: LabState): boolean {
  return topologyOf(state).hosts.every((host) => isOn({ settings, state, host }))
}

function locked<T>(settings: LabSettings, work: () => Promise<T>): Promise<T> {
  mkdirSync(settings.stateDir, { recursive: true })
  return withLock(labPaths(settings.stateDir).lock, work)
}

function imagesOf(topology: Topology): readonly ImageName[] {
  return [...new Set(machinesOf(topology).flatMap((host) => layersOf(host.image)))]
}

async function started(name: TopologyName, settings: LabSettings): Promise<LabState> {
  const running = readState(settings)
  if (running !== undefined) {
    if (running.topology === name) return running
    throw new LabError(`a lab is up already, with ${running.topology}: npm run lab -- down`)
  }
  await sweep(settings)
  rmSync(labPaths(settings.stateDir).logs, { recursive: true, force: true })
  const topology = TOPOLOGIES[name]
  await requireFreeAddresses(machinesOf(topology), settings.loopback)
  await writeKeys(settings, topology)
  writeFileSync(labPaths(settings.stateDir).inventory, renderInventory(topology))
  giveToOwner(settings)
  const images = imagesOf(topology).map((image) => ({ name: image, file: imageFile(settings.cacheDir, image) }))
  const supervisor = await startSupervisor(settings, images)
  const state: LabState = { version: 1, topology: name, loopback: settings.loopback, ...supervisor }
  writeState(settings, state)
  return state
}

/** Kills whatever the lab's cgroup holds, needs no note for it, and takes the cgroup away. */
async function sweep(settings: LabSettings): Promise<void> {
  await killCgroup(settings.id)
  await removeCgroups(settings.id)
  forgetState(settings)
}

/** What people use from a shell of their own belongs to the one who called sudo: ssh wants its key to be the user's. */
function giveToOwner({ stateDir, owner }: LabSettings): void {
  if (owner === undefined) return
  const { key, publicKey, knownHosts, inventory } = labPaths(stateDir)
  for (const file of [key, publicKey, knownHosts, inventory]) chownSync(file, owner.uid, owner.gid)
}
