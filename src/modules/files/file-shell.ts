/**
 * The shell functions that scripts changing files share. They expect `folder` (this step's on the host). A refusal
 * prints one word and facts on stdout, removes what was begun, and exits with refusedCode (host-script.ts).
 */
export const fileShell = `
set -u
umask 077
temp=
refuse() { printf '%s\\n' "$*"; [ -z "$temp" ] || rm -rf -- "$temp"; exit 90; }
need() { command -v "$1" >/dev/null || refuse missing "$1"; }
exists() { [ -e "$1" ] || [ -L "$1" ]; }
sum() { set -- $(sha256sum <"$1"); printf %s "\${1-}"; }
# What lies at a path, in one word that tells changes apart.
what() {
  if [ -L "$1" ]; then printf 'link:%s' "$(readlink -- "$1")"
  elif [ -d "$1" ]; then printf directory
  elif [ -f "$1" ]; then printf 'file:%s' "$(sum "$1")"
  elif [ -e "$1" ]; then printf other
  else printf absent; fi
}
for tool in stat sha256sum cp mv readlink; do need "$tool"; done
# GNU cp keeps everything and fails where it cannot; busybox cp knows of no ACLs and extended attributes.
keep=
if cp --version >/dev/null 2>&1; then
  keep=mode,ownership,timestamps,xattr
  [ ! -e /sys/fs/selinux/enforce ] || keep=$keep,context
fi
plain() {
  if command -v getfacl >/dev/null && [ -n "$(getfacl -cps -- "$1" 2>/dev/null)" ]; then return 1; fi
  if command -v getfattr >/dev/null && [ -n "$(getfattr -h --absolute-names -m - -- "$1" 2>/dev/null)" ]; then return 1; fi
}
copy() {
  if [ -n "$keep" ]; then cp -RPT "--preserve=$keep" -- "$1" "$2"; return; fi
  [ -L "$1" ] || plain "$1" || refuse attributes "$1"
  cp -RPpT -- "$1" "$2"
}
attributes() { # of a file, to an empty new one
  if [ -n "$keep" ]; then cp --attributes-only "--preserve=$keep" -- "$1" "$2"; return; fi
  plain "$1" || refuse attributes "$1"
  cp -p -- "$1" "$2"
}
flush() { if [ -n "$keep" ]; then sync -- "$1"; else sync; fi; }
own_folder() {
  [ -d "$folder" ] || mkdir -p -- "$folder" || refuse folder
  [ ! -L "$folder" ] && [ -O "$folder" ] && chmod 700 -- "$folder" || refuse folder
}
# Of a directory with entries only its being there is kept: we change no more than its mode and owner, in place.
image_of() {
  if [ -d "$1" ] && [ ! -L "$1" ] && ! rmdir_would "$1"; then mkdir -- "$2"; else copy "$1" "$2"; fi
}
rmdir_would() {
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do if exists "$entry"; then return 1; fi; done
}
# Keeps a path as it is now, once: a second call after a crash finds the first's.
keep_image() { # path
  own_folder
  if exists "$folder/pre-image" || [ -e "$folder/pre-image.absent" ]; then return 0; fi
  if ! exists "$1"; then : >"$folder/pre-image.absent" || refuse folder
  else
    rm -rf -- "$folder/pre-image.part"
    image_of "$1" "$folder/pre-image.part" || { rm -rf -- "$folder/pre-image.part"; refuse image; }
    [ "$(what "$1")" = "$(what "$folder/pre-image.part")" ] || refuse image
    [ -L "$1" ] || flush "$folder/pre-image.part" || refuse image
    mv -fT -- "$folder/pre-image.part" "$folder/pre-image" || refuse image
  fi
  flush "$folder" || refuse image
}
has_image() { exists "$folder/pre-image" || [ -e "$folder/pre-image.absent" ]; }
set_owner() { # path owner:group mode
  [ "$(stat -c %U:%G -- "$1")" = "$2" ] || chown -- "$2" "$1" || refuse owner "$2"
  chmod -- "0$3" "$1" || refuse mode "$3" # five digits: GNU chmod else keeps setgid of a directory
}
move() { # temp path
  if mv -fT -- "$1" "$2"; then temp=; return 0; fi
  if grep -qF " $2 " /proc/self/mountinfo 2>/dev/null; then refuse mounted; fi
  flags=$(lsattr -d -- "$2" 2>/dev/null)
  case \${flags%% *} in *i*) refuse immutable ;; esac
  refuse move
}
`
