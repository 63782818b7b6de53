import { existsSync, readFileSync } from 'node:fs'
import type { HostOfLab } from './host.ts'
import { INSIDE } from './paths.ts'
import { mustRun } from './run-tool.ts'
import { insideArgv, seenFromOutside } from './supervisor.ts'
import type { LabDisk, LabHost } from './topologies.ts'

/** Gives a host, which is off and has a new root, its disks: empty ext4 file systems that it mounts when it boots, or nothing at all. */
export async function attachDisks({ state, host }: HostOfLab): Promise<void> {
  for (const disk of host.disks ?? [])
    await mustRun(insideArgv(state.init, attachArgv(host, disk)), `${host.name}: its disk ${disk.device}`)
}

/** Argument list that makes one disk, or empties the one that is there from before. */
export function attachArgv(
  host: LabHost,
  { device, mebibytes, writeDelayMs, mount = '' }: LabDisk,
): readonly [string, ...string[]] {
  const words = [INSIDE.root(host.name), folderOf(host, device), device, mebibytes, writeDelayMs, mount]
  return ['sh', '-ec', ATTACH, 'attach', ...words.map(String)]
}

/** The devices of the machine that a host gets to see. */
export function devicesOf({ state, host }: HostOfLab): readonly string[] {
  return (host.disks ?? []).flatMap(({ device }) => {
    const note = seenFromOutside(state.init, `${folderOf(host, device)}.loop`)
    return existsSync(note) ? [readFileSync(note, 'utf8').trim()] : []
  })
}

const folderOf = (host: LabHost, device: string): string => `/run/lab/disks/${host.name}-${device}`

/**
 * A loop device on a file of nbdfuse, behind which nbdkit keeps the bytes in memory and puts every write off. The delay
 * is the same whatever the load, unlike that of a throttled device. Without a delay the file lies on the lab's own tmpfs. One
 * process of the lab holds the loop device open and detaches it: it is then freed when the lab ends, however that happens.
 *
 * With a mount point it holds ext4; without, nothing. lab-disks.service, which stands in for udev, is told to give each disk its
 * serial number, lab-NAME, and its name /dev/disk/by-id/virtio-lab-NAME, which as with udev never goes away while the disk is there.
 */
const ATTACH = `
root=$1 folder=$2 device=$3 size=$4 delay=$5 mount=$6
if [ ! -e "$folder.loop" ]; then
  mkdir -p "$folder"
  if [ "$delay" = 0 ]; then truncate -s "\${size}M" "$folder/disk"
  else setsid nbdfuse "$folder/disk" [ nbdkit --exit-with-parent --filter=delay memory "\${size}M" "wdelay=\${delay}ms" ] \
    >"$folder.log" 2>&1 </dev/null &
  fi
  n=0
  until [ -s "$folder/disk" ]; do n=$((n + 1)); [ $n -lt 200 ] || { cat "$folder.log" >&2; exit 1; }; sleep 0.05; done
  n=0
  until loop=$(losetup --find --show "$folder/disk"); do n=$((n + 1)); [ $n -lt 10 ]; sleep 0.1; done
  ( exec 9<>"$loop"; losetup -d "$loop"; exec setsid sleep infinity ) >/dev/null 2>&1 </dev/null &
  echo "$loop" >"$folder.loop"
fi
loop=$(cat "$folder.loop")
blockdev --setrw "$loop" # a loop device keeps this from whoever had it before
echo "\${loop#/dev/} $device" >>"$root/etc/lab-disks"
sed -i 's|find /dev/disk -type l|find /dev/disk/by-uuid /dev/disk/by-label -type l|' "$root/usr/local/lib/lab-disks"
mkdir -p "$root/etc/systemd/system/lab-disks.service.d"
cat >"$root/etc/systemd/system/lab-disks.service.d/by-id.conf" <<'CONF'
[Service]
ExecStartPost=/bin/sh -c 'mkdir -p /dev/disk/by-id; while read -r k d; do ln -sfn ../../$$k /dev/disk/by-id/virtio-lab-$$d; echo E:ID_SERIAL_SHORT=lab-$$d >>/run/udev/data/b$$(cat /sys/devices/virtual/block/$$k/dev); done </etc/lab-disks'
CONF
if [ -z "$mount" ]; then
  blkdiscard -f "$loop" 2>/dev/null || blkdiscard "$loop"
  exit 0
fi
mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1,nodiscard "$loop"
mkdir -p "$root$mount"
owner=$(stat -c %u:%g "$root$mount")
mkdir -p "$folder.new"
mount "$loop" "$folder.new"
chown "$owner" "$folder.new"
umount "$folder.new"
echo "/dev/$device $mount ext4 defaults 0 2" >>"$root/etc/fstab"
`
