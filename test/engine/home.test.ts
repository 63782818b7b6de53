import { expect, test } from 'vitest'
import { applyPlan } from '../../src/engine/apply.ts'
import { makePlan } from '../../src/engine/plan.ts'
import { rawText, sh } from '../../src/model/command.ts'
import { defineModule } from '../../src/model/module.ts'
import { Type } from '../../src/model/schema.ts'
import { bindable, makeWorld, runbook, stage, step } from './world.ts'

/** Sets a key to what the step's own host has under it. */
const bring = defineModule({
  name: 'bring',
  summary: 'brings a key',
  example: '',
  effect: 'changes',
  args: Type.Object({ key: Type.String() }),
  resources: ({ key }) => [`file:${key}`],
  read: async ({ key }, probe) => (await probe.run(sh`get ${key}`)).stdout.toString(),
  plan: ({ key }, state) => ({
    kind: 'change',
    change: {
      verb: 'update',
      summary: `bring ${key}`,
      details: [],
      before: { state },
      after: null,
      settles: false,
      reversible: true,
      predicts: {},
    },
  }),
  apply: async ({ key }, _change, { run, home }) => {
    const own = home === undefined ? 'no other host' : (await home.run(sh`get ${key}`)).stdout.toString()
    await run(rawText(`set ${key} ${own}`))
    return undefined
  },
  revert: async () => undefined,
})

test('a step that works on another host looks at its own by `home`, and one that does not has none', async () => {
  const world = await makeWorld(['e1'], { a: 'of', b: '' }, ['hv'])
  world.hosts.get('e1')?.set('a', 'own')
  const on = bindable<string>([], () => 'hv')
  const book = runbook([stage('s', [step('there', bring, { key: 'a' }, { on }), step('here', bring, { key: 'b' })])])
  const plan = await makePlan(world.input(book))
  expect(await applyPlan({ ...world.runInput(book), plan })).toMatchObject({ outcome: 'applied' })
  expect(world.log).toEqual(['hv set a own', 'e1 set b no other host'])
})
