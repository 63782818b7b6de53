import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { LabError } from './lab-error.ts'
import { labPaths } from './paths.ts'
import { isAlive, type ProcessId } from './process-id.ts'
import type { LabSettings } from './settings.ts'
import { isTopologyName, TOPOLOGIES, type Topology, type TopologyName } from './topologies.ts'

/** What `lab up` noted of a running lab, in `hosts.json`. */
export interface LabState {
  readonly version: 1
  readonly topology: TopologyName
  readonly loopback: string
  /** The `unshare` process all else hangs on. */
  readonly supervisor: ProcessId
  /** PID 1 of the lab, by its number on this machine: the way into its namespaces. */
  readonly init: ProcessId
}

/** The running lab's state, or undefined when none runs (a note of a dead one does not count). */
export function readState(settings: LabSettings): LabState | undefined {
  const text = readText(labPaths(settings.stateDir).state)
  if (text === undefined) return undefined
  const state = parseState(text)
  return state !== undefined && isAlive(state.init) ? state : undefined
}

/** The running lab's state; a LabError that names the command to start one when none runs. */
export function requireState(settings: LabSettings): LabState {
  const state = readState(settings)
  if (state !== undefined) return state
  throw new LabError(`no lab is up in ${settings.stateDir}; start one: npm run lab -- up etcd3`)
}

/** Notes a lab, in one step: a reader sees the old note or the new one. */
export function writeState(settings: LabSettings, state: LabState): void {
  const file = labPaths(settings.stateDir).state
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...state, hosts: topologyOf(state).hosts }, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** Forgets the lab that was noted. */
export function forgetState(settings: LabSettings): void {
  rmSync(labPaths(settings.stateDir).state, { force: true })
}

/** The topology a running lab was made from. */
export function topologyOf(state: LabState): Topology {
  return TOPOLOGIES[state.topology]
}

/** Own writing read back: anything that does not look like it is no note. */
function parseState(text: string): LabState | undefined {
  try {
    const state = JSON.parse(text) as LabState // written by writeState; version and topology are checked below
    return state.version === 1 && isTopologyName(state.topology) ? state : undefined
  } catch {
    return undefined
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
