import { createHash } from 'node:crypto'
import { hardwareAddress } from '../nspawn.ts'
import type { LabHost } from '../topologies.ts'

/** Where the hypervisor keeps its guests' disks. */
export const GUEST_IMAGES = '/var/lib/libvirt/images'

/** The UUID of a guest's root file system: the same at each reset. */
export function rootUuid({ name }: LabHost): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

/** The definition of a guest: emulated processor, kernel from outside, its disk, which make-disk serves, on the IDE bus as the slowest there is. */
export function domainXml(guest: LabHost): string {
  const file = (suffix: string) => `${GUEST_IMAGES}/${guest.name}.${suffix}`
  return `<domain type='qemu'>
  <name>${guest.name}</name>
  <memory unit='MiB'>512</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${file('vmlinuz')}</kernel>
    <initrd>${file('initrd')}</initrd>
    <cmdline>console=ttyS0 root=UUID=${rootUuid(guest)}</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source protocol='nbd'><host transport='unix' socket='${file('sock')}'/></source>
      <target dev='hda' bus='ide'/>
    </disk>
    <interface type='bridge'>
      <mac address='${hardwareAddress(guest.address)}'/>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <serial type='file'><source path='/var/log/libvirt/qemu/${guest.name}-serial.log'/></serial>
  </devices>
</domain>
`
}
