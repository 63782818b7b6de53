import { argv, displayCommand } from '../../model/command.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import {
  applyRun,
  applyRunText,
  effectOfRun,
  planRun,
  type Runnable,
  type RunState,
  readRun,
  resourcesOfRun,
  runArguments,
} from './run-command.ts'

const args = Type.Object(
  {
    argv: Type.Array(Type.String(), { minItems: 1, description: 'the program and its arguments; no shell reads them' }),
    ...runArguments,
  },
  { additionalProperties: false },
)

export const command = defineModule<typeof args, RunState>({
  name: 'command',
  summary: 'Runs a program with arguments; give it check or creates so that the plan knows whether it is needed',
  effect: 'changes',
  effectOf: effectOfRun,
  args,
  example: 'command: {argv: [etcdctl, defrag], check: "test -e /run/defragmented"}',
  resources: resourcesOfRun,
  read: (wanted, probe) => readRun(wanted, runnable(wanted), probe),
  plan: (wanted, state) => planRun(wanted, runnable(wanted), state),
  apply: (wanted, _, session) => applyRun(wanted, runnable(wanted), session),
  applyText: (wanted) => applyRunText(wanted, runnable(wanted)),
})

function runnable({ argv: words }: Static<typeof args>): Runnable {
  const line = argv(words)
  return { shown: displayCommand(line), command: line }
}
