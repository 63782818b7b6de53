import type { HostName, StepId } from './id.ts'
import type { Span } from './source.ts'

/**
 * What can go wrong, one stable word each. The word decides the exit code (cli/exit-code.ts) and is what
 * machine readers match on.
 */
export type ProblemKind =
  | 'usage' // the command line
  | 'yaml' // not YAML as we take it
  | 'schema' // YAML of a wrong shape: unknown key, wrong type, missing member
  | 'reference' // a name that nothing has: variable, step, runbook, module, host
  | 'template' // a template that may not be, or gave no scalar
  | 'expression' // CEL that does not parse, or failed
  | 'parameter' // a parameter missing or of a wrong type
  | 'guard' // a guard of the runbook said no
  | 'no-hosts' // nothing matched
  | 'unreachable' // no connection
  | 'host-key' // host key unknown, changed or revoked
  | 'auth' // no key or password was accepted
  | 'become' // sudo said no
  | 'connection-lost'
  | 'in-doubt' // a step was begun, and nobody knows how it ended
  | 'missing-tool' // the host lacks a program that the step needs
  | 'blocked' // a module will not do it in this state
  | 'step-failed' // a command failed, or a change did not settle
  | 'timeout'
  | 'plan-drifted' // the hosts are not as the plan says
  | 'plan-stale' // the plan belongs to another runbook, inventory or version
  | 'rule' // breaks a rule of `validate`: see its `rule` and `severity`
  | 'irreversible' // needs --allow-irreversible
  | 'locked'
  | 'gate' // a batch's gate did not open
  | 'rollback-failed'
  | 'interrupted'
  | 'io' // files of the controller
  | 'internal'

/** How bad a problem is: only an error stops anything by itself. */
export type Severity = 'error' | 'warning' | 'info'

/**
 * An expected failure, told to the user: what was being done, where, what came back, what to try.
 * `message` is one line without a full stop; `detail` is text from elsewhere (stderr, an exception), shown verbatim
 * with control characters escaped; `hint` says what to try next. Never holds a secret.
 */
export interface Problem {
  readonly kind: ProblemKind
  readonly message: string
  readonly at?: Span
  readonly host?: HostName
  readonly step?: StepId
  readonly detail?: string
  readonly hint?: string
  readonly exitCode?: number // of the failed command on the host
  /** What `explain` tells more of; else the kind. */
  readonly rule?: string
  readonly severity?: Severity // error when absent
}

/** The one throwable of the program: carries problems, never a stack for the user. */
export class ProblemError extends Error {
  readonly problems: readonly [Problem, ...Problem[]]

  constructor(first: Problem, ...others: Problem[]) {
    super(first.message)
    this.name = 'ProblemError'
    this.problems = [first, ...others]
  }
}

/** One door for whatever was thrown: a ProblemError's own problems, anything else as `internal`. */
export function problemsOf(thrown: unknown, context: Partial<Problem> = {}): readonly [Problem, ...Problem[]] {
  if (thrown instanceof ProblemError) {
    const [first, ...others] = thrown.problems
    return [{ ...context, ...first }, ...others.map((problem) => ({ ...context, ...problem }))]
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const detail = thrown instanceof Error && thrown.stack ? thrown.stack : undefined
  return [{ kind: 'internal', message, ...(detail === undefined ? {} : { detail }), ...context }]
}

/** Either a value, or everything that is wrong. Loading reports all problems it can find before it gives up. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] }

export const succeed = <T>(value: T): Result<T> => ({ ok: true, value })

export function fail(problems: readonly Problem[]): Result<never> {
  const [first, ...others] = problems
  if (!first) throw new Error('fail() needs a problem')
  return { ok: false, problems: [first, ...others] }
}

/** The value, or a ProblemError with all problems. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  const [first, ...others] = result.problems
  throw new ProblemError(first, ...others)
}
