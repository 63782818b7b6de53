import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { hostName, stepId } from '../../src/model/id.ts'
import type { Modules } from '../../src/model/module.ts'
import { unwrap } from '../../src/model/problem.ts'
import type { IncludedText, Runbook } from '../../src/model/runbook.ts'
import { survivesEveryKill } from './every-kill.ts'
import { look, makeWorld, restart, setKey, type World } from './world.ts'

const MODULES: Modules = new Map([look, setKey, restart].map((module) => [module.name, module]))

// What it changes first takes away the reason that it was included for.
const TUNE = `name: tune
summary: Two passes
hosts: all
params:
  to: {type: string, default: el, description: the new value}
  second: {type: string, description: of the second pass}
facts:
  - look: {key: seen}
    as: seen
vars:
  wanted: "{{ seen }}-{{ second }}"
guards:
  - look: {key: health, is: ok}
measure:
  size: {look: {key: size}, unit: ms, target: "value < 99"}
stages:
  - name: First pass
    rolling: {batch: 1, order_by: seen, gate: [{look: {key: health, is: ok}}]}
    steps:
      - id: file
        set_key: {key: etcd, to: "{{ to }}"}
      - restart: {unit: etcd}
        when_changed: file
  - name: Second pass
    rolling: {batch: 1}
    steps:
      - look: {key: etcd}
        as: value
      - id: file-2
        set_key: {key: etcd2, to: "{{ wanted }}-{{ value }}"}
      - restart: {unit: etcd2}
        when_changed: file-2
`

const FIX = `name: fix
summary: By evidence
hosts: all
facts:
  - look: {key: etcd}
    as: value
vars:
  second: hb
stages:
  - name: Before
    steps:
      - set_key: {key: mark, to: "{{ second }}"}
  - include: tune
    id: slow
    when: "value == 'old'"
    params: {second: "{{ value }}"}
  - name: After
    steps:
      - set_key: {key: end, to: "{{ second }}"}
`

const load = (text: string, texts: readonly IncludedText[]): Runbook =>
  unwrap(loadRunbook({ file: 'fix.yaml', text, modules: MODULES, texts }))

const tuned = (text = TUNE): readonly IncludedText[] => [{ name: 'tune', file: 'tune.yaml', text }]
const fix = () => load(FIX, tuned())

const START = {
  etcd: 'old',
  etcd2: 'old2',
  'running-etcd': 'old',
  'running-etcd2': 'old2',
  seen: 'first',
  health: 'ok',
  size: '7',
  mark: '',
  end: '',
}

const snapshot = (world: World) => JSON.stringify([...world.hosts].map(([name, values]) => [name, [...values].sort()]))

async function applied(world: World, book: Runbook, more = {}) {
  const plan = await makePlan(world.input(book, more))
  const input = { ...world.runInput(book, more), plan }
  return { plan, summary: await applyPlan(input), input }
}

describe('an included runbook', () => {
  test('is planned as stages of its own, with ids, facts and measures under its id', async () => {
    const world = await makeWorld(['e1'], START)
    const plan = await makePlan(world.input(fix()))
    expect(plan.stages.map(({ name }) => name)).toEqual(['Before', 'slow: First pass', 'slow: Second pass', 'After'])
    expect(plan.stages[1]?.steps.map(({ step, at }) => `${step} ${at.file}:${at.line}`)).toEqual([
      'slow.file tune.yaml:20',
      'slow.s1-2-restart tune.yaml:22',
    ])
    expect(plan.facts).toEqual({ e1: { value: 'old', 'slow.seen': 'first' } })
    expect(plan.measures).toMatchObject([{ measure: 'slow.size', value: 7, verdict: 'pass' }])
    expect(plan.guards.map(({ step }) => step)).toEqual(['slow.guard-1-look'])
  })

  test('sees its own names only: its parameters, its facts, its outputs', async () => {
    const world = await makeWorld(['e1'], START)
    const { summary } = await applied(world, fix())
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toEqual([
      'e1 set mark hb',
      'e1 set etcd el',
      'e1 set running-etcd el',
      'e1 set etcd2 first-old-el',
      'e1 set running-etcd2 first-old-el',
      'e1 set end hb',
    ])
  })

  test('is chosen once in a run: its first steps do not take away the reason for the others', async () => {
    const world = await makeWorld(['e1', 'e2'], START)
    world.hosts.get('e2')?.set('etcd', 'other')
    const { plan, summary } = await applied(world, fix())
    expect(plan.stages[1]?.batches).toEqual([['e1']])
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log.filter((line) => line.includes('etcd')).map((line) => line.slice(0, 2))).toEqual([
      'e1',
      'e1',
      'e1',
      'e1',
    ])
  })

  test('is not looked at on hosts where it is not taken, nor on those that it is not for', async () => {
    const world = await makeWorld(['e1', 'e2'], START)
    world.hosts.get('e2')?.set('health', 'bad')
    const includeHosts = new Map([[stepId('slow'), [hostName('e1')]]])
    const { plan, summary } = await applied(world, fix(), { includeHosts })
    expect(plan.guards.map(({ host }) => host)).toEqual(['e1'])
    expect(plan.measures.map(({ host }) => host)).toEqual(['e1'])
    expect(summary.outcome).toBe('applied')
  })

  test('is rolled back exactly, by a run that no longer sees why it was chosen', async () => {
    const world = await makeWorld(['e1', 'e2'], START)
    const before = snapshot(world)
    const { input } = await applied(world, fix())
    const record = await input.journals.fold(input.run)
    const kept = record.started.runbook
    const book = load(kept.text, kept.included ?? [])
    expect(await rollBack({ ...world.runInput(book), record })).toMatchObject({ outcome: 'rolled-back', problems: [] })
    expect(snapshot(world)).toBe(before)
  })

  test('counts for the digest of what includes it', () => {
    expect(fix().sha256).toBe(fix().sha256)
    expect(load(FIX, tuned(TUNE.replace('health, is: ok', 'health, is: fine'))).sha256).not.toBe(fix().sha256)
  })

  test('may include another one', async () => {
    const outer = FIX.replace('name: fix', 'name: top').replace('include: tune', 'include: middle')
    const middle = `name: middle\nsummary: m\nhosts: all\nparams: {second: {type: string, description: x}}\nstages:\n  - include: tune\n    params: {second: "{{ second }}!"}\n`
    const texts = [...tuned(), { name: 'middle', file: 'middle.yaml', text: middle }]
    const world = await makeWorld(['e1', 'e2'], START)
    const before = snapshot(world)
    const book = load(outer, texts)
    const { plan, summary, input } = await applied(world, book)
    expect(plan.stages[2]?.steps.at(-1)?.step).toBe('slow.tune.s2-3-restart')
    expect(summary).toMatchObject({ outcome: 'applied', problems: [] })
    expect(world.log).toContain('e2 set etcd2 first-old!-el')
    await rollBack({ ...world.runInput(book), record: await input.journals.fold(input.run) })
    expect(snapshot(world)).toBe(before)
  })
})

describe('with an include', () => survivesEveryKill(fix, START))
