import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import type { RollbackInput } from '../../src/engine/input.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { rawText, renderCommand } from '../../src/model/command.ts'
import type { JournalStore } from '../../src/model/journal.ts'
import { defineModule, type Module } from '../../src/model/module.ts'
import { ProblemError, succeed } from '../../src/model/problem.ts'
import { Type } from '../../src/model/schema.ts'
import type { Connection, Transport } from '../../src/model/transport.ts'
import { makeWorld, restart, runbook, setKey, stage, step, type World } from './world.ts'

// Declared undos without a check, whose rollback was killed before it had heard how they ended.

/** Sets a key as a free command does: looking at the host does not tell whether it was done. */
const blind: Module = defineModule({
  name: 'blind',
  summary: 'sets a key',
  example: '',
  effect: 'changes',
  args: Type.Object({ key: Type.String(), to: Type.String() }),
  resources: () => [],
  read: () => Promise.resolve(null),
  plan: ({ key }) => ({
    kind: 'change',
    change: {
      ...{ verb: 'run', summary: `run set ${key}`, details: [], before: {}, after: null },
      ...{ settles: false, reversible: false, predicts: {} },
    },
  }),
  apply: async ({ key, to }, _change, session) => {
    const { code } = await session.run(rawText(`set ${key} ${to}`))
    if (code !== 0) throw new ProblemError({ kind: 'step-failed', message: `exit code ${code}` })
    return undefined
  },
})

const book = (module: Module) => {
  const undo = { module, args: { ...step('x', setKey, {}).args, bind: () => succeed({ key: 'door', to: 'shut' }) } }
  return runbook([
    stage('one', [
      step('first', setKey, { key: 'lamp', to: 'on' }),
      step('open', blind, { key: 'door', to: 'open' }, { undo }),
    ]),
  ])
}

/** Dies before it writes that something, or this step, is undone. */
const dying = (journals: JournalStore, step?: string): JournalStore => ({
  ...journals,
  create: async (run) => {
    const journal = await journals.create(run)
    let dead = false
    const append: typeof journal.append = (event) => {
      dead ||= event.type === 'undo-finished' && (step === undefined || event.step === step)
      return dead ? Promise.reject(new ProblemError({ kind: 'io', message: 'killed' })) : journal.append(event)
    }
    return { ...journal, append }
  },
})

/** Hosts that keep a receipt, of a script that ended with this code. */
const withReceipt = (transport: Transport, code: number): Transport => {
  const reply = (stdout: string, ended = 0) => ({
    code: ended,
    stdout: Buffer.from(stdout),
    stderr: Buffer.alloc(0),
    truncated: false,
  })
  const wrap = (connection: Connection): Connection => ({
    ...connection,
    probe: (privilege) => ({
      run: async (command, options) => {
        const text = renderCommand(command)
        if (text.includes('ls -1')) return reply('01M7Z5RAVG5BTB4X59XXD2WDY2.0.1.run\n')
        if (text.includes('echo void')) return reply('done\n')
        return connection.probe(privilege).run(command, options)
      },
    }),
    session: (privilege) => ({
      run: async (command, options) =>
        renderCommand(command).includes('01M7Z5RAVG5BTB4X59XXD2WDY2.0.1.run')
          ? reply('', code)
          : connection.session(privilege).run(command, options),
    }),
  })
  return { open: async (endpoint) => wrap(await transport.open(endpoint)) }
}

/** A run whose rollback was killed when it had just undone its last step. */
async function killedRollback(module: Module = blind) {
  const world: World = await makeWorld(['e1'], { door: 'shut', lamp: 'off' })
  const input = { ...world.runInput(book(module)), plan: await makePlan(world.input(book(module))) }
  expect(await applyPlan(input)).toMatchObject({ outcome: 'applied' })
  const killed = world.runInput(book(module))
  const record = await input.journals.fold(input.run)
  await rollBack({ ...killed, record, journals: dying(killed.journals) }).catch(() => undefined)
  expect(world.log.splice(0)).toEqual(['e1 set lamp on', 'e1 set door open', 'e1 set door shut'])
  const again = async (more: Partial<RollbackInput> = {}) =>
    rollBack({ ...world.runInput(book(module)), record: await input.journals.fold(input.run), ...more })
  return { world, run: input.run, again }
}

const said = (outcome: 'done' | 'not-done') => ({ said: [{ host: 'e1', step: 'open', outcome }] })

