import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rollBack } from '../../src/engine/rollback.ts'
import { rawText, renderCommand } from '../../src/model/command.ts'
import type { Module } from '../../src/model/module.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import type { Connection, Reply, Runner, Transport } from '../../src/model/transport.ts'
import { makeWorld, restart, runbook, setKey, stage, step, type World } from './world.ts'

/** What the host does with an armed undo: waits for the controller, undoes before it comes, fails to, takes none, or is restarted. */
type Timer = 'waits' | 'undoes' | 'fails' | 'takes none' | 'is lost'

/** setKey whose undo is known as text. */
const setByHost: Module = {
  ...setKey,
  revertText: ({ key }, { before }) => rawText(`set ${String(key)} ${String(before.value)}`),
}

const book = (more: Partial<Runbook> = {}): Runbook =>
  runbook(
    [
      stage('one', [
        step('first', setKey, { key: 'etcd2', to: 'first' }),
        step('risky', setByHost, { key: 'etcd', to: 'el' }, { confirmMs: 10_000 }),
      ]),
    ],
    { onFailure: 'stop', ...more },
  )

const reply = (code: number, stdout: string): Reply => ({
  code,
  stdout: Buffer.from(stdout),
  stderr: Buffer.from(code === 0 ? '' : 'no room'),
  truncated: false,
})

