import type { Problem } from '../../model/problem.ts'
import type { Device } from './device.ts'

/** What is asked of a device. */
export interface WantedFilesystem {
  readonly device: string
  readonly fstype?: 'ext4' | 'xfs'
  readonly serial?: string
  readonly for?: string // folder whose data it is for
}

/** Whether it is the disk with the serial number asked for, if one is. */
export const sameSerial = ({ serial = '' }: Pick<WantedFilesystem, 'serial'>, device: Device): boolean =>
  serial === '' || serial === device.serial

export type Objection = Pick<Problem, 'message' | 'hint'>

/** Why no file system may be made on a device, or undefined where it may. */
export function objectionTo(wanted: WantedFilesystem, device: Device): Objection | undefined {
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
export const gibibytes = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`

function tooSmall({ device: name, for: folder }: WantedFilesystem, { bytes, data }: Device): Objection | undefined {
  if (!data) return undefined
  const needed = 2 * data.bytes + GIB
  return bytes >= needed
    ? undefined
    : {
        message: `${name} is too small: it holds ${gibibytes(bytes)}; twice what ${folder} holds and 1 GiB are ${gibibytes(needed)}`,
        hint: 'give a larger disk',
      }
}
