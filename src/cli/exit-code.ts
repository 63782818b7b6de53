import type { Outcome } from '../model/event.ts'
import type { Problem, ProblemKind } from '../model/problem.ts'

/** What every exit code says; docs/cli.md holds the same table, and a test compares them. */
export const EXIT_CODES = {
  0: 'ok',
  1: 'internal error, or files of the controller could not be read or written',
  2: 'only `plan --detailed-exitcode`: there is something to change',
  3: 'wrong usage, runbook, inventory or parameters; or refused before anything was changed',
  4: 'a host could not be reached, or let nobody in',
  5: 'no hosts matched',
  6: 'failed, and what had been changed was rolled back',
  7: 'failed, and not rolled back',
  8: 'the rollback failed',
  9: 'the plan is stale, the hosts have drifted from it, or a lock is held',
  10: 'applied, but a measure or verification missed its target',
  130: 'interrupted',
} as const

export type ExitCode = keyof typeof EXIT_CODES

const OF_PROBLEM: Readonly<Record<ProblemKind, ExitCode>> = {
  usage: 3,
  yaml: 3,
  schema: 3,
  reference: 3,
  template: 3,
  expression: 3,
  parameter: 3,
  rule: 3,
  guard: 3,
  irreversible: 3,
  blocked: 3,
  'no-hosts': 5,
  unreachable: 4,
  'host-key': 4,
  auth: 4,
  become: 4,
  'connection-lost': 4,
  'missing-tool': 7,
  'in-doubt': 7,
  'step-failed': 7,
  timeout: 7,
  gate: 7,
  'plan-drifted': 9,
  'plan-stale': 9,
  locked: 9,
  'rollback-failed': 8,
  interrupted: 130,
  io: 1,
  internal: 1,
}

const OF_OUTCOME: Readonly<Record<Outcome, ExitCode>> = {
  applied: 0,
  'nothing-to-do': 0,
  'rolled-back': 0,
  'target-missed': 10,
  'failed-rolled-back': 6,
  'failed-not-rolled-back': 7,
  'rollback-failed': 8,
  interrupted: 130,
}

/** The first problem decides. */
export const exitCodeOfProblems = ([first]: readonly [Problem, ...Problem[]]): ExitCode => OF_PROBLEM[first.kind]

export const exitCodeOfOutcome = (outcome: Outcome): ExitCode => OF_OUTCOME[outcome]