describe('an undo that cannot be looked at, and whose end nobody heard of', () => {
  test('is asked of the operator with what to type, and nothing more is undone', async () => {
    const { world, run, again } = await killedRollback()
    expect(await again()).toMatchObject({
      outcome: 'rollback-failed',
      problems: [
        {
          kind: 'in-doubt',
          hint: expect.stringMatching(
            new RegExp(`/open\\.undo\\).*runbook rollback ${run} --settle open@e1=done, or .*=not-done`),
          ),
        },
      ],
    })
    expect(world.log).toEqual([])
    expect((await again(said('done'))).outcome).toBe('rolled-back')
    expect(world.log).toEqual(['e1 set lamp off'])
  })

  test('is undone anew where the operator says that it was not', async () => {
    const { world, again } = await killedRollback()
    expect((await again(said('not-done'))).outcome).toBe('rolled-back')
    expect(world.log).toEqual(['e1 set door shut', 'e1 set lamp off'])
  })

  test.each([
    ['ended well is not run again', 0, ['e1 set lamp off']],
    ['failed is run anew', 3, ['e1 set door shut', 'e1 set lamp off']],
  ])('and by its receipt %s', async (_, code, log) => {
    const { world, again } = await killedRollback()
    const { transport } = world.input(book(blind))
    expect((await again({ transport: withReceipt(transport, code) })).outcome).toBe('rolled-back')
    expect(world.log).toEqual(log)
  })
})

test('an undo that can be looked at is, and asks nobody', async () => {
  const { world, again } = await killedRollback(setKey)
  expect((await again()).outcome).toBe('rolled-back')
  expect(world.log).toEqual(['e1 set lamp off'])
})

describe('the undo of a restart, cut off', () => {
  const restarting = runbook([
    stage('one', [
      step('file', setKey, { key: 'etcd', to: 'new' }),
      step('again', restart, { unit: 'etcd' }, { whenChanged: ['file'] }),
    ]),
  ])

  /** Rolled back by programs that die before they write that the restart is undone; gives what the last rollback did. */
  async function cutOff(deaths: number, before: (world: World) => void = () => undefined) {
    const world = await makeWorld(['e1'], { etcd: 'old', 'running-etcd': 'old' })
    const input = { ...world.runInput(restarting), plan: await makePlan(world.input(restarting)) }
    expect(await applyPlan(input)).toMatchObject({ outcome: 'applied' })
    const record = () => input.journals.fold(input.run)
    before(world)
    for (let left = deaths; left > 0; left -= 1) {
      const killed = world.runInput(restarting)
      const dead = { ...killed, record: await record(), journals: dying(killed.journals, 'again') }
      await rollBack(dead).catch(() => undefined)
    }
    world.log.length = 0
    expect((await rollBack({ ...world.runInput(restarting), record: await record() })).outcome).toBe('rolled-back')
    return world.log
  }

  test('restarts once, as the host shows that it was done', async () => {
    expect(await cutOff(1)).toEqual([])
    expect(await cutOff(3), 'however often it is cut off').toEqual([])
  })

  test('restarts where the host shows that it was not done', async () => {
    const failing = (world: World) => world.failing.set('e1 running-etcd', 1)
    expect(await cutOff(1, failing)).toEqual(['e1 set running-etcd old'])
  })

  test('is waited for before anything is judged', async () => {
    const world = await makeWorld(['e1'], { etcd: 'old', 'running-etcd': 'old' })
    const input = { ...world.runInput(restarting), plan: await makePlan(world.input(restarting)) }
    await applyPlan(input)
    const killed = world.runInput(restarting)
    const record = await input.journals.fold(input.run)
    await rollBack({ ...killed, record, journals: dying(killed.journals, 'again') }).catch(() => undefined)
    const still = running(world.input(restarting).transport)
    const again = { ...world.runInput(restarting), record: await input.journals.fold(input.run), transport: still }
    expect(await rollBack(again)).toMatchObject({
      outcome: 'rollback-failed',
      problems: [{ kind: 'blocked', message: expect.stringContaining('still runs (process 4711)') }],
    })
  })
})

/** Hosts where something of each step still runs. */
const running = (transport: Transport): Transport => ({
  open: async (endpoint) => {
    const connection = await transport.open(endpoint)
    const probe: Connection['probe'] = (privilege) => ({
      run: async (command, options) => {
        const isAsked = renderCommand(command).includes('RUNBOOK_STEP=')
        const reply = await connection.probe(privilege).run(command, options)
        return isAsked ? { ...reply, stdout: Buffer.from('/proc/4711/environ\n') } : reply
      },
    })
    return { ...connection, probe }
  },
})
