import { expect, test } from 'vitest'
import { diagnose } from '../../src/engine/diagnose.ts'
import { hostName } from '../../src/model/id.ts'
import { fakeConnection, fakeTransport } from '../fake/fake-transport.ts'
import { bindable, look, makeWorld, measure, runbook, step } from './world.ts'

/** Hosts that answer `get KEY` with what `answer` gives. */
const hostsThat = (names: readonly string[], answer: (key: string, host: string) => string | Promise<string>) =>
  fakeTransport(
    names.map((name) =>
      fakeConnection((text) => {
        if (text.includes('/etc/machine-id')) return `machine-${name}\nboot\n`
        return text.startsWith('get ') ? answer(text.slice('get '.length), name) : ''
      }, hostName(name)),
    ),
  )

test('a measure is taken as soon as its own facts are known, and judged when all are', async () => {
  const slow = Promise.withResolvers<string>()
  const world = await makeWorld(['e1'], {})
  const book = runbook([], {
    facts: [
      step('quick', look, { key: 'quick' }, { as: 'quick' }),
      step('slow', look, { key: 'slow' }, { as: 'slow' }),
    ],
    measures: [
      measure(
        'm',
        step('m', look, { key: '$quick' }),
        bindable(['slow', 'value'], ({ slow, value }) => Number(value) < Number(slow)),
      ),
    ],
  })
  const transport = hostsThat(['e1'], (key) => {
    if (key === 'slow') return slow.promise
    if (key === 'quick') return 'disk'
    slow.resolve('10') // never, where the measure waits for it
    return '7'
  })
  const { readings } = await diagnose(world.input(book, { transport }))
  expect(readings).toMatchObject([{ measure: 'm', value: 7, verdict: 'pass' }])
})

test('what rests on a var waits for the facts of all hosts', async () => {
  const asked: string[] = []
  const world = await makeWorld(['e1', 'e2'], {})
  const book = runbook([], {
    facts: [step('own', look, { key: 'own' }, { as: 'own' })],
    vars: [{ name: 'all', value: bindable(['own', 'hosts'], ({ hosts }) => Object.keys(hosts ?? {}).join('-')) }],
    measures: [measure('m', step('m', look, { key: '$all' }))],
  })
  const transport = hostsThat(['e1', 'e2'], (key, host) => {
    asked.push(`${host} ${key}`)
    return '1'
  })
  await diagnose(world.input(book, { transport }))
  expect(asked).toEqual(['e1 own', 'e2 own', 'e1 e1-e2', 'e2 e1-e2'])
})

test('a host whose facts cannot be read is told of, and the others are measured', async () => {
  const world = await makeWorld(['e1', 'e2'], {})
  const book = runbook([], {
    facts: [step('own', look, { key: 'own', is: '1' }, { as: 'own' })],
    measures: [measure('m', step('m', look, { key: '$own' }))],
  })
  const transport = hostsThat(['e1', 'e2'], (key, host) => (key === 'own' && host === 'e2' ? '2' : '1'))
  const { hosts, readings, unseen } = await diagnose(world.input(book, { transport }))
  expect({ hosts, readings, unseen }).toMatchObject({
    hosts: ['e1'],
    readings: [{ host: 'e1', value: 1 }],
    unseen: [{ host: 'e2', message: 'own is 2, not 1' }],
  })
})

test('what has begun on a host when the facts of another fail is not begun again', async () => {
  const asked: string[] = []
  const begun = Promise.withResolvers<void>()
  const failed = Promise.withResolvers<void>()
  const world = await makeWorld(['e1', 'e2'], {})
  const book = runbook([], {
    facts: [step('own', look, { key: 'own', is: '1' }, { as: 'own' })],
    measures: [measure('m', step('m', look, { key: '$own' }))],
  })
  const transport = hostsThat(['e1', 'e2'], async (key, host) => {
    asked.push(`${host} ${key}`)
    if (host === 'e2') {
      await begun.promise
      failed.resolve()
      return '2'
    }
    if (key === '1') {
      begun.resolve()
      await failed.promise
    }
    return '1'
  })
  const { readings } = await diagnose(world.input(book, { transport }))
  expect(readings).toMatchObject([{ host: 'e1', value: 1 }])
  expect(asked).toEqual(['e1 own', 'e2 own', 'e1 1'])
})
