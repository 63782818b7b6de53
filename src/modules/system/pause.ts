import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { hostUnchanged } from '../shared/host-unchanged.ts'

const args = Type.Object(
  {
    for: Type.Optional(DurationArgument('how long to wait')),
    prompt: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: 'asked on the terminal; only "yes" goes on' }),
    ),
  },
  { additionalProperties: false },
)

type PauseArgs = Static<typeof args>

export const pause = defineModule<typeof args, null>({
  name: 'pause',
  summary: 'Waits for a time, or until who runs this agrees to go on',
  effect: 'changes', // nothing on a host; what comes after it
  asks: true,
  args,
  example: 'pause: {prompt: "Is the load balancer drained? Go on?"}',
  resources: () => [],
  read: async () => null,
  plan: planPause,
  apply: async (wanted, _, { controller }) => {
    if (wanted.for !== undefined) await controller.wait(durationMs(wanted.for))
    return wanted.prompt === undefined ? undefined : { approved: await controller.approve(wanted.prompt) }
  },
  revert: async () => undefined,
})

function planPause(wanted: PauseArgs): Decision {
  const { prompt } = wanted
  const parts = [
    ...(wanted.for === undefined ? [] : [`wait ${wanted.for}`]),
    ...(prompt === undefined ? [] : [`ask: ${prompt}`]),
  ]
  if (parts.length === 0) return { kind: 'blocked', message: 'pause takes for (a time), prompt (a question), or both' }
  return hostUnchanged(parts.join(', then '))
}
