import type { HostName } from './id.ts'
import type { Json } from './json.ts'
import type { Problem } from './problem.ts'

/** Where a value comes from: "runbook default", "group etcd", "host e1", "--vars-file x", "--set"; with a place if it has one. */
export interface Origin {
  readonly level: 'default' | 'inventory' | 'vars-file' | 'set'
  readonly text: string // "group etcd (inventories/lab.yaml:7:9)"
}

/** A value, and what it overrode (nearest first). */
export interface Variable {
  readonly value: Json
  readonly origin: Origin
  readonly overrode: readonly { readonly value: Json; readonly origin: Origin }[]
}

export type Variables = ReadonlyMap<string, Variable>

export interface Host {
  readonly name: HostName
  readonly groups: readonly string[] // all it is in, `all` first, parents before children
  readonly vars: Variables // as merged: all < parent < child < host; as written, with braces
  readonly folder?: string // absolute: {{ inventory_dir }}, of the first source that names the host
}

/** The hosts of all inventory files together, in the order of their first appearance. */
export interface Inventory {
  readonly sources: readonly string[] // files, as given
  readonly sha256: string // of all their bytes
  readonly hosts: ReadonlyMap<HostName, Host>
  readonly groups: ReadonlyMap<string, Group>
  readonly notes?: readonly Problem[] // what looks like a slip; stops nothing
}

export interface Group {
  readonly name: string
  readonly hosts: readonly HostName[] // direct members
  readonly children: readonly string[]
  readonly vars: Variables
  readonly priority?: number // among groups of the same depth; 1 when absent
}
