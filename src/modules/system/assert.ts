import { CelCondition, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'

const args = Type.Object(
  {
    that: CelCondition('condition that must hold'),
    message: Type.Optional(Type.String({ description: 'what is wrong when it does not hold' })),
    hint: Type.Optional(Type.String({ description: 'what to try then' })),
  },
  { additionalProperties: false },
)

export const assert = defineModule<typeof args, null>({
  name: 'assert',
  summary: 'Stops where a condition does not hold; looks at nothing but names in scope',
  effect: 'reads',
  args,
  example: `assert: {that: "election_ms >= 5 * heartbeat_ms", message: the election timeout is below 5 heartbeats}`,
  resources: () => [],
  read: () => Promise.resolve(null),
  plan: ({ that, message, hint }) =>
    that
      ? { kind: 'noop', summary: 'holds' }
      : { kind: 'blocked', message: message ?? 'a condition does not hold', ...(hint === undefined ? {} : { hint }) },
})
