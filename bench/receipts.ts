import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyPlan } from '../src/engine/apply.ts'
import type { PlanInput, RunInput, TargetHost } from '../src/engine/input.ts'
import { makePlan } from '../src/engine/plan.ts'
import { makeRunId } from '../src/journal/run-id.ts'
import { openJournalStore } from '../src/journal/store.ts'
import { loadRunbook } from '../src/load/runbook.ts'
import { hostName } from '../src/model/id.ts'
import { countPlan } from '../src/model/plan.ts'
import { fail, unwrap } from '../src/model/problem.ts'
import { createModules } from '../src/modules/index.ts'
import { createTransport } from '../src/transport/transport.ts'
import { verify } from './alternate.ts'
import { changesText, emptyScript, STEPS } from './changes.ts'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import { ratioText, tableText } from './figures-text.ts'
import type { BenchHost } from './host.ts'
import { type Measurement, measureRun } from './measured-run.ts'
import { memoryJournals } from './memory-journals.ts'
import type { BenchOptions } from './options.ts'

interface Bench {
  readonly host: BenchHost
  readonly folder: string
}

/** The two that are compared: everything is kept, or nothing is. */
const KEPT = 'receipts and journal'
const BARE = 'neither'
const WARM_UP_ROUNDS = 3

/**
 * Twenty changes, planned and applied over a connection of their own: with receipts and journal, and with neither, in turn.
 * That happens in this process, as only there both can be left out; the start of the program, which is the same for
 * both, is measured beside them each round, and told apart.
 */
export async function measureReceipts(bench: Bench, { rounds, program }: BenchOptions): Promise<readonly string[]> {
  const start = startOf(bench, program)
  const starts: Measurement[] = []
  const measured = new Map<string, Measurement[]>([
    [KEPT, []],
    [BARE, []],
  ])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? [KEPT, BARE] : [BARE, KEPT]) {
      await bench.host.runScript(emptyScript(bench.host))
      const figures = await measureOne(bench, name)
      if (round >= 0) measured.get(name)?.push(figures)
    }
    const started = await measureRun(start.program, bench.folder)
    verify(start, started)
    if (round >= 0) starts.push(started)
  }
  const whole = new Map([...measured].map(([name, runs]) => [name, runs.map((run, round) => sum(run, starts[round]))]))
  const target = { of: KEPT, to: BARE, limit: { kind: 'at-most', ratio: 1.3 } } as const
  return [
    `W2: ${STEPS} changes: 8 files, 4 env_file edits, 8 commands with a check; planned, verified and applied on 1 host`,
    tableText(new Map([...measured, [start.name, starts]])),
    'without the start of the program:',
    ratioText(measured, target),
    'with it:',
    ratioText(whole, target),
  ]
}

/** What every run begins with: the program starts, and reads the runbook. */
function startOf({ host, folder }: Bench, program: string): Contestant {
  const file = join(folder, 'bench-w2.yaml')
  writeFileSync(file, changesText(host))
  return {
    name: 'start: runbook validate',
    program: { argv: [process.execPath, program, 'validate', file], env: childEnv(folder), cwd: folder },
    complaint: () => undefined,
  }
}

const sum = (run: Measurement, more: Measurement | undefined): Measurement => ({
  ...run,
  wallMs: run.wallMs + (more?.wallMs ?? Number.NaN),
  cpuMs: run.cpuMs + (more?.cpuMs ?? Number.NaN),
})

async function measureOne(bench: Bench, name: string): Promise<Measurement> {
  const input = runInputOf(bench, name)
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  const plan = await makePlan(input)
  const { outcome, problems } = await applyPlan({ ...input, plan })
  const wallMs = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  if (outcome !== 'applied' || countPlan(plan).change !== STEPS)
    throw new Error(`${name}: ${outcome}, ${JSON.stringify(countPlan(plan))} ${JSON.stringify(problems)}`)
  return { wallMs, cpuMs: (user + system) / 1000, rssMib: process.memoryUsage.rss() / 2 ** 20 }
}

function runInputOf({ host, folder }: Bench, name: string): RunInput {
  const run = makeRunId(new Date(), randomBytes(10))
  const target = targetOf(host)
  const planInput: PlanInput = {
    runbook: unwrap(loadRunbook({ file: 'bench-w2.yaml', text: changesText(host), modules: createModules() })),
    inventory: { sources: [], sha256: '' },
    params: [],
    hosts: [target],
    stageHosts: new Map(),
    targetOf: () => fail([{ kind: 'reference', message: 'there is one host' }]),
    transport: createTransport({ randomBytes }),
    clock: { now: () => new Date(), steadyMs: () => performance.now(), sleep: (ms) => sleep(ms) },
    emit: () => undefined,
    tool: 'bench',
    forks: 1,
    owed: [],
  }
  return {
    ...planInput,
    run,
    hostFolder: join(host.folder, 'runs'),
    stopRequested: () => false,
    allowIrreversible: true,
    ...(name === KEPT
      ? { journals: openJournalStore(join(folder, 'runs'), planInput.clock) }
      : { journals: memoryJournals(), receipts: 'none' }),
  }
}

const targetOf = (host: BenchHost): TargetHost => ({
  name: hostName(host.name),
  endpoint: {
    host: hostName(host.name),
    transport: 'ssh2',
    address: host.address,
    port: host.port,
    user: host.user,
    identityFiles: [host.identityFile],
    knownHostsFiles: [host.knownHostsFile],
    connectTimeoutMs: 10_000,
  },
  variables: { inventory_hostname: host.name },
  params: {},
})
