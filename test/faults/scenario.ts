import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { resetHost, sshLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import type { LabSettings } from '../../lab/settings.ts'
import { requireState, topologyOf } from '../../lab/state.ts'
import { type Cli, type CliOptions, cliAt } from '../lab/support/cli-at.ts'
import { judge } from './judge.ts'

/** One fault in one run, and what has to come of it: it throws where the run ends wrong. */
export interface Scenario {
  readonly name: string // what holds, as a sentence
  readonly form: 'bounded' | 'full' // bounded: also in CI
  readonly run: (rig: Rig) => Promise<void>
  readonly everyHost?: true // it needs the whole lab for itself
  readonly tries?: number // of its step, where it may fail
}

/** What a scenario has for itself: a host as new, a state folder, a folder for its files. */
export interface Rig {
  readonly settings: LabSettings
  readonly host: string // that runbooks and faults are for
  readonly address: string // of the host, in the lab's network
  readonly folder: string
  readonly cli: Cli
  readonly cliWith: (options: Partial<CliOptions>) => Cli
  readonly write: (name: string, text: string | Buffer) => string // gives the path
  /** Runs a script as root, or `user@`; throws where it fails. */
  readonly onHost: (script: string, at?: string) => Promise<string>
  /** To be done at the end, whatever comes; the last one first. */
  readonly atEnd: (undo: () => unknown) => void
}

export interface Ending {
  readonly scenario: string
  readonly error?: unknown // it ended wrong
  readonly judged: number // runs of it that were judged by I1 to I9
}

/** Runs a scenario on a host that is as new. */
export async function runScenario(scenario: Scenario, settings: LabSettings, host: string): Promise<Ending> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-fault-'))
  const undoes: (() => unknown)[] = []
  const hosts = scenario.everyHost ? hostsOf(settings) : [host]
  for (const name of hosts) await resetHost(name, settings)
  const rig = rigFor({ settings, host, folder, undoes })
  try {
    await scenario.run(rig)
    const { runs, wrong } = await judge(rig, hosts, scenario.tries)
    assert.deepEqual(wrong, [], 'I1 to I9')
    return { scenario: scenario.name, judged: runs }
  } catch (error) {
    return { scenario: scenario.name, error, judged: 0 }
  } finally {
    for (const undo of undoes.toReversed()) await undo()
    rmSync(folder, { recursive: true, force: true })
  }
}

const hostsOf = (settings: LabSettings): readonly string[] =>
  topologyOf(requireState(settings)).hosts.map(({ name }) => name)

interface RigInput {
  readonly settings: LabSettings
  readonly host: string
  readonly folder: string
  readonly undoes: (() => unknown)[]
}

function rigFor({ settings, host, folder, undoes }: RigInput): Rig {
  const stateDir = path.join(folder, 'state')
  mkdirSync(stateDir)
  const address = topologyOf(requireState(settings)).hosts.find(({ name }) => name === host)?.address ?? ''
  // Of its own, as its path is what the controller's lock goes by.
  const inventory = path.join(folder, 'inventory.yaml')
  const paths = labPaths(settings.stateDir)
  writeFileSync(inventory, readFileSync(paths.inventory, 'utf8').replaceAll('{{ inventory_dir }}', paths.stateDir))
  const cliWith: Rig['cliWith'] = (options) => cliAt({ settings, stateDir, inventory, ...options })
  return {
    settings,
    host,
    address,
    folder,
    cli: cliWith({}),
    cliWith,
    write: (name, text) => {
      const file = path.join(folder, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, text, { mode: 0o600 })
      return file
    },
    onHost: async (script, at = host) => {
      const { code, stdout, stderr } = await sshLab(at, [script], settings)
      if (code !== 0) throw new Error(`${at}: ${script}: ended with ${code}: ${stderr}`)
      return stdout
    },
    atEnd: (undo) => void undoes.push(undo),
  }
}

/** Runs scenarios, each on a host of its own, and then one by one those that need the whole lab. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  settings: LabSettings,
  told: (ending: Ending) => void = () => undefined,
): Promise<readonly Ending[]> {
  const endings: Ending[] = []
  const work = async (queue: IterableIterator<Scenario>, host: string): Promise<void> => {
    for (const scenario of queue) {
      const ending = await runScenario(scenario, settings, host)
      endings.push(ending)
      told(ending)
    }
  }
  const [alone, single] = [scenarios.filter((one) => one.everyHost), scenarios.filter((one) => !one.everyHost)]
  const shared = single.values()
  await Promise.all(hostsOf(settings).map((host) => work(shared, host)))
  await work(alone.values(), hostsOf(settings)[0] ?? '')
  return endings
}

export interface MatrixOptions {
  readonly settings: LabSettings // of a lab that is up, with hosts h1 and h2
  readonly form: Scenario['form']
  readonly seed: number
  readonly only?: string // part of a scenario's name
  readonly tell: (line: string) => void
}

/** Runs the scenarios of a matrix that are asked for, tells each, and at the end the figure. */
export async function runMatrix(
  name: string,
  scenarios: readonly Scenario[],
  { settings, form, seed, only = '', tell }: MatrixOptions,
): Promise<readonly Ending[]> {
  const chosen = scenarios.filter((one) => (form === 'full' || one.form === form) && one.name.includes(only))
  const endings = await runScenarios(chosen, settings, ({ scenario, error }) =>
    tell(`${error === undefined ? 'right' : 'WRONG'}  ${scenario}${error === undefined ? '' : `\n${textOf(error)}`}`),
  )
  const right = endings.filter(({ error }) => error === undefined).length
  const judged = endings.reduce((sum, ending) => sum + ending.judged, 0)
  tell(`${name}: ${endings.length} scenarios, ${right} right endings, ${judged} runs judged by I1 to I9 (seed ${seed})`)
  return endings
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
