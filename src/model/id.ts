declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** The name of a host in the inventory (never its address). */
export type HostName = Branded<'HostName'>
/** The id of a step, unique in its runbook: given as `id:`, else made from its stage and place. */
export type StepId = Branded<'StepId'>
/** One run of one runbook: 26 characters, sortable by start time (Crockford base 32, as ULID). */
export type RunId = Branded<'RunId'>

export const hostName = (name: string): HostName => name as HostName // the only place that seals a host's name
export const stepId = (id: string): StepId => id as StepId // the only place that seals a step's id
export const runId = (id: string): RunId => id as RunId // the only place that seals a run's id
