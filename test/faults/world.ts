import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { downLab, resetLab, sshLab, upLab } from '../../lab/lab.ts'
import { type LabSettings, labSettings } from '../../lab/settings.ts'
import { type Cli, cliAt } from '../lab/support/cli-at.ts'
import { gatherHistory } from './gather-history.ts'
import type { History } from './history.ts'
import { type HostState, hostStates } from './host-state.ts'
import { FORGET, PREPARE_HOST, writeWorkload } from './workload.ts'

/** Three real hosts with a workload that is about to be disturbed. */
export interface FaultWorld {
  readonly settings: LabSettings
  readonly hosts: readonly string[]
  /** Arguments of `apply` for the whole workload: runbook, secrets, consent; `final`: with the change without a way back. */
  readonly apply: (kind: 'reversible' | 'final') => readonly string[]
  /** A controller with a state folder of its own; `nodeArguments` may preload what disturbs it. */
  controller(nodeArguments?: readonly string[]): Cli
  /** The same state folder with other arguments for Node. */
  again(cli: Cli, nodeArguments?: readonly string[]): Cli
  states(): Promise<readonly HostState[]>
  /** Runs a script on a host as root; throws where it fails. */
  onHost(host: string, script: string): Promise<string>
  /** All that there is to judge the runs of this controller by. */
  history(cli: Cli): Promise<History>
  /** Forgets run folders, locks, notes and controllers; what a run changed must have been undone. */
  forget(): Promise<void>
  /** New hosts, whatever was done to the old ones. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** Boots a lab of its own, with everything in one new temporary folder, and brings its hosts to the start. */
export async function openWorld(): Promise<FaultWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-faults-'))
  const settings = labSettings({}, { stateDir: path.join(folder, 'lab'), ttlSeconds: HOURS })
  const hosts = ['h1', 'h2', 'h3']
  const { book, given } = writeWorkload(folder)
  const controllers = path.join(folder, 'controllers')
  const onHost = async (host: string, script: string): Promise<string> => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}`)
    return stdout
  }
  const onAll = (script: string) => Promise.all(hosts.map((host) => onHost(host, script)))
  const again: FaultWorld['again'] = ({ stateDir }, nodeArguments = []) => cliAt({ settings, stateDir, nodeArguments })
  const forget = async () => {
    rmSync(controllers, { recursive: true, force: true })
    await onAll(FORGET)
  }
  await upLab('three', settings)
  await onAll(PREPARE_HOST)
  return {
    settings,
    hosts,
    apply: (kind) => ['apply', book, '--yes', ...given, ...(kind === 'final' ? FINAL : [])],
    controller: (nodeArguments = []) => {
      mkdirSync(controllers, { recursive: true, mode: 0o700 })
      return cliAt({ settings, stateDir: mkdtempSync(path.join(controllers, 'c-')), nodeArguments })
    },
    again,
    states: () => hostStates(hosts, settings),
    onHost,
    history: ({ stateDir }) => gatherHistory({ stateDir, hosts, onHost }),
    forget,
    renew: async () => {
      await resetLab(settings)
      rmSync(controllers, { recursive: true, force: true })
      await onAll(PREPARE_HOST)
    },
    close: async () => {
      await downLab(settings)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const HOURS = 3 * 3600 // a lab whose starter was killed ends by itself

const FINAL: readonly string[] = ['--set', 'final=true', '--allow-irreversible']
