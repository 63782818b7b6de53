import type { Decision, Probe, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from './argument.ts'
import { lookDeviceText, makeText, unmakeText } from './filesystem-text.ts'
import { type Refusal, runScript, scriptWith } from './host-script.ts'

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

/** A device as one look shows it. */
interface Device {
  readonly real: string
  readonly bytes: number
  readonly isReadOnly: boolean
  readonly isRemovable: boolean
  readonly serial: string
  readonly signatures: string // kinds, with blanks between
  readonly fstype: string
  readonly label: string
  readonly uuid: string
  readonly mountedAt: string
  readonly partition: string
  readonly holder: string
  readonly isSwap: boolean
  readonly tool: string
  readonly dataAtKiB: string // the first place that is not zero, where there is no signature; '' for none
  readonly data: { readonly bytes: number; readonly sharedDisk: string } | undefined // of the folder it is for
}

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

/** Exported for tests: what the look prints, a word and its value a line. */
export function parseDevice(text: string): Device {
  const lines = text.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1).trim()])
  const all = (name: string): readonly string[] => lines.flatMap(([word, value = '']) => (word === name ? [value] : []))
  const one = (name: string): string => all(name)[0] ?? ''
  const beneath = all('beneath')
  return {
    real: one('real'),
    bytes: Number(one('bytes')),
    isReadOnly: one('read_only') === '1',
    isRemovable: one('removable') === '1',
    serial: one('serial'),
    signatures: one('signatures'),
    fstype: one('fs'),
    label: one('label'),
    uuid: one('uuid'),
    mountedAt: one('mounted'),
    partition: one('partition'),
    holder: one('holder'),
    isSwap: all('swap').length > 0,
    tool: one('tool'),
    dataAtKiB: one('data'),
    data:
      all('needs_data').length === 0
        ? undefined
        : {
            bytes: Number(one('needs_data')),
            sharedDisk: all('disk').find((disk) => beneath.includes(disk)) ?? '',
          },
  }
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

const sameSerial = ({ serial = '' }: FilesystemArgs, device: Device): boolean =>
  serial === '' || serial === device.serial

type Objection = Pick<Problem, 'message' | 'hint'>

function objectionTo(wanted: FilesystemArgs, device: Device): Objection | undefined {
  const { device: name, fstype = 'ext4', serial = '' } = wanted
  if (!sameSerial(wanted, device))
    return {
      message: `${name} is the disk with the serial number ${device.serial || '(none)'}, not ${serial}`,
      hint: 'lsblk -o NAME,SIZE,SERIAL on the host shows them all',
    }
  return (
    inUse(name, device) ??
    notEmpty(name, device) ??
    unfit(name, device) ??
    tooSmall(wanted, device) ??
    (device.tool === '' ? { message: `the host has no mkfs.${fstype}`, hint: 'install it' } : undefined)
  )
}

function inUse(name: string, { mountedAt, isSwap, partition, holder }: Device): Objection | undefined {
  const hint = 'give another disk: lsblk -f on the host shows what is on each'
  if (mountedAt !== '') return { message: `${name} is mounted at ${mountedAt}`, hint }
  if (isSwap) return { message: `${name} is in use as swap`, hint }
  if (partition !== '') return { message: `${name} has partitions (${partition.split('/').at(-1)})`, hint }
  return holder === '' ? undefined : { message: `${name} is in use by ${holder} (LVM, RAID or multipath)`, hint }
}

/** That there is no signature does not say that there is no data. */
function notEmpty(name: string, { signatures, label, dataAtKiB }: Device): Objection | undefined {
  const hint = `nothing is ever overwritten; if none of it is wanted, empty the disk by hand first: wipefs -a ${name}, then blkdiscard -z ${name}`
  if (signatures !== '')
    return { message: `${name} is not empty: it holds ${signatures}${label === '' ? '' : ` labelled ${label}`}`, hint }
  return dataAtKiB === ''
    ? undefined
    : { message: `${name} is not empty: there is data without a known signature at ${dataAtKiB} KiB`, hint }
}

function unfit(name: string, { isReadOnly, isRemovable, data }: Device): Objection | undefined {
  if (isReadOnly) return { message: `${name} is read-only`, hint: 'blockdev --getro; attach it for writing' }
  if (isRemovable) return { message: `${name} can be taken out: it is a removable medium` }
  if (!data || data.sharedDisk === '') return undefined
  return {
    message: `${name} lies on the disk ${data.sharedDisk}, on which the data lies already`,
    hint: 'a disk of its own is one that nothing else uses',
  }
}

const GIB = 1_073_741_824
const gibibytes = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`

function tooSmall({ device: name, for: folder }: FilesystemArgs, { bytes, data }: Device): Objection | undefined {
  if (!data) return undefined
  const needed = 2 * data.bytes + GIB
  return bytes >= needed
    ? undefined
    : {
        message: `${name} is too small: it holds ${gibibytes(bytes)}; twice what ${folder} holds and 1 GiB are ${gibibytes(needed)}`,
        hint: 'give a larger disk',
      }
}

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
