import type { Command } from './command.ts'
import type { HostName } from './id.ts'
import type { Json, JsonObject } from './json.ts'
import type { Static, TObject } from './schema.ts'
import { Type } from './schema.ts'
import type { Runner } from './transport.ts'

/** What a step touches or looks at, as `kind:name`: `file:/etc/default/etcd`, `unit:etcd`, `etcd:cluster`. */
export type Resource = `${string}:${string}`

/** What looking is done with: commands that change nothing, and what earlier steps of the plan will have left behind. */
export interface Probe extends Runner {
  readonly host: HostName
  /**
   * The state that an earlier planned step leaves `resource` in; undefined where no earlier step touches it, and
   * always when running for real. Only the file kind is predicted today: see modules/files/file-state.ts.
   */
  predicted(resource: Resource): Json | undefined
}

/** A file of a host as the run's record has it: its name there, its size and its SHA-256. */
export type KeptFile = { readonly file: string; readonly bytes: number; readonly sha256: string }

/** What a step may ask of the machine that runs it, and of the person there. */
export interface Controller {
  now(): Date
  /** Throws ProblemError kind interrupted when the user asks to stop meanwhile. */
  wait(ms: number): Promise<void>
  /** How it was agreed to; throws ProblemError kind interrupted where it was not. */
  approve(question: string): Promise<'on the terminal' | 'by --yes'>
  /**
   * Keeps bytes in the run's record, under a name of the controller's own; one file a step and host. Pieces are held one at a time, and
   * nothing is kept where they end in an error.
   */
  keep(bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<KeptFile>
  /** Connects to the host anew, trying for minutes. Throws ProblemError as the last attempt did. */
  reconnect(): Promise<void>
}

/** What changing is done with. */
export interface Session extends Runner {
  readonly host: HostName
  /** This step's folder on the host for pre-images, absolute; the module makes it (0700) when it needs it. */
  readonly folder: string
  readonly controller: Controller
  /** Of a step that works on another host (`on`): looks at its own. */
  readonly home?: Runner
  /** Looks at the host: what it prints goes through no receipt, which would hold all of it on the host's disk. */
  readonly look?: Runner
}

/** One thing a change does, for the plan: a text difference, a command line, or a value before and after. */
export type Detail =
  | { readonly kind: 'diff'; readonly diff: string } // unified
  | { readonly kind: 'command'; readonly command: string } // displayCommand
  | { readonly kind: 'value'; readonly name: string; readonly before: string; readonly after: string }
  | { readonly kind: 'note'; readonly text: string }

/**
 * A change that a module would make. All but `material`, `predicts`, `sparesHost` and `trace` goes into plans and journals as JSON, and is
 * what a saved plan is compared by; so it holds hashes where contents would be large or secret.
 */
export interface Change {
  readonly verb: 'create' | 'update' | 'delete' | 'start' | 'stop' | 'restart' | 'reload' | 'run' | 'move'
  readonly summary: string // one line: "set 2 keys in /etc/default/etcd"
  readonly details: readonly Detail[]
  readonly before: JsonObject // enough for revert, with the pre-images in the session's folder
  readonly after: JsonObject | null // null: not predictable
  readonly settles: boolean // read again after apply must plan a noop
  readonly reversible: boolean
  readonly irreversibleBecause?: string
  /**
   * What later steps' reads will find, by resource; null where it cannot be said, which defers those steps. `unit:*`
   * stands for all units.
   */
  readonly predicts: { readonly [resource: Resource]: Json | null }
  /** It changes nothing on the host: what later steps read is not put off until it has run. */
  readonly sparesHost?: true
  /** For apply only, in memory only: contents to write and the like. */
  readonly material?: unknown
  /**
   * Of a change that does not settle: what looking shows now and will not show once it is made (the process that a
   * restart ends). Journaled, so that after a crash looking tells; never compared with a plan.
   */
  readonly trace?: JsonObject
  /** For revert only: the trace before an earlier undoing, which was cut off or failed; by it revert tells what that one has done. */
  readonly undoTrace?: JsonObject
}

/** What a module says of one host in one state. */
export type Decision =
  | { readonly kind: 'noop'; readonly summary: string; readonly output?: Json }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'blocked'; readonly message: string; readonly hint?: string; readonly detail?: string }

