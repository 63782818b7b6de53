import type { GuestCluster } from './guest-cluster.ts'

/**
 * The guest starts from an initramfs of its own /boot, which has no virtio: in place of a boot loader a hook of libvirt takes it out of
 * the guest's disk at each start. It is not started anew here.
 */
export async function withoutVirtio({ on }: Pick<GuestCluster, 'on'>): Promise<void> {
  const kernel = await on('g1', 'uname -r')
  await on('v1', `cat >/etc/libvirt/hooks/qemu <<'HOOK'\n${hook(kernel)}HOOK\nchmod 755 /etc/libvirt/hooks/qemu`)
  await on('v1', 'systemctl restart libvirtd; virsh -q domstate g1') // hooks are looked for when it starts
  await on(
    'g1',
    `sed -i 's/^MODULES=.*/MODULES=list/' /etc/initramfs-tools/initramfs.conf
printf 'ata_piix\\nsd_mod\\next4\\n' >>/etc/initramfs-tools/modules
update-initramfs -u`,
  )
}

/** What a guest starts from, by its sums. */
export const bootFiles = ({ on }: Pick<GuestCluster, 'on'>): Promise<string> =>
  on('g1', 'sha256sum /boot/initrd.img-* /etc/initramfs-tools/modules; ls /boot')

const hook = (kernel: string): string => `#!/bin/sh -e
[ "$1 $2 $3" = "g1 prepare begin" ] || exit 0
cd /var/lib/libvirt/images
rm -f g1.new
debugfs -R "dump /boot/initrd.img-${kernel} g1.new" g1.img >/dev/null 2>&1
[ -s g1.new ]
mv g1.new g1.initrd
`
