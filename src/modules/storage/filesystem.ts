import type { Decision, Probe, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { type Refusal, runScript, scriptWith } from '../shared/host-script.ts'
import { type Device, parseDevice } from './device.ts'
import { gibibytes, type Objection, objectionTo, sameSerial } from './filesystem-objection.ts'
import { lookDeviceText, makeText, unmakeText } from './filesystem-text.ts'

const args = Type.Object(
  {
    device: PathArgument('the device, by a name that stays: /dev/disk/by-id/...'),
    state: Type.Optional(
      Type.Enum(['made', 'usable'], {
        description:
          'made (default): has a file system of this type and label; usable: only look whether one can be made',
      }),
    ),
    fstype: Type.Optional(Type.Enum(['ext4', 'xfs'], { description: 'default ext4' })),
    label: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,12}$', description: 'by which it is known to be made' }),
    serial: Type.Optional(
      Type.String({ description: "the disk's serial number, as lsblk shows it; empty: not compared" }),
    ),
    for: Type.Optional(
      PathArgument(
        'a folder whose data it is for: it must lie on another disk, and the device must hold twice as much and 1 GiB',
      ),
    ),
  },
  { additionalProperties: false },
)

type FilesystemArgs = Static<typeof args>

type State =
  | { readonly kind: 'seen'; readonly device: Device }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export const filesystem = defineModule<typeof args, State>({
  name: 'filesystem',
  summary:
    'A file system on an empty disk; refuses one that holds or may hold anything, is in use, too small or read-only',
  effect: 'changes',
  effectOf: ({ state }) => (state === 'usable' ? 'reads' : 'changes'),
  args,
  example: 'filesystem: {device: /dev/disk/by-id/nvme-X, label: etcd, for: /var/lib/etcd}',
  resources: ({ device }) => [`device:${device}`],
  read: readDevice,
  plan: planFilesystem,
  apply: makeFilesystem,
  revert: unmakeFilesystem,
})

async function readDevice({ device, fstype = 'ext4', for: folder = '' }: FilesystemArgs, probe: Probe): Promise<State> {
  const done = await runScript(probe, scriptWith({ device, fstype, folder }, lookDeviceText), {
    what: `looking at ${device}`,
    timeoutMs: 120_000,
  })
  return 'refusal' in done
    ? { kind: 'refused', refusal: done.refusal }
    : { kind: 'seen', device: parseDevice(done.stdout) }
}

function planFilesystem(wanted: FilesystemArgs, state: State): Decision {
  const { device: name, state: asked = 'made', fstype = 'ext4', label } = wanted
  if (state.kind === 'refused') return { kind: 'blocked', ...refusalText(state.refusal, wanted) }
  const { device } = state
  if (asked === 'made' && device.fstype === fstype && device.label === label && sameSerial(wanted, device))
    return { kind: 'noop', summary: `${name} has the file system ${fstype} ${label}`, output: outputOf(device) }
  const objection = objectionTo(wanted, device)
  if (objection) return { kind: 'blocked', ...objection }
  const size = `${name} (${device.real}) is empty and holds ${gibibytes(device.bytes)}`
  if (asked === 'usable') return { kind: 'noop', summary: size, output: outputOf(device) }
  return {
    kind: 'change',
    change: {
      verb: 'create',
      summary: `make a file system ${fstype} on ${name}`,
      details: [
        { kind: 'command', command: `mkfs.${fstype} -L ${label} ${name}` },
        { kind: 'note', text: `${size}${device.serial === '' ? '' : `, serial ${device.serial}`}` },
      ],
      before: { device: name, holds: 'nothing', bytes: device.bytes },
      after: { device: name, holds: fstype, label },
      settles: true,
      reversible: true,
      predicts: {},
    },
  }
}

const outputOf = ({ real, bytes, serial, uuid }: Device) => ({ real, bytes, serial, uuid })

const mkfsTimeoutMs = 3_600_000

async function makeFilesystem(wanted: FilesystemArgs, _: unknown, session: Session) {
  const { device, fstype = 'ext4', label } = wanted
  const words = { device, fstype, label, folder: session.folder }
  const done = await runScript(session, scriptWith(words, makeText), {
    what: `making a file system on ${device}`,
    timeoutMs: mkfsTimeoutMs,
  })
  if ('refusal' in done) throw failed(done.refusal, wanted)
  const [uuid = '', real = ''] = done.stdout.trim().split(' ')
  return { uuid, real }
}

async function unmakeFilesystem(wanted: FilesystemArgs, _: unknown, session: Session): Promise<void> {
  const { device } = wanted
  const done = await runScript(session, scriptWith({ device, folder: session.folder }, unmakeText), {
    what: `taking the file system off ${device}`,
    timeoutMs: mkfsTimeoutMs,
  })
  if ('refusal' in done) throw failed(done.refusal, wanted)
}

const failed = (refusal: Refusal, wanted: FilesystemArgs): ProblemError =>
  new ProblemError({
    kind: refusal.word === 'drifted' ? 'plan-drifted' : 'step-failed',
    ...refusalText(refusal, wanted),
    ...(refusal.detail === '' ? {} : { detail: refusal.detail }),
  })

function refusalText({ word, facts }: Refusal, { device, fstype = 'ext4' }: FilesystemArgs): Objection {
  switch (word) {
    case 'missing':
      return { message: `the host has no ${facts}, needed to look at ${device}`, hint: 'install util-linux' }
    case 'no-device':
      return { message: `there is no ${device}`, hint: 'ls -l /dev/disk/by-id on the host' }
    case 'no-block-device':
      return { message: `${device} is no block device`, hint: 'ls -l /dev/disk/by-id on the host' }
    case 'no-folder':
      return { message: `there is no folder ${facts}` }
    case 'drifted':
      return { message: `${device} is not empty by now: ${facts}`, hint: 'somebody else uses it; make a new plan' }
    case 'mounted':
      return { message: `${device} is still mounted at ${facts}`, hint: 'unmount it, then roll back again' }
    case 'foreign':
      return {
        message: `${device} holds ${facts.trim()}, which this run did not make: it is left alone`,
        hint: 'somebody else used the disk since',
      }
    case 'mkfs':
      return { message: `mkfs.${fstype} on ${device} failed ${facts}`.trim() }
    default:
      return { message: `cannot write (${word} ${facts})`.replace(' )', ')') }
  }
}
