/** Shell text of `initramfs`: what both families of tools do, with data as variables in front. */

/** `tool`; `images` as lines of kernel and image; `lacks KERNEL IMAGE` prints the modules that neither it nor the kernel has. */
const common = `
if command -v update-initramfs >/dev/null 2>&1; then tool=initramfs-tools config=/etc/initramfs-tools/modules
elif command -v dracut >/dev/null 2>&1; then tool=dracut config=/etc/dracut.conf.d/90-added-drivers.conf
else tool=none config=; fi
images() {
  for linux in /boot/vmlinuz-*; do
    [ -e "$linux" ] || continue
    kernel=\${linux#/boot/vmlinuz-}
    case $kernel in *rescue*) continue ;; esac
    image=/boot/initrd.img-$kernel
    # dracut on Debian has the name that its boot loader knows, on SUSE another one
    if [ "$tool" = dracut ]; then
      for image in "/boot/initramfs-$kernel.img" "/boot/initrd.img-$kernel" "/boot/initrd-$kernel"; do [ ! -e "$image" ] || break; done
    fi
    echo "$kernel $image"
  done
}
contents() { case $tool in dracut) lsinitrd "$1" ;; *) lsinitramfs "$1" ;; esac 2>/dev/null; }
lacks() {
  found=$(contents "$2")
  for module in $modules; do
    like="/$(echo "$module" | sed 's/_/[_-]/g')\\.ko"
    grep -qs "$like" "/lib/modules/$1/modules.builtin" && continue
    printf '%s\\n' "$found" | grep -q "$like" || printf ' %s' "$module"
  done
}
sum_of() { sha256sum <"$1" 2>/dev/null | cut -d ' ' -f 1; }
`

/** Prints the tool, the room in /boot (KiB), and of each kernel its name, the size of its image (KiB) and what it lacks. */
export const lookText = `${common}
echo "$tool"
df -Pk /boot | awk 'NR == 2 { print $4 }'
images | while read -r kernel image; do
  echo "$kernel $(du -k -- "$image" 2>/dev/null | cut -f 1)$(lacks "$kernel" "$image")"
done
`

/** What is replaced is kept first; an image that does not have the modules in the end is not left in place. */
export const buildText = `${common}
umask 077
mkdir -p -- "$folder" || exit 1
keep() {
  [ -e "$folder/$2" ] || [ -e "$folder/$2.none" ] && return
  if [ -e "$1" ]; then cp -p -- "$1" "$folder/$2.part" && mv -- "$folder/$2.part" "$folder/$2"
  else : >"$folder/$2.none"; fi
}
keep "$config" config || exit 1
case $tool in
  initramfs-tools)
    for module in $modules; do
      grep -qx "$module" "$config" 2>/dev/null || (umask 022; echo "$module" >>"$config") || exit 1
    done
    build() { update-initramfs -u -k "$1"; } ;;
  dracut)
    (umask 022; mkdir -p "\${config%/*}" && echo "add_drivers+=\\" $modules \\"" >"$config") || exit 1
    build() { dracut -f "$2" "$1"; } ;;
  *) exit 1 ;;
esac
sum_of "$config" >"$folder/config.made"
images >"$folder/images" || exit 1
while read -r kernel image; do
  [ -n "$(lacks "$kernel" "$image")" ] || continue
  keep "$image" "image-$kernel" && keep "/var/lib/initramfs-tools/$kernel" "state-$kernel" && sync || exit 1
  build "$kernel" "$image" </dev/null >&2 || exit 1
  sum_of "$image" >"$folder/image-$kernel.made"
  left=$(lacks "$kernel" "$image")
  [ -z "$left" ] || { echo "$kernel$left"; exit 1; }
done <"$folder/images"
sync
`

/** Puts back what was kept, exactly; what somebody else has made anew since stays, and is told. */
export const restoreText = `${common}
[ -d "$folder" ] || exit 0
restore() {
  if [ -e "$folder/$2.none" ]; then rm -f -- "$1"; return; fi
  [ -e "$folder/$2" ] || return 0
  cp -p -- "$folder/$2" "$1.before" && mv -- "$1.before" "$1"
}
is_ours() {
  [ ! -e "$folder/$2.made" ] || [ ! -e "$1" ] || case $(sum_of "$1") in
    "$(cat "$folder/$2.made")"|"$(sum_of "$folder/$2")") ;;
    *) echo "$1"; return 1 ;;
  esac
}
if [ -e "$folder/images" ]; then
  while read -r kernel image; do
    [ -e "$folder/image-$kernel" ] || continue
    is_ours "$image" "image-$kernel" || exit 1
    restore "$image" "image-$kernel" && restore "/var/lib/initramfs-tools/$kernel" "state-$kernel" || exit 1
  done <"$folder/images"
fi
if [ -n "$config" ]; then is_ours "$config" config && restore "$config" config || exit 1; fi
sync
`