/** The world's hosts with a shell that understands armed undos; `set KEY VALUE` is all that such an undo may be. */
function withTimers(world: World, timer: Timer): { readonly transport: Transport; opened: number } {
  const { transport } = world.input(book())
  const seen = { opened: 0, transport }
  const undo = (host: string): void => {
    for (const [, key = '', value = ''] of armed.matchAll(/set (\S+) ([^\s']+)/g))
      world.hosts.get(host)?.set(key, value)
  }
  let armed = ''
  const session = (host: string, runner: Runner): Runner => ({
    run: (command, options) => {
      const text = renderCommand(command)
      if (text.includes('systemd-run')) {
        armed = command.stdin instanceof Uint8Array ? '' : (command.stdin?.reveal() ?? '')
        return Promise.resolve(reply(timer === 'takes none' ? 1 : 0, ''))
      }
      if (text.includes('turn=0')) return Promise.resolve(reply(0, timer === 'fails' ? '5\nno space left' : '0\n'))
      const asked = /\nv=(confirmed|left)\n/.exec(text)?.[1]
      if (asked === undefined)
        return runner.run(rawText(text.replace(/\( umask[\s\S]*?\) \|\| exit 98\n/, '')), options)
      if (timer === 'undoes') undo(host)
      const own = timer === 'undoes' || timer === 'fails' ? 'undone' : asked
      return Promise.resolve(reply(0, timer === 'is lost' && asked === 'left' ? 'lost' : own))
    },
  })
  const wrap = (connection: Connection): Connection => ({
    ...connection,
    session: (privilege) => session(connection.host, connection.session(privilege)),
  })
  seen.transport = {
    open: async (endpoint) => {
      seen.opened += 1
      return wrap(await transport.open(endpoint))
    },
  }
  return seen
}

async function applied(timer: Timer, runs: Runbook = book()) {
  const world = await makeWorld(['e1'], { etcd: 'old', etcd2: 'old2', 'running-etcd': 'old' })
  const seen = withTimers(world, timer)
  const { transport } = seen
  const plan = await makePlan(world.input(runs, { transport }))
  const opened = seen.opened
  const input = { ...world.runInput(runs, { transport }), plan }
  const summary = await applyPlan(input)
  const types = world.events.flatMap((event) => ('step' in event ? [`${event.type} ${event.step}`] : []))
  const record = await input.journals.fold(input.run)
  const states = record.changes.map(({ step: id, state }) => `${id} ${state}`)
  return { world, input, summary, types, states, record, plan, connections: seen.opened - opened, transport }
}

test('a step is confirmed over one more connection, and its plan says what happens otherwise', async () => {
  const { summary, types, states, plan, connections } = await applied('waits')
  expect(summary.outcome).toBe('applied')
  expect(types.filter((one) => one.startsWith('undo'))).toEqual(['undo-armed risky', 'undo-disarmed risky'])
  expect(states).toEqual(['first changed', 'risky changed'])
  expect(connections).toBeGreaterThan(1)
  expect(JSON.stringify(plan)).toContain('undone by the host itself unless a new connection confirms it within 10 s')
})

test('a step that its host undid has failed, is undone once, and only the rest is rolled back', async () => {
  const { world, input, summary, states, record, transport } = await applied('undoes')
  expect(summary).toMatchObject({
    outcome: 'failed-not-rolled-back',
    problems: [{ kind: 'step-failed', step: 'risky' }],
  })
  expect(states).toEqual(['first changed', 'risky undone'])
  expect(world.hosts.get('e1')?.get('etcd')).toBe('old')
  world.log.length = 0
  const rolled = await rollBack({ ...world.runInput(book(), { transport }), record })
  expect(rolled.outcome).toBe('rolled-back')
  expect(world.log).toEqual(['e1 set etcd2 old2'])
  expect((await input.journals.fold(input.run)).changes.every(({ state }) => state === 'undone')).toBe(true)
})

test('what its policy rolls back is the rest; where nothing else was changed nothing is left', async () => {
  const { summary, states, types } = await applied('undoes', book({ onFailure: 'rollback_run' }))
  expect(summary.outcome).toBe('failed-rolled-back')
  expect(states).toEqual(['first undone', 'risky undone'])
  expect(types.filter((one) => one === 'undo-finished risky')).toHaveLength(1)
  const alone = runbook([stage('one', [step('risky', setByHost, { key: 'etcd', to: 'el' }, { confirmMs: 10_000 })])], {
    onFailure: 'stop',
  })
  expect((await applied('undoes', alone)).summary.outcome).toBe('failed-rolled-back')
})

test('where the undo of the host fails it is told, and a rollback tries it', async () => {
  const { world, summary, states, record, transport } = await applied('fails')
  expect(summary.problems[0]?.message).toBe('not confirmed within 10 s, and the host failed to undo it')
  expect(states).toEqual(['first changed', 'risky undo-failed'])
  expect(record.changes[1]?.armed).toBeUndefined()
  expect((await rollBack({ ...world.runInput(book(), { transport }), record })).outcome).toBe('rolled-back')
  expect(world.hosts.get('e1')?.get('etcd')).toBe('old')
})

test('a step whose undo the host does not take is not begun', async () => {
  const { world, summary, states } = await applied('takes none')
  expect(summary.problems).toMatchObject([{ kind: 'step-failed', step: 'risky', detail: 'no room' }])
  expect(states).toEqual(['first changed', 'risky undone'])
  expect(world.log).toEqual(['e1 set etcd2 first'])
})

test('a step that fails within its time is left to the policy of the run', async () => {
  const world = await makeWorld(['e1'], { etcd: 'old', etcd2: 'old2' })
  world.failing.set('e1 etcd', 1)
  const { transport } = withTimers(world, 'waits')
  const plan = await makePlan(world.input(book(), { transport }))
  const summary = await applyPlan({ ...world.runInput(book(), { transport }), plan })
  expect(summary).toMatchObject({ outcome: 'failed-not-rolled-back', problems: [{ message: 'cannot set etcd' }] })
  expect(world.events).toContainEqual(expect.objectContaining({ type: 'undo-disarmed', verdict: 'left' }))
})

test('where the host was restarted before it undid a failed step, that is told, recorded, and left to the policy', async () => {
  const world = await makeWorld(['e1'], { etcd: 'old', etcd2: 'old2' })
  world.failing.set('e1 etcd', 1)
  const { transport } = withTimers(world, 'is lost')
  const runs = book({ onFailure: 'rollback_run' })
  const plan = await makePlan(world.input(runs, { transport }))
  const summary = await applyPlan({ ...world.runInput(runs, { transport }), plan })
  expect(summary).toMatchObject({
    outcome: 'failed-rolled-back',
    problems: [{ message: 'cannot set etcd', detail: expect.stringContaining('the host was restarted before') }],
  })
  expect(world.events).toContainEqual(expect.objectContaining({ type: 'undo-disarmed', verdict: 'lost' }))
})

test('a restart is undone with the file that it follows, the file first', async () => {
  const restartByHost: Module = { ...restart, revertText: () => rawText('set running-etcd old') }
  const followed = runbook(
    [
      stage('one', [
        step('file', setByHost, { key: 'etcd', to: 'el' }),
        step('again', restartByHost, { unit: 'etcd' }, { whenChanged: ['file'], confirmMs: 10_000 }),
      ]),
    ],
    { onFailure: 'stop' },
  )
  const { world, summary, types, states } = await applied('undoes', followed)
  expect(types.filter((one) => one.startsWith('undo'))).toEqual([
    ...['undo-armed again', 'undo-finished file', 'undo-finished again'],
  ])
  expect(states).toEqual(['file undone', 'again undone'])
  expect(summary.outcome).toBe('failed-rolled-back')
  expect([...(world.hosts.get('e1') ?? [])]).toEqual(
    Object.entries({ etcd: 'old', etcd2: 'old2', 'running-etcd': 'old' }),
  )
})