/** How long a blocked look may be repeated when running (never in a plan). */
export interface Patience {
  readonly timeoutMs: number
  readonly everyMs: number
  readonly consecutive?: number // good looks in a row that are asked for; default 1
}

interface Described<Args extends TObject> {
  /** Its state moves by itself (which member leads): another decision when reached than planned is no drift. */
  readonly volatile?: true
  /** Applying it may ask who runs it. */
  readonly asks?: true
  /** Its host goes away and comes back while it is applied: refused where that is the machine that runs this. */
  readonly leaves?: true
  readonly name: string // as written in a runbook: snake_case
  readonly summary: string // one line for `runbook modules`
  readonly args: Args // JSON Schema of the arguments, additionalProperties false
  readonly example: string // YAML of one step
}

/**
 * A module as its author writes it. `effect: 'reads'` modules never answer `change` and have no apply.
 *
 * read: looks, never touches; starts its questions without awaiting each other where it can (one tick = one round trip).
 * plan: pure. apply: does it, idempotent, throws ProblemError, gives the step's output. revert: restores
 * `change.before` exactly; may be called after a crash at any point of apply, and twice. revertText, applyText: what
 * these two do as one text that asks nothing, for a host that undoes by itself; `folder` is that of the step.
 */
export interface ModuleSpec<Args extends TObject, State> extends Described<Args> {
  readonly effect: 'reads' | 'changes'
  /** Where it rests on the arguments (a read-only command). */
  effectOf?(args: Static<Args>): 'reads' | 'changes'
  resources(args: Static<Args>): readonly Resource[]
  read(args: Static<Args>, probe: Probe): Promise<State>
  plan(args: Static<Args>, state: State): Decision
  apply?(args: Static<Args>, change: Change, session: Session): Promise<Json | undefined>
  revert?(args: Static<Args>, change: Change, session: Session): Promise<void>
  revertText?(args: Static<Args>, change: Change, folder: string): Command
  applyText?(args: Static<Args>): Command
  patience?(args: Static<Args>): Patience | undefined
}

/** A module as the engine sees it: arguments already checked against `args` by whoever bound them. */
export interface Module extends Described<TObject> {
  readonly effect: 'reads' | 'changes'
  effectOf?(args: JsonObject): 'reads' | 'changes'
  resources(args: JsonObject): readonly Resource[]
  read(args: JsonObject, probe: Probe): Promise<unknown>
  plan(args: JsonObject, state: unknown): Decision
  apply?(args: JsonObject, change: Change, session: Session): Promise<Json | undefined>
  revert?(args: JsonObject, change: Change, session: Session): Promise<void>
  revertText?(args: JsonObject, change: Change, folder: string): Command
  applyText?(args: JsonObject): Command
  patience?(args: JsonObject): Patience | undefined
}

export type Modules = ReadonlyMap<string, Module>

/** Seals a module's own types: what is bound is checked against `args` first, and state goes only from read to plan. */
export const defineModule = <Args extends TObject, State>(spec: ModuleSpec<Args, State>): Module =>
  spec as unknown as Module

/** Whether a step with these arguments may change its host. */
export const effectOf = (module: Module, args: JsonObject): 'reads' | 'changes' =>
  module.effectOf ? module.effectOf(args) : module.effect

/** An argument written as a CEL expression in the runbook; the module gets its boolean value. */
export const CelCondition = (description: string) => Type.Unsafe<boolean>(Type.String({ format: 'cel', description }))

/** An argument naming a file beside the runbook; binding reads it and gives the module its text as `content`. */
export const ControllerFile = (description: string) => Type.String({ format: 'controller-file', description })

/** An argument naming a folder beside the runbook; binding reads it and gives the module what is in it as `entries`. */
export const ControllerFolder = (description: string) => Type.String({ format: 'controller-folder', description })

/** What binding reads of one: a file has `content`, a link `target`, a folder neither; `path` is relative. */
export interface ControllerEntry {
  readonly path: string
  readonly content?: string
  readonly target?: string
}

/** As ControllerFile, and rendered as a template first. */
export const ControllerTemplate = (description: string) => Type.String({ format: 'controller-template', description })
