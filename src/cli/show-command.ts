import type { Runbook, Step } from '../model/runbook.ts'
import { runbookText } from '../report/runbook-text.ts'
import type { CommandOf } from './command.ts'
import { styleFor } from './look.ts'
import { openRunbook } from './open-files.ts'
import type { World } from './world.ts'

/** `runbook show NAME`: what a runbook does. */
export function showCommand({ name, output }: CommandOf<'show'>, world: World): 0 {
  const runbook = openRunbook(name, world)
  const json = output.format === 'json'
  world.stdout.write(
    json
      ? `${JSON.stringify(plain(runbook), undefined, 2)}\n`
      : runbookText(runbook, styleFor(world.stdout, { world, output })),
  )
  return 0
}

/** A runbook as JSON: what is written in it, without what it was compiled to. */
const plain = ({
  name,
  summary,
  description,
  symptoms,
  file,
  sha256,
  hosts,
  become,
  params,
  facts,
  guards,
  measures,
  includes,
  stages,
  onFailure,
  onMissedTarget,
}: Runbook) => ({
  name,
  summary,
  description,
  symptoms,
  file,
  sha256,
  hosts,
  become,
  params: params.map(({ at: _, ...param }) => param),
  facts: facts.map(plainStep),
  guards: guards.map(plainStep),
  measures: measures.map((measure) => ({
    name: measure.name,
    module: measure.read.module.name,
    unit: measure.unit,
    target: measure.target?.source,
    description: measure.description,
  })),
  includes: includes?.map(({ id, runbook, when }) => ({ id, runbook, when })),
  stages: stages.map((stage) => ({ name: stage.name, hosts: stage.hosts, steps: stage.steps.map(plainStep) })),
  onFailure,
  onMissedTarget,
})

const plainStep = ({ id, name, module, when, whenChanged, as, undo, irreversible, commit }: Step) => ({
  id,
  name,
  module: module.name,
  when: when?.source,
  whenChanged,
  as,
  undo: undo?.module.name,
  irreversible,
  commit,
})
