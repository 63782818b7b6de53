import type { Json } from '../model/json.ts'
import type { Problem } from '../model/problem.ts'
import type { Span } from '../model/source.ts'

/** What a variable belongs to. */
export interface Owner {
  readonly kind: 'group' | 'host'
  readonly name: string
}

/** Where a variable is written, which decides between the owners: see group-vars layers in inventory-build. */
export type VarHome = 'inventory' | 'vars-folder' // the inventory file, or group_vars/ and host_vars/ beside it

export interface VarStatement {
  readonly kind: 'var'
  readonly owner: Owner
  readonly home: VarHome
  readonly name: string
  readonly value: Json
  readonly at: Span
  readonly rank?: number // in a vars-folder: which of the sources it belongs to
}

export interface HostStatement {
  readonly kind: 'host'
  readonly group: string
  readonly host: string
  readonly port?: number // `name:22`
  readonly at: Span
  readonly folder: string // {{ inventory_dir }}, if it is the first to name the host
}

/** One thing that an inventory says; a later statement wins over an earlier one. */
export type InventoryStatement =
  | { readonly kind: 'group'; readonly group: string; readonly at?: Span }
  | { readonly kind: 'child'; readonly parent: string; readonly child: string; readonly at: Span }
  | HostStatement
  | VarStatement

/** What one source says, in the order in which it is written; what is wrong with it, and what looks like a slip. */
export interface InventoryFile {
  readonly statements: readonly InventoryStatement[]
  readonly problems: readonly Problem[]
  readonly notes: readonly Problem[]
}

/** An InventoryFile while it is being read. */
export interface InventoryReading {
  readonly folder: string // absolute, of the source
  readonly statements: InventoryStatement[]
  readonly problems: Problem[]
  readonly notes: Problem[]
}

export const beginReading = (folder: string): InventoryReading => ({ folder, statements: [], problems: [], notes: [] })
