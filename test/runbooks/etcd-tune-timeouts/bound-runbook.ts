import { readFileSync } from 'node:fs'
import path from 'node:path'
import { loadRunbook } from '../../../src/load/runbook.ts'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { unwrap } from '../../../src/model/problem.ts'
import type { Runbook, Step } from '../../../src/model/runbook.ts'
import { createModules } from '../../../src/modules/index.ts'

const file = path.join(import.meta.dirname, '../../../runbooks/etcd-tune-timeouts.yaml')

/** The runbook as it is shipped. */
export const loaded: Runbook = unwrap(loadRunbook({ file, text: readFileSync(file, 'utf8'), modules: createModules() }))

/** A member as the facts see it; times in ms. */
export interface MemberFacts {
  readonly name: string
  readonly settings: JsonObject
  readonly cluster: JsonObject
  readonly rtt: number | null
  readonly fsync: number | null
}

export const settingsFacts = (
  heartbeat: number | null,
  election: number | null,
  more: JsonObject = {},
): JsonObject => ({
  deploy: 'systemd-env',
  unit: 'etcd.service',
  file: '/etc/default/etcd',
  exec_start: null,
  heartbeat_ms: heartbeat,
  election_ms: election,
  file_heartbeat_ms: heartbeat,
  file_election_ms: election,
  problems: [],
  problem: '',
  ...more,
})

/** The scope of every host, by the runbook's own vars, as the engine makes it: facts first, then var by var. */
export function scopesOf(
  members: readonly MemberFacts[],
  params: JsonObject = {},
  others: JsonObject = {}, // hosts of the run whose facts are not there, by name
): ReadonlyMap<string, JsonObject> {
  const defaults = Object.fromEntries(loaded.params.map((param) => [param.name, param.default ?? null]))
  const all = { ...defaults, ...params }
  let scopes = new Map(
    members.map(({ name, settings, cluster, rtt, fsync }): readonly [string, JsonObject] => [
      name,
      {
        ...all,
        params: all,
        inventory_hostname: name,
        resuming: false,
        settings,
        cluster,
        rtt: { value: rtt },
        fsync: { value: fsync },
      },
    ]),
  )
  for (const { name, value } of loaded.vars) {
    const hosts = { ...others, ...Object.fromEntries(scopes) }
    const bound = new Map<string, Json>(
      [...scopes].map(([host, scope]) => [host, unwrap(value.bind({ ...scope, hosts }))]),
    )
    scopes = new Map([...scopes].map(([host, scope]) => [host, { ...scope, [name]: bound.get(host) ?? null }]))
  }
  const hosts = Object.fromEntries(scopes)
  return new Map([...scopes].map(([host, scope]) => [host, { ...scope, hosts }]))
}

export const isWanted = (step: Step, scope: JsonObject): boolean => (step.when ? unwrap(step.when.bind(scope)) : true)
export const argsOf = (step: Step, scope: JsonObject): JsonObject => unwrap(step.args.bind(scope))

export function stepOf(stage: number, id: string): Step {
  const step = loaded.stages[stage]?.steps.find((candidate) => candidate.id === id)
  if (!step) throw new Error(`stage ${stage} has no step ${id}`)
  return step
}
