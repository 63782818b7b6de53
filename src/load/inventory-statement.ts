import type { Json } from '../model/json.ts'
import type { Span } from '../model/source.ts'

/** What a variable belongs to. */
export interface Owner {
  readonly kind: 'group' | 'host'
  readonly name: string
}

/** Where a variable is written, which decides between the owners: see hostLayers. */
export type VarHome = 'inventory' | 'vars-folder' // the inventory file, or group_vars/ and host_vars/ beside it

export interface VarStatement {
  readonly kind: 'var'
  readonly owner: Owner
  readonly home: VarHome
  readonly name: string
  readonly value: Json
  readonly at: Span
  readonly folder: string // {{ inventory_dir }}
}

/** One thing that an inventory says; a later statement wins over an earlier one. */
export type InventoryStatement =
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'child'; readonly parent: string; readonly child: string; readonly at: Span }
  | { readonly kind: 'host'; readonly group: string; readonly host: string }
  | VarStatement
