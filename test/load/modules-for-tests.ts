import { rawText } from '../../src/model/command.ts'
import { CelCondition, ControllerFile, ControllerTemplate, defineModule, type Modules } from '../../src/model/module.ts'
import { Type } from '../../src/model/schema.ts'

const noop = { kind: 'noop', summary: 'nothing' } as const
const looks = {
  resources: () => [],
  read: async () => undefined,
  plan: () => noop,
}

/** A condition of the runbook itself. */
const assert = defineModule({
  name: 'assert',
  summary: 'Stop unless a condition holds',
  effect: 'reads',
  args: Type.Object(
    { that: CelCondition('The condition'), message: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
  example: 'assert: {that: "1 < 2"}',
  ...looks,
})

/** Something to look at. */
const settings = defineModule({
  name: 'settings',
  summary: 'Read the settings',
  effect: 'reads',
  args: Type.Object({ unit: Type.Optional(Type.String()) }, { additionalProperties: false }),
  example: 'settings: {}',
  ...looks,
})

const file = defineModule({
  name: 'file',
  summary: 'A file and its content',
  effect: 'changes',
  args: Type.Object(
    {
      path: Type.String(),
      state: Type.Optional(Type.Union([Type.Literal('present'), Type.Literal('absent')])),
      mode: Type.Optional(Type.String({ pattern: '^0[0-7]{3,4}$' })),
      content: Type.Optional(Type.String()),
      src: Type.Optional(ControllerFile('A file beside the runbook')),
      template: Type.Optional(ControllerTemplate('A template beside the runbook')),
    },
    { additionalProperties: false },
  ),
  example: 'file: {path: /etc/motd, content: hello}',
  ...looks,
  revertText: () => rawText(':'),
})

const envFile = defineModule({
  name: 'env_file',
  summary: 'Keys of an environment file',
  effect: 'changes',
  args: Type.Object(
    {
      path: Type.String(),
      set: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    },
    { additionalProperties: false },
  ),
  example: 'env_file: {path: /etc/default/etcd, set: {A: 1}}',
  ...looks,
})

const service = defineModule({
  name: 'service',
  summary: 'A systemd unit',
  effect: 'changes',
  args: Type.Object(
    {
      unit: Type.String(),
      state: Type.Union([Type.Literal('started'), Type.Literal('stopped'), Type.Literal('restarted')]),
    },
    { additionalProperties: false },
  ),
  example: 'service: {unit: etcd, state: restarted}',
  ...looks,
})

const shell = defineModule({
  name: 'shell',
  summary: 'A script',
  effect: 'changes',
  args: Type.Object(
    { script: Type.String({ format: 'shell' }), count: Type.Optional(Type.Integer({ minimum: 1 })) },
    { additionalProperties: false },
  ),
  example: 'shell: {script: "true"}',
  ...looks,
})

/** A few modules with every kind of argument that the loader treats in its own way. */
export const testModules: Modules = new Map(
  [assert, settings, file, envFile, service, shell].map((module) => [module.name, module]),
)
