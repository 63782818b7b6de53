import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from './argument.ts'
import { type Mount, type MountView, readMount } from './mount-table.ts'

const Option = Type.String({ pattern: '^[^\\s,]+$' })

const args = Type.Object(
  {
    path: PathArgument('the path that is looked at'),
    mounted: Type.Optional(
      Type.Boolean({ description: 'true: it must be a mount point of its own; false: it must not' }),
    ),
    fstype: Type.Optional(Type.String({ minLength: 1, description: 'file system it must be on, as ext4' })),
    source: Type.Optional(Type.String({ minLength: 1, description: 'device or share that must be mounted there' })),
    options: Type.Optional(Type.Array(Option, { description: 'mount options that must hold, as noatime' })),
    without: Type.Optional(Type.Array(Option, { description: 'mount options that must not hold, as ro' })),
  },
  { additionalProperties: false },
)

type MountArgs = Static<typeof args>

export const mount = defineModule<typeof args, MountView>({
  name: 'mount',
  summary: 'What a path is mounted from: source, file system and options; stops where it is not as expected',
  effect: 'reads',
  args,
  example: 'mount: {path: /var/lib/etcd, mounted: true, fstype: ext4, without: [ro]}',
  resources: ({ path }) => [`mount:${path}`],
  read: ({ path }, probe) => readMount(path, probe),
  plan: planMount,
})

function planMount(wanted: MountArgs, { exists, at, mount: found }: MountView): Decision {
  const { path } = wanted
  if (!exists) return { kind: 'blocked', message: `there is no ${path}` }
  if (!found) return { kind: 'blocked', message: `no mount that holds ${path} is listed in /proc/self/mountinfo` }
  const isPoint = found.path === at
  const wrong = differences(wanted, { isPoint, found })
  const seen = `${path} is ${isPoint ? 'a mount' : `on the mount ${found.path}`} of ${found.source} (${found.fstype})`
  if (wrong.length > 0) {
    return { kind: 'blocked', message: `${path}: ${wrong.join(', ')}`, detail: `${seen}: ${found.options.join(',')}` }
  }
  return { kind: 'noop', summary: seen, output: { ...found, is_mount: isPoint } }
}

function differences(
  { mounted, fstype, source, options = [], without = [] }: MountArgs,
  { isPoint, found }: { readonly isPoint: boolean; readonly found: Mount },
): readonly string[] {
  return [
    ...(mounted === undefined || mounted === isPoint ? [] : [isPoint ? 'is a mount' : 'is no mount of its own']),
    ...(fstype === undefined || fstype === found.fstype ? [] : [`is ${found.fstype}, not ${fstype}`]),
    ...(source === undefined || source === found.source ? [] : [`comes from ${found.source}, not ${source}`]),
    ...options.filter((option) => !found.options.includes(option)).map((option) => `lacks the option ${option}`),
    ...without.filter((option) => found.options.includes(option)).map((option) => `has the option ${option}`),
  ]
}
