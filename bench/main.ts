import { labSettings } from '../lab/settings.ts'
import { alternate, type Rounds } from './alternate.ts'
import { ansibleContestant, ansibleVersion, closeAnsible } from './ansible-contestant.ts'
import { bareContestant } from './bare-contestant.ts'
import type { Contestant } from './contestant.ts'
import { countOneRun } from './count-one-run.ts'
import { ratioText, type Target, tableText } from './figures-text.ts'
import type { BenchHost } from './host.ts'
import { measureInventory } from './inventory.ts'
import { startLabHost } from './lab-host.ts'
import { type BenchOptions, parseOptions, USAGE } from './options.ts'
import { startPrivateSshd } from './private-sshd.ts'
import { measureReceipts } from './receipts.ts'
import { planContestant } from './runbook-contestant.ts'
import { openScratch } from './scratch.ts'
import { measureStartUp } from './start-up.ts'
import { seedScript, type Workload, workloadFor } from './workload.ts'

// `npm run bench`: what a plan costs against the least that ssh2 can do, and against Ansible; see docs/performance.md.

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const WARM_UP_ROUNDS = 2 // fills the compile caches, and Ansible's

interface Bench {
  readonly options: BenchOptions
  readonly host: BenchHost
  readonly workload: Workload
  readonly folder: string
}

const say = (...lines: readonly string[]): void => console.log(lines.join('\n'))

async function main(words: readonly string[]): Promise<void> {
  if (words.includes('--help')) return say(USAGE)
  const options = parseOptions(words)
  const scratch = openScratch()
  try {
    if (options.what === 'inventory') return say(...(await measureInventory(options, scratch.make('inventory'))))
    const host = await startHost(options, scratch.make('sshd'))
    const bench = { options, host, workload: workloadFor(host), folder: scratch.make('work') }
    await untilInterrupted(host, options.what === 'receipts' ? sayReceipts(bench) : measureAll(bench))
  } finally {
    if (options.keep) say(`\nkept: ${scratch.folder}`)
    else scratch.remove()
  }
}

function startHost({ where }: BenchOptions, folder: string): Promise<BenchHost> {
  return where === 'lab' ? startLabHost(folder, 'root', labSettings(process.env)) : startPrivateSshd(folder)
}

/** Waits for the work, or for Ctrl-C to cut it short; stops the host in any case. */
async function untilInterrupted(host: BenchHost, work: Promise<void>): Promise<void> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  const listener = (signal: string): void => reject(new Error(`interrupted by ${signal}`))
  for (const signal of STOP_SIGNALS) process.once(signal, listener)
  try {
    await Promise.race([work, interrupted])
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, listener)
    await host.stop()
  }
}

const sayReceipts = async (bench: Bench): Promise<void> => say(...(await measureReceipts(bench, bench.options)))

async function measureAll(bench: Bench): Promise<void> {
  const { options, host, workload, folder } = bench
  await host.runScript(seedScript(host, workload))
  const plan = planContestant({ program: options.program, host, workload, folder })
  const bare = await bareContestant(host, workload, folder)
  say(...headText(bench), '')

  const againstBare = await pairOff(bench, [plan, bare], options.rounds)
  say(...resultText(againstBare, { of: plan.name, to: bare.name, limit: { kind: 'at-most', ratio: 1.5 } }), '')

  const { connections, channels } = await countOneRun(host, plan, folder)
  say(`one plan as sshd saw it: ${connections} connection(s), ${channels} session channel(s); target 1 and 1`, '')

  say(...(await againstAnsible(bench, plan)), '')
  say(...(await measureStartUp(options, folder)))
}

function headText({ host, workload, options }: Bench): readonly string[] {
  const services =
    workload.services.kind === 'units'
      ? workload.services.units.join(', ')
      : 'two commands with a check instead, no systemd there'
  return [
    'W1: 8 files, 4 env_file edits, 4 commands with a check, 2 services, 2 looks; 1 host, nothing to change',
    `host: ${host.user}@${host.address}:${host.port}; services: ${services}`,
    `program: ${options.program} on Node ${process.versions.node}`,
  ]
}

async function againstAnsible(bench: Bench, plan: Contestant): Promise<readonly string[]> {
  const { host, workload, folder, options } = bench
  const version = ansibleVersion()
  if (host.units !== undefined) return ['ansible: not measured here, the lab host has no Python (see without --lab)']
  if (version === undefined || options.ansibleRounds === 0)
    return ['ansible: not measured (apt-get install ansible-core)']
  const ansible = ansibleContestant(host, workload, folder)
  const target: Target = { of: ansible.name, to: plan.name, limit: { kind: 'at-least', ratio: 20 } }
  try {
    return [version, ...resultText(await pairOff(bench, [ansible, plan], options.ansibleRounds), target)]
  } finally {
    closeAnsible(folder)
  }
}

/** Warms both up, then measures them in turn. Ansible's kept connection may stay. */
async function pairOff({ host, folder }: Bench, pair: readonly Contestant[], rounds: number): Promise<Rounds> {
  const between = (): Promise<void> => host.untilIdle(1)
  await alternate(pair, { rounds: WARM_UP_ROUNDS, folder, between })
  return alternate(pair, { rounds, folder, between })
}

const resultText = (rounds: Rounds, target: Target): readonly string[] => [tableText(rounds), ratioText(rounds, target)]

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1) // at once: a run that was cut short may still be at work
}
