import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadRunbook } from '../../../src/load/runbook.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { unwrap } from '../../../src/model/problem.ts'
import { createModules } from '../../../src/modules/index.ts'

const folder = path.join(import.meta.dirname, '../../../runbooks')
const textOf = (name: string) => ({
  name,
  file: path.join(folder, `${name}.yaml`),
  text: readFileSync(path.join(folder, `${name}.yaml`), 'utf8'),
})
const runbook = unwrap(
  loadRunbook({
    ...textOf('etcd-slow-disk'),
    modules: createModules(),
    texts: ['etcd-dedicated-disk', 'etcd-tune-timeouts', 'etcd-cpu-priority', 'etcd-defrag'].map(textOf),
  }),
)
const params = Object.fromEntries(runbook.params.map(({ name, default: value }) => [name, value ?? null]))
const measures = [...runbook.measures, ...(runbook.diagnosing?.evidence ?? [])].filter(({ read }) => !read.include)
const unknown = Object.fromEntries(
  measures.map(({ name }) => [name, { value: null, known: false, bad: false, more: null }]),
)

const running: JsonObject = {
  ...params,
  settings: { unit: 'etcd.service', data_dir: '/var/lib/etcd', pid: 7, heartbeat_ms: 100, election_ms: 1000 },
  cluster: { member_id: '1', alarms: [], members: [{ id: '2', client_urls: ['http://m2:2379'] }] },
  evidence: unknown,
}
const stopped: JsonObject = { ...running, settings: null, cluster: null }
const seen = (own: JsonObject): JsonObject => ({ ...own, hosts: { m1: running, m2: stopped } })

const causes = (own: JsonObject) =>
  (runbook.diagnosing?.causes ?? []).flatMap(({ name, when }) => (unwrap(when.bind(seen(own))) ? [name] : []))

test('a member that does not run is the cause there, and none on the others', () => {
  expect(causes(stopped)).toEqual(['etcd does not run'])
  expect(causes(running)).toEqual([])
})

test('what is asked of a process is not asked of a member that does not run, and the rest can be asked', () => {
  const peers = unwrap(runbook.vars.find(({ name }) => name === 'peers')?.value.bind(seen(stopped)) ?? never())
  expect(peers).toEqual([])
  for (const { name, read } of measures) {
    const isAsked = read.when ? unwrap(read.when.bind(seen(stopped))) : true
    if (isAsked) expect(read.args.bind({ ...seen(stopped), peers }), name).toMatchObject({ ok: true })
    else expect(read.module.name, name).toMatch(/^(io_sample|log_scan|fsync_probe)$/)
  }
})

test('a run does not begin with it, and goes on with it where a remedy has stopped it', () => {
  const guard = runbook.guards.find(({ include, name }) => !include && name === 'The member runs')
  const that = (resuming: boolean) => unwrap(guard?.args.bind({ ...seen(stopped), resuming }) ?? never()).that
  expect([that(false), that(true)]).toEqual([false, true])
})

const never = (): never => {
  throw new Error('the runbook has no such thing')
}
