/** They expect \`path\` and \`device\`, and \`fstab\`. */
const mountFunctions = `
set -u
refuse() { printf '%s\\n' "$*"; exit 90; }
real=$(readlink -f -- "$device" 2>/dev/null)
majmin() { lsblk -dno MAJ:MIN -- "$real" 2>/dev/null | tr -d ' '; }
# The device that is mounted at the path, the uppermost where several are; as mountinfo writes the path.
word=$(printf '%s' "$path" | sed 's/\\\\/\\\\134/g; s/ /\\\\040/g')
live() { word=$word awk '$5 == ENVIRON["word"] { found = $3 } END { print found }' /proc/self/mountinfo; }
is_own_table() { [ "$fstab" != /etc/fstab ]; }
reload() { is_own_table || [ ! -d /run/systemd/system ] || systemctl daemon-reload; }
`

/** Looks at the device, the mount point, and what is mounted there. */
export const lookMountText = `${mountFunctions}
for tool in blkid lsblk readlink; do command -v "$tool" >/dev/null || refuse missing "$tool"; done
[ -b "$real" ] || refuse no-device
echo "uuid $(blkid -p -s UUID -o value -- "$real" 2>/dev/null)"
echo "fstype $(blkid -p -s TYPE -o value -- "$real" 2>/dev/null)"
at=$(live)
if [ -n "$at" ]; then [ "$at" = "$(majmin)" ] && echo live this || echo live other
else echo live none; fi
if [ -L "$path" ]; then echo folder link
elif [ ! -e "$path" ]; then [ -d "\${path%/*}/" ] && echo folder absent || echo folder nowhere
elif [ ! -d "$path" ]; then echo folder other
elif [ -n "$at" ] || [ -z "$(ls -A -- "$path")" ]; then echo folder empty
else echo folder full; fi
exit 0
`

/** Mounts by the line of fstab, so that what the next boot will do is tried now. The UUID's link may take udev a moment. */
export const mountNowText = `${mountFunctions}
[ -d "$path" ] || mkdir -m 755 -- "$path" || refuse write
reload || refuse reload
if [ -z "$(live)" ]; then
  n=0
  until if is_own_table; then mount -T "$fstab" -- "$path"; else mount -- "$path"; fi >&2; do
    n=$((n + 1)); [ $n -lt 10 ] || refuse mount
    sleep 1
  done
fi
[ "$(live)" = "$(majmin)" ] || refuse other
`

/** Unmounts what we mounted; expects \`was\` (live or not) and \`folder_was\`. */
export const unmountText = `${mountFunctions}
if [ "$was" = none ] && [ -n "$(live)" ]; then
  [ -z "$(majmin)" ] || [ "$(live)" = "$(majmin)" ] || refuse other
  umount -- "$path" >&2 || refuse busy
fi
if [ "$folder_was" = absent ] && [ -d "$path" ] && [ -z "$(live)" ]; then rmdir -- "$path" || refuse not-empty; fi
exit 0
`

/** systemd reads fstab again. */
export const reloadFstabText = `${mountFunctions}
reload || refuse reload
`
