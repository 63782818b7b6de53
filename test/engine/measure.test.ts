import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { fail } from '../../src/model/problem.ts'
import type { Runbook, Step } from '../../src/model/runbook.ts'
import { bindable, look, makeWorld, measure, runbook, setKey, stage, step, type World } from './world.ts'

async function applied(world: World, book: Runbook) {
  const input = { ...world.runInput(book), plan: await makePlan(world.input(book)) }
  return { summary: await applyPlan(input), input }
}

const valuesOf = (world: World) => JSON.stringify([...world.hosts].map(([name, values]) => [name, ...values]))

test('a missed target is told by its own outcome, with the readings before and after', async () => {
  const world = await makeWorld(['e1'], { a: '1', p99: '12' })
  const book = runbook([stage('one', [step('set', setKey, { key: 'p99', to: '11' })])], {
    measures: [
      measure(
        'p99',
        step('m', look, { key: 'p99' }),
        bindable(['value'], ({ value }) => Number(value) < 10),
      ),
    ],
  })
  const { summary, input } = await applied(world, book)
  expect(summary.outcome).toBe('target-missed')
  const { readings } = await input.journals.fold(input.run)
  expect(readings.map(({ phase, value, verdict }) => [phase, value, verdict])).toEqual([
    ['before', 12, 'fail'],
    ['after', 11, 'fail'],
  ])
})

test('a missed target undoes the run where the runbook says so, and measures once more', async () => {
  const world = await makeWorld(['e1', 'e2'], { a: '1', p99: '12' })
  const book = runbook([stage('one', [step('set', setKey, { key: 'p99', to: '11' })])], {
    onMissedTarget: 'rollback_run',
    measures: [
      measure(
        'p99',
        step('m', look, { key: 'p99' }),
        bindable(['value'], ({ value }) => Number(value) < 10),
      ),
    ],
  })
  const before = valuesOf(world)
  const { summary, input } = await applied(world, book)
  expect(summary.outcome).toBe('failed-rolled-back')
  expect(summary.problems.map(({ host, message }) => `${host}: ${message}`)).toEqual([
    expect.stringMatching(/^e1: p99 missed its target: 11 ms, wanted /),
    expect.stringMatching(/^e2: p99 missed its target: 11 ms, wanted /),
  ])
  expect(valuesOf(world)).toBe(before)
  const { readings } = await input.journals.fold(input.run)
  expect(readings.filter(({ phase }) => phase === 'after-rollback').map(({ value }) => value)).toEqual([12, 12])
})

test('what cannot be measured after an undo is told with why, and the run is undone all the same', async () => {
  const world = await makeWorld(['e1'], { a: '1', b: '1', p99: '12' })
  world.failing.set('e1 b', 1)
  const read = step('m', look, { key: 'p99' })
  const isAfter = () => world.log.length > 0
  const bind: Step['args']['bind'] = (scope) =>
    isAfter() ? fail([{ kind: 'expression', message: 'there is no variable rate' }]) : read.args.bind(scope)
  const set = (key: string): Step => step(key, setKey, { key, to: '2' })
  const book = runbook([stage('one', [set('a'), set('b')])], {
    measures: [measure('p99', { ...read, args: { ...read.args, bind } })],
  })
  const { summary, input } = await applied(world, book)
  expect(summary).toMatchObject({ outcome: 'failed-rolled-back', problems: [{ step: 'b' }] })
  const { readings } = await input.journals.fold(input.run)
  expect(readings).toMatchObject([
    { phase: 'before', value: 12 },
    { phase: 'after-rollback', value: null, note: 'not measured: there is no variable rate' },
  ])
})
