/** How much and in which shape a command tells. */
export interface Output {
  readonly format: 'text' | 'json'
  readonly view: 'auto' | 'plain' // plain: never a live tree
  readonly colour: 'auto' | 'never'
  readonly detail: 'quiet' | 'normal' | 'verbose'
}

/** Which hosts, with which values. */
export interface Targets {
  readonly inventories: readonly string[] // as given; none: see inventory-choice.ts
  readonly limit?: string
  readonly set: readonly string[] // "name=value"
  readonly varsFiles: readonly string[]
}

/** How hosts are reached. */
export interface Reach {
  readonly forks: number
  readonly user?: string
  readonly privateKey?: string
  readonly connection?: 'ssh' | 'openssh' | 'local'
  readonly timeoutMs?: number // of connecting
  readonly becomePassword: 'none' | 'ask'
}

/** What was agreed to beforehand. */
export interface Approval {
  readonly changes: 'ask' | 'given'
  readonly irreversible: 'ask' | 'given'
  readonly input: 'allowed' | 'never'
}

/** What the operator has seen on a host of a step, or of its undo, in doubt: `--settle STEP@HOST=done` or `=not-done`. */
export interface Said {
  readonly step: string
  readonly host: string
  readonly outcome: 'done' | 'not-done'
}

export type ReportFormat = 'text' | 'markdown' | 'json'
export type FindingFormat = 'text' | 'json' | 'github' | 'sarif'

export type InventoryView =
  | { readonly kind: 'list'; readonly format: 'json' | 'yaml' }
  | { readonly kind: 'graph'; readonly detail: 'names' | 'vars' }
  | { readonly kind: 'host'; readonly host: string; readonly format: 'json' | 'yaml' }

/** Where the passwords of ansible-vault come from. */
export interface VaultAccess {
  readonly files: readonly string[]
  readonly asked: 'ask' | 'none'
}

interface Common {
  readonly output: Output
  readonly vault: VaultAccess
  readonly stateDir?: string
}

/** One call of the program, as its arguments say. */
export type Command = Common &
  (
    | { readonly kind: 'list' }
    | { readonly kind: 'show'; readonly name: string }
    | {
        readonly kind: 'validate'
        readonly names: readonly string[]
        readonly targets: Targets
        readonly format: FindingFormat
        readonly warnings: 'told' | 'fail' // fail: --strict
      }
    | { readonly kind: 'match'; readonly files: readonly string[] } // never empty
    | {
        readonly kind: 'diagnose'
        readonly name?: string
        readonly targets: Targets
        readonly reach: Reach
      }
    | {
        readonly kind: 'profile'
        readonly file: string
        readonly before?: string
        readonly svg?: string
        readonly format: ReportFormat
      }
    | { readonly kind: 'explain'; readonly topic?: string }
    | { readonly kind: 'inventory'; readonly targets: Targets; readonly view: InventoryView }
    | {
        readonly kind: 'vars'
        readonly host: string
        readonly name?: string
        readonly runbook?: string
        readonly targets: Targets
      }
    | { readonly kind: 'ping'; readonly pattern: string; readonly targets: Targets; readonly reach: Reach }
    | {
        readonly kind: 'trust'
        readonly pattern: string
        readonly changed: 'refused' | 'replaced' // keys that are not the known ones
        readonly targets: Targets
        readonly reach: Reach
        readonly approval: Approval
      }
    | {
        readonly kind: 'plan'
        readonly name: string
        readonly targets: Targets
        readonly reach: Reach
        readonly out?: string
        readonly exit: 'simple' | 'detailed'
        readonly only: 'plan' | 'hosts'
      }
    | {
        readonly kind: 'apply'
        readonly name?: string
        readonly targets: Targets
        readonly reach: Reach
        readonly approval: Approval
        readonly only: 'apply' | 'plan' | 'hosts'
      }
    | {
        readonly kind: 'resume'
        readonly run: string
        readonly targets: Targets
        readonly reach: Reach
        readonly approval: Approval
        readonly settle: readonly Said[]
        readonly changes: 'refused' | 'accepted' // of the runbook since the run began
      }
    | {
        readonly kind: 'rollback'
        readonly run: string
        readonly targets: Targets
        readonly reach: Reach
        readonly approval: Approval
        readonly settle: readonly Said[]
      }
    | {
        readonly kind: 'runs'
        readonly run?: string
        readonly hosts: 'left' | 'looked-at' // whether to look at what lies there
        readonly targets: Targets
        readonly reach: Reach
      }
    | {
        readonly kind: 'clean'
        readonly run: string
        readonly targets: Targets
        readonly reach: Reach
        readonly approval: Approval
      }
    | {
        readonly kind: 'unlock'
        readonly lock: string
        readonly targets: Targets
        readonly reach: Reach
        readonly approval: Approval
      }
    | {
        readonly kind: 'report'
        readonly run: string
        readonly format: ReportFormat
        readonly svg?: string // folder for flame graphs
      }
    | { readonly kind: 'modules'; readonly name?: string }
    | { readonly kind: 'schema' }
  )

export type CommandOf<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>
