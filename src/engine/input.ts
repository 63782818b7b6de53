import type { Clock } from '../model/clock.ts'
import type { Concealing } from '../model/conceal.ts'
import type { Emit, Outcome } from '../model/event.ts'
import type { HostName, RunId, StepId } from '../model/id.ts'
import type { JournalStore } from '../model/journal.ts'
import type { JsonObject } from '../model/json.ts'
import type { InventoryUsed, Plan, ResolvedParam } from '../model/plan.ts'
import type { Problem, Result } from '../model/problem.ts'
import type { OwedRestart, RunRecord } from '../model/run-record.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Secret } from '../model/secret.ts'
import type { Endpoint, Transport } from '../model/transport.ts'

/** One host of a run: how to reach it, and its variables and parameters, flat by name. */
export interface TargetHost {
  readonly name: HostName
  readonly endpoint: Endpoint
  readonly variables: JsonObject // inventory variables and inventory_hostname, group_names, resuming
  readonly params: JsonObject // resolved for this host
  readonly secrets?: ReadonlyMap<string, Secret> // of these, by name, the values as JSON; there they are ***
  readonly become?: boolean // root where neither step nor runbook says: ansible_become
}

/** What planning needs: everything that the outside gives the engine. */
export interface PlanInput {
  readonly runbook: Runbook
  readonly inventory: InventoryUsed
  readonly salt?: string // of the hashes of what is secret
  readonly params: readonly ResolvedParam[]
  readonly hosts: readonly TargetHost[] // in inventory order; never empty
  /** Hosts of the stages that narrow the runbook's, by stage index. */
  readonly stageHosts: ReadonlyMap<number, readonly HostName[]>
  /** How to reach any host of the inventory, for steps with `on`. */
  readonly targetOf: (host: HostName) => Result<TargetHost>
  /** Hosts that each include may be for; absent: all. */
  readonly includeHosts?: ReadonlyMap<StepId, readonly HostName[]>
  readonly transport: Transport
  readonly clock: Clock
  readonly emit: Emit
  readonly tool: string // version of runbook
  readonly forks: number // hosts worked on at a time
  readonly owed: readonly OwedRestart[] // restarts that an earlier run of this runbook still owes
  readonly past?: RunRecord // of the run that is gone on with
  readonly concealing?: Concealing // absent: nothing is secret
}

/** `agreed-before`: by an option, where nobody can be asked. */
export type Answer = 'agreed' | 'agreed-before' | 'refused' | 'nobody'

/** A command of a step that runs on its host. */
export interface Work {
  readonly host: HostName
  readonly label: string
  /** Ends it and all that it started there, over a connection of its own; tells how that went. The run stops. */
  end(): Promise<string>
}

/** Who takes hosts for a run, told to whoever finds them taken. */
export interface Holder {
  readonly lock: string // id of these locks, of nobody else's: hexadecimal
  readonly owner: string // user@controller
}

/** What changing hosts needs besides. */
export interface RunInput extends PlanInput {
  readonly run: RunId
  readonly journals: JournalStore
  readonly hostFolder: string // root of run folders on the hosts, default /var/lib/runbook
  readonly holder?: Holder // absent: hosts are not taken (benchmarks, tests)
  /** Asks who runs this; absent: nobody is there. */
  readonly approve?: (question: string) => Promise<Answer>
  readonly stopRequested: () => boolean // first Ctrl-C: no further step starts
  readonly atWork?: Set<Work> // what runs on the hosts, for the second Ctrl-C
  readonly allowIrreversible: boolean
  /** Of the benchmark alone, to see what receipts cost: scripts run as they are, and what is lost is lost. */
  readonly receipts?: 'none'
}

/** Applying: the approved plan, verified against the hosts before the first write. */
export interface ApplyInput extends RunInput {
  readonly plan: Plan
}

/**
 * Rolling back: the run to undo with what its earlier rollbacks already undid; `runbook` and `hosts` are those of that
 * run (compiled from the text its journal keeps).
 */
export interface RollbackInput extends RunInput {
  readonly record: RunRecord
  readonly said?: readonly SaidUndo[]
}

/** What the operator has seen of an undo that nobody heard the end of. */
export interface SaidUndo {
  readonly host: string
  readonly step: string
  readonly outcome: 'done' | 'not-done'
}

/** How a run ended. The journal holds the rest. */
export interface RunSummary {
  readonly run: RunId
  readonly outcome: Outcome
  readonly problems: readonly Problem[]
}
