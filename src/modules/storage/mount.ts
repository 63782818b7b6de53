import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { fileResource } from '../files/file-state.ts'
import { PathArgument } from '../shared/argument.ts'
import {
  applyMounting,
  type MountState,
  planMounting,
  readMounting,
  revertMounting,
  type WantedMount,
} from './mount-change.ts'
import { type Mount, type MountView, readMount } from './mount-table.ts'

const Option = Type.String({ pattern: '^[^\\s,]+$' })

const args = Type.Object(
  {
    path: PathArgument('the path that is looked at, or mounted on'),
    state: Type.Optional(
      Type.Enum(['mounted'], {
        description: 'mounted: device is mounted there now and by a line of fstab with its UUID; left out: only look',
      }),
    ),
    device: Type.Optional(PathArgument('with state: the device, by a name that stays (/dev/disk/by-id/...)')),
    fstab: Type.Optional(PathArgument('with state: the table (default /etc/fstab)')),
    mounted: Type.Optional(
      Type.Boolean({ description: 'true: it must be a mount point of its own; false: it must not' }),
    ),
    fstype: Type.Optional(Type.String({ minLength: 1, description: 'file system it must be on, as ext4' })),
    source: Type.Optional(Type.String({ minLength: 1, description: 'device or share that must be mounted there' })),
    options: Type.Optional(
      Type.Array(Option, {
        description: 'mount options that must hold, as noatime; with state those of the new line (default: defaults)',
      }),
    ),
    without: Type.Optional(Type.Array(Option, { description: 'mount options that must not hold, as ro' })),
  },
  { additionalProperties: false },
)

type MountArgs = Static<typeof args>

type State = MountState | { readonly kind: 'view'; readonly view: MountView }

export const mount = defineModule<typeof args, State>({
  name: 'mount',
  summary:
    'A mount, now and at every boot by its UUID; or a look at what is mounted, that stops where it is not as expected',
  effect: 'changes',
  effectOf: ({ state }) => (state === undefined ? 'reads' : 'changes'),
  args,
  example: 'mount: {path: /var/lib/etcd, mounted: true, fstype: ext4, without: [ro]}',
  resources: (wanted) => [
    `mount:${wanted.path}`,
    ...(wanted.state === undefined ? [] : [`device:${wanted.device}` as const, fileResource(mountOf(wanted).fstab)]),
  ],
  read: async (wanted, probe) =>
    wanted.state === undefined
      ? { kind: 'view', view: await readMount(wanted.path, probe) }
      : readMounting(mountOf(wanted), probe),
  plan: (wanted, state) =>
    state.kind === 'view' ? planLook(wanted, state.view) : (misused(wanted) ?? planMounting(mountOf(wanted), state)),
  apply: (wanted, change, session) => applyMounting(mountOf(wanted), change, session),
  revert: (wanted, change, session) => revertMounting(mountOf(wanted), change, session),
})

function mountOf({ path, device = '', fstype, options = ['defaults'], fstab = '/etc/fstab' }: MountArgs): WantedMount {
  return { path: path.replace(/(?<=.)\/+$/, ''), device, fstype, options, fstab }
}

function misused({ device, mounted, source, without }: MountArgs): Decision | undefined {
  if (device === undefined) return { kind: 'blocked', message: 'state: mounted needs a device' }
  if (mounted === undefined && source === undefined && without === undefined) return undefined
  return { kind: 'blocked', message: 'mounted, source and without are for looking, not for state: mounted' }
}

function planLook(wanted: MountArgs, { exists, at, mount: found }: MountView): Decision {
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
