import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Step } from '../../src/model/runbook.ts'
import type { Connection, Runner, Transport } from '../../src/model/transport.ts'
import { makeWorld, runbook, setKey, stage, step, type World } from './world.ts'

/** A command that nothing but its receipt tells the end of. */
const blind: typeof setKey = {
  ...setKey,
  name: 'blind',
  plan: (args, state) => {
    const decision = setKey.plan(args, state)
    return decision.kind === 'change' ? { ...decision, change: { ...decision.change, settles: false } } : decision
  },
}

type Loss = 'before' | 'after' | 'before, and never back' | 'half-way'

const lost = () => new ProblemError({ kind: 'connection-lost', message: 'cut' })
const gone = () => new ProblemError({ kind: 'unreachable', message: 'no route' })

/** The world's transport, where the first script of a step is lost, and its receipt is dead. */
function losing(world: World, transport: Transport, loss: Loss): { transport: Transport; sent: string[] } {
  const sent: string[] = []
  let isAway = false
  const runner = ({ run }: Runner): Runner => ({
    run: async (command, options) => {
      const text = command.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
      if (!text.includes('\nrun ')) {
        if (text.includes('follow ')) return { ...(await run(command, options)), code: 213 }
        return run(command, options)
      }
      sent.push(text)
      if (sent.length > 1) return run(command, options)
      if (loss === 'after') await run(command, options)
      if (loss === 'half-way') world.hosts.get('e1')?.set('etcd', 'ne')
      isAway = loss === 'before, and never back'
      throw lost()
    },
  })
  const wrap = (connection: Connection): Connection => ({
    ...connection,
    probe: (privilege) => {
      const { run } = connection.probe(privilege)
      return {
        run: async (command, options) => {
          if (isAway) throw lost()
          const reply = await run(command, options)
          const isState = command.parts.some((part) => part.kind === 'text' && part.text.includes('echo void'))
          return isState ? { ...reply, stdout: Buffer.from('dead\n') } : reply
        },
      }
    },
    session: (privilege) => runner(connection.session(privilege)),
  })
  return {
    sent,
    transport: {
      open: async (endpoint) => {
        if (isAway) throw gone()
        return wrap(await transport.open(endpoint))
      },
    },
  }
}

async function runLosing(loss: Loss, more: Partial<Step> = {}, module = setKey) {
  const world = await makeWorld(['e1'], { etcd: 'old' })
  const book = runbook([stage('one', [step('set', module, { key: 'etcd', to: 'new' }, more as object)])])
  const plain = world.runInput(book)
  const { transport, sent } = losing(world, plain.transport, loss)
  const input = { ...plain, transport, allowIrreversible: true }
  const summary = await applyPlan({ ...input, plan: await makePlan(input) })
  const { changes } = await input.journals.fold(input.run)
  return { world, summary, sent, state: changes.at(-1)?.state, run: input.run }
}

test('what was lost and is found done is done, and is not done again', async () => {
  const { summary, world, state, sent } = await runLosing('after')
  expect({ outcome: summary.outcome, problems: summary.problems }).toEqual({ outcome: 'applied', problems: [] })
  expect([world.log, sent.length, state]).toEqual([['e1 set etcd new'], 1, 'changed'])
})

test('what was lost and has not begun is done once more', async () => {
  const { summary, world, sent } = await runLosing('before')
  expect(summary.outcome).toBe('applied')
  expect([world.log, sent.length]).toEqual([['e1 set etcd new'], 2])
})

test('what was lost half-way has failed, and is undone as the runbook says', async () => {
  const { summary, world } = await runLosing('half-way')
  expect(summary).toMatchObject({
    outcome: 'failed-rolled-back',
    problems: [{ kind: 'step-failed', message: 'set etcd to new: cut off, and done in part' }],
  })
  expect(world.hosts.get('e1')?.get('etcd')).toBe('old')
})

test('where nothing can be read the run stops and asks, also where the step may be tried again', async () => {
  const { summary, world, state, run, sent } = await runLosing('before', { retry: { times: 3, everyMs: 1 } }, blind)
  expect(summary).toMatchObject({ outcome: 'failed-not-rolled-back', problems: [{ kind: 'in-doubt', host: 'e1' }] })
  const hint = summary.problems[0]?.hint ?? ''
  expect(hint).toContain(`runbook resume ${run} --settle set@e1=done, or --settle set@e1=not-done`)
  expect(hint).toContain(`runbook rollback ${run}`)
  expect([world.log, sent.length, state]).toEqual([[], 1, 'started'])
})

test('a host that does not come back leaves the step open, and nothing is undone', async () => {
  const { summary, state, run } = await runLosing('before, and never back')
  expect(summary).toMatchObject({
    outcome: 'failed-not-rolled-back',
    problems: [
      { kind: 'in-doubt', hint: `when e1 answers again: runbook resume ${run}; or undo: runbook rollback ${run}` },
    ],
  })
  expect(state).toBe('started')
})
