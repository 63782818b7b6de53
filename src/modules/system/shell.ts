import { rawText } from '../../model/command.ts'
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
    script: Type.String({
      format: 'shell',
      minLength: 1,
      description: 'text for a POSIX sh; values put in by {{ }} are quoted',
    }),
    ...runArguments,
  },
  { additionalProperties: false },
)

export const shell = defineModule<typeof args, RunState>({
  name: 'shell',
  summary: 'Runs text in a POSIX shell; give it check or creates so that the plan knows whether it is needed',
  effect: 'changes',
  effectOf: effectOfRun,
  args,
  example: 'shell: {script: "sysctl -n vm.dirty_ratio", read_only: true}',
  resources: resourcesOfRun,
  read: (wanted, probe) => readRun(wanted, runnable(wanted), probe),
  plan: (wanted, state) => planRun(wanted, runnable(wanted), state),
  apply: (wanted, _, session) => applyRun(wanted, runnable(wanted), session),
  applyText: (wanted) => applyRunText(wanted, runnable(wanted)),
})

const runnable = ({ script }: Static<typeof args>): Runnable => ({ shown: script, command: rawText(script) })
