import type { HostName } from '../model/id.ts'
import { ProblemError } from '../model/problem.ts'
import type { Stage } from '../model/runbook.ts'
import { bindFor, blockedProblem } from './decide.ts'
import { decideInTime } from './run-step.ts'
import { type Place, pause, type Running } from './running.ts'
import { decideUntil } from './try-again.ts'

/** A stage's gate as seen from some of its hosts. */
export interface GateInput {
  readonly stage: Stage
  readonly index: number
  readonly hosts: readonly HostName[]
}

/** Waits until every check of the gate is open on every host, as long as its modules may be waited for; else throws kind gate. */
export async function passGate(running: Running, { stage, index, hosts }: GateInput, looks?: number): Promise<void> {
  for (const step of stage.rolling.gate) {
    await Promise.all(hosts.map((host) => passOne(running, { stage: index, host, step }, looks)))
  }
}

async function passOne(running: Running, place: Place, looks: number | undefined): Promise<void> {
  const { host, stage, step } = place
  const decided = await decideUntil(running, place, () => decideInTime(running, place, looks))
  if (decided.kind === 'blocked') {
    const problem = blockedProblem(decided)
    throw new ProblemError({
      ...problem,
      kind: 'gate',
      host,
      step: step.id,
      at: step.at,
      message: `the gate stays closed: ${problem.message}`,
    })
  }
  const summary = decided.kind === 'noop' ? decided.summary : step.name
  running.input.emit({ type: 'gate-opened', stage, what: step.name, summary })
}

/** The gate, the soak, and the gate once more: what has to hold after a batch before the next may begin. */
export async function passGateAndSoak(running: Running, gate: GateInput): Promise<void> {
  await passGate(running, gate)
  const [host] = gate.hosts
  const soakMs = host === undefined ? 0 : bindFor({ contexts: running.contexts, host }, gate.stage.rolling.soak)
  if (soakMs <= 0) return
  running.input.emit({ type: 'soaking', stage: gate.index, ms: soakMs })
  await pause(running.input, soakMs)
  await passGate(running, gate, 1) // still open
}
