import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import type { JournalStore } from '../../src/model/journal.ts'
import { ProblemError } from '../../src/model/problem.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { survivesEveryKill } from './every-kill.ts'
import { bindable, look, makeWorld, runbook, setKey, stage, step } from './world.ts'

// What is to be done follows from what ran, and the run itself stops it: as docker-upgrade does with docker and kubelet.

const start = { daemon: 'up', package: 'old', client: 'up', tool: 'old', rest: '' }

/** Two stages, each of which stops what its conditions look at. */
const upgrade = (kept: { readonly kept?: true } = { kept: true }): Runbook =>
  runbook(
    [
      stage('daemon', [
        step('stop', setKey, { key: 'daemon', to: 'down' }, { when: isUp('daemon') }),
        step('package', setKey, { key: 'package', to: 'new' }, { when: isUp('daemon') }),
        step('start', setKey, { key: 'daemon', to: 'new' }, { when: isUp('daemon') }),
      ]),
      stage('client', [
        step('stop-client', setKey, { key: 'client', to: 'down' }, { when: isUp('client') }),
        step('tool', setKey, { key: 'tool', to: 'new' }, { when: isUp('client') }),
        step('start-client', setKey, { key: 'client', to: 'new' }, { when: isUp('client') }),
        step('rest', setKey, { key: 'rest', to: 'done' }),
      ]),
    ],
    { facts: ['daemon', 'client'].map((key) => step(key, look, { key }, { as: key, ...kept })) },
  )

const isUp = (name: string) => bindable([name], ({ [name]: value }) => value === 'up')

survivesEveryKill(upgrade, start)

/** Dies as it has written the first record that `isLast` is true of. */
const dying = (journals: JournalStore, isLast: (event: RecordedEvent) => boolean): JournalStore => {
  const mortal = (journal: Awaited<ReturnType<JournalStore['create']>>) => ({
    ...journal,
    append: async (event: RecordedEvent) => {
      await journal.append(event)
      if (isLast(event)) throw new ProblemError({ kind: 'io', message: 'killed' })
    },
  })
  return {
    ...journals,
    create: async (run) => mortal(await journals.create(run)),
    reopen: async (run) => mortal(await journals.reopen(run)),
  }
}

const finished = (step: string) => (event: RecordedEvent) => event.type === 'step-finished' && event.step === step

/** A run that is killed and gone on with, at each of `kills` in turn, and then to its end. */
async function killedAt(kills: readonly ((event: RecordedEvent) => boolean)[], book: Runbook) {
  const world = await makeWorld(['e1'], start)
  const first = { ...world.runInput(book), plan: await makePlan(world.input(book)) }
  for (const [index, isLast] of kills.entries()) {
    const past = index === 0 ? undefined : await first.journals.fold(first.run)
    const input = past ? { ...first, past, plan: await makePlan(world.input(book, { past })) } : first
    await expect(applyPlan({ ...input, journals: dying(first.journals, isLast) })).rejects.toThrow('killed')
  }
  const past = await first.journals.fold(first.run)
  const summary = await applyPlan({ ...first, past, plan: await makePlan(world.input(book, { past })) })
  return { summary, values: Object.fromEntries(world.hosts.get('e1') ?? []) }
}

describe('a fact that is kept', () => {
  const end = { daemon: 'new', package: 'new', client: 'new', tool: 'new', rest: 'done' }

  test('is that of the stage that was interrupted, also when the run is killed again before it is back there', async () => {
    const isAtFirst = (event: RecordedEvent) => event.type === 'stage-started' && event.stage === 0
    expect(await killedAt([finished('stop-client'), isAtFirst], withLook(upgrade()))).toMatchObject({
      summary: { outcome: 'applied' },
      values: end,
    })
    expect((await killedAt([finished('stop'), finished('stop-client')], upgrade())).values).toMatchObject(end)
  })

  test('is needed: looked at anew, what the run has stopped is not upgraded', async () => {
    expect((await killedAt([finished('stop')], upgrade({}))).values).toMatchObject({ package: 'old', daemon: 'down' })
    expect((await killedAt([finished('stop')], upgrade())).values).toMatchObject(end)
  })
})

/** With a look that others may ask for its stage is begun again, although all of it is done. */
const withLook = (book: Runbook): Runbook => ({
  ...book,
  stages: book.stages.map((one, index) =>
    index === 0 ? { ...one, steps: [step('seen', look, { key: 'package' }, { as: 'seen' }), ...one.steps] } : one,
  ),
})
