/** Shell functions about block devices. They expect `device`, the path as given. */
const deviceFunctions = `
set -u
umask 077
refuse() { printf '%s\\n' "$*"; exit 90; }
need() { command -v "$1" >/dev/null || refuse missing "$1"; }
for tool in blkid wipefs lsblk blockdev dd readlink; do need "$tool"; done
real=$(readlink -f -- "$device") && [ -e "$real" ] || refuse no-device
[ -b "$real" ] || refuse no-block-device "$real"
# Kinds of all signatures, partition tables among them, that lie on it.
signatures() { wipefs -p -- "$real" | sed '/^#/d' | cut -d , -f 4 | sort -u | tr '\\n' ' '; }
uuid_of() { blkid -p -s UUID -o value -- "$real" 2>/dev/null; }
majmin() { lsblk -dno MAJ:MIN -- "$1" | tr -d ' '; }
mounted_at() { awk -v of="$(majmin "$real")" '$3 == of { print $5; exit }' /proc/self/mountinfo; }
# What is looked at for data without a signature, in blocks of 4 KiB: the ends, and places between.
places() {
  blocks=$(($(blockdev --getsize64 "$real") / 4096))
  echo 0 256
  n=1; while [ $n -lt 32 ]; do echo $((blocks / 32 * n)) 1; n=$((n + 1)); done
  [ $blocks -le 256 ] || echo $((blocks - 256)) 256
}
`

/**
 * Looks at a device; expects also \`folder\` (whose data it is for, or empty) and \`fstype\`. What the folder lies on is
 * followed to the disks beneath.
 */
export const lookDeviceText = `${deviceFunctions}
name=\${real#/dev/}; sys=/sys/class/block/$name
[ -d "$sys" ] || refuse no-block-device "$real"
echo "real $real"
echo "bytes $(blockdev --getsize64 "$real")"
echo "read_only $(blockdev --getro "$real")"
echo "removable $(cat "$sys/removable" 2>/dev/null)"
echo "serial $(lsblk -dno SERIAL -- "$real")"
found=$(signatures)
echo "signatures $found"
echo "fs $(blkid -p -s TYPE -o value -- "$real" 2>/dev/null)"
echo "label $(blkid -p -s LABEL -o value -- "$real" 2>/dev/null)"
echo "uuid $(uuid_of)"
at=$(mounted_at)
echo "mounted $at"
for part in "$sys/$name"*/partition; do [ ! -e "$part" ] || echo "partition \${part%/partition}"; done
for holder in "$sys"/holders/*; do [ ! -e "$holder" ] || echo "holder \${holder##*/}"; done
awk -v of="$real" '$1 == of { print "swap " $1 }' /proc/swaps
echo "tool $(command -v "mkfs.$fstype")"
if [ -z "$found" ] && [ -z "$at" ]; then
  places | while read -r from count; do
    [ "$(dd if="$real" bs=4096 skip="$from" count="$count" 2>/dev/null | tr -d '\\0' | head -c 1 | wc -c)" = 0 ] ||
      { echo "data $((from * 4))"; break; }
  done
fi
if [ -n "$folder" ]; then
  [ -d "$folder" ] || refuse no-folder "$folder"
  echo "needs_data $(find -L "$folder" -xdev -type f -exec stat -c %s {} + | awk '{ sum += $1 } END { printf "%.0f", sum }')"
  held=$(readlink -f -- "$folder")
  of=$(findmnt -no MAJ:MIN -T "$held" | tail -n 1 | tr -d ' ')
  source=$(lsblk -rno MAJ:MIN,PATH | awk -v of="$of" '$1 == of { print $2; exit }')
  [ -z "$source" ] || for disk in $(lsblk -snro NAME -- "$source" | sort -u); do echo "beneath $disk"; done
  for disk in $(lsblk -snro NAME -- "$real" | sort -u); do echo "disk $disk"; done
fi
exit 0
`

/**
 * Makes the file system; expects also \`fstype\`, \`label\` and \`folder\` (of the step). The UUID is chosen and kept before
 * anything is written: what bears it is ours. mkfs opens the device alone (O_EXCL), and fails where it is in use.
 */
export const makeText = `${deviceFunctions}
mkdir -p -- "$folder" || refuse folder
if [ ! -f "$folder/uuid" ]; then
  cat /proc/sys/kernel/random/uuid >"$folder/uuid.part" && sync && mv -f -- "$folder/uuid.part" "$folder/uuid" || refuse folder
  sync
fi
read -r uuid <"$folder/uuid"
found=$(signatures)
if [ -n "$found" ]; then
  [ "$(uuid_of)" = "$uuid" ] || refuse drifted "$found"
fi
[ -z "$(mounted_at)" ] || { [ -n "$found" ] && exit 0; refuse drifted mounted; }
case $fstype in
  ext4) mkfs.ext4 -q -F -U "$uuid" -L "$label" -- "$real" >&2 || refuse mkfs ;;
  xfs) mkfs.xfs -q -f -m uuid="$uuid" -L "$label" "$real" >&2 || refuse mkfs ;;
esac
sync
[ "$(uuid_of)" = "$uuid" ] || refuse mkfs 'its UUID is not found'
! command -v udevadm >/dev/null || udevadm settle -t 10 2>/dev/null
echo "$uuid $real"
`

/** Takes a file system away that bears our UUID, and nothing else; expects \`folder\`. The places looked at are zero again. */
export const unmakeText = `
[ -f "$folder/uuid" ] || exit 0
${deviceFunctions}
read -r uuid <"$folder/uuid"
at=$(mounted_at)
[ -z "$at" ] || refuse mounted "$at"
found=$(signatures)
if [ -n "$found" ]; then
  [ "$(uuid_of)" = "$uuid" ] || refuse foreign "$found"
  : >"$folder/wiping" && sync || refuse folder
fi
if [ -e "$folder/wiping" ]; then
  wipefs -q -a -- "$real" >&2 || refuse wipe
  places | while read -r from count; do
    dd if=/dev/zero of="$real" bs=4096 seek="$from" count="$count" conv=notrunc 2>/dev/null || exit 1
  done || refuse wipe
  blockdev --flushbufs "$real"
  sync
  [ -z "$(signatures)" ] || refuse wipe
  ! command -v udevadm >/dev/null || udevadm settle -t 10 2>/dev/null
fi
rm -f -- "$folder/uuid" "$folder/wiping"
`
