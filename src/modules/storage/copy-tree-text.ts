/**
 * Shell functions about whole folders. `lost+found` at their top belongs to the file system, and is no part of them.
 * A folder's list says of every entry its kind, mode, owner, size, links and time; of the folder itself not its time.
 */
export const treeFunctions = `
set -u
umask 077
refuse() { printf '%s\\n' "$*"; exit 90; }
list() (
  cd -- "$1" || exit 1
  top="-path ./lost+found -prune -o"
  {
    stat -c 'd %a %u %g .' .
    find . $top -type d ! -path . -exec stat -c 'd %a %u %g %Y %n' {} +
    find . $top -type f -exec stat -c 'f %a %u %g %h %s %Y %n' {} +
    find . $top -type l -exec stat -c 'l %u %g %N' {} +
    find . $top ! -type d ! -type f ! -type l -exec stat -c 'o %a %u %g %t %T %F %n' {} +
  } | sort
)
contents() (
  cd -- "$1" || exit 1
  find . -path ./lost+found -prune -o -type f -exec sha256sum {} + | sort
  command -v getfattr >/dev/null || exit 0
  find . -path ./lost+found -prune -o -print | sort | while IFS= read -r entry; do
    getfattr -h -d -m - -e hex --absolute-names -- "$entry" 2>/dev/null
  done
)
is_empty() { [ -z "$(ls -A -- "$1" | grep -vx 'lost+found')" ]; }
# A copy that was begun is marked beside it: within, the mark would be of the copy.
mark() { printf '%s/.%s.copy-begun' "\${1%/*}" "\${1##*/}"; }
of_dest() {
  if [ -L "$dest" ]; then echo link
  elif [ ! -e "$dest" ]; then echo absent
  elif [ ! -d "$dest" ]; then echo other
  elif [ -e "$(mark "$dest")" ]; then echo begun
  elif is_empty "$dest"; then echo empty
  else echo full; fi
}
`

/** Looks at both; expects \`src\` and \`dest\`. */
export const lookTreeText = `${treeFunctions}
src_at=$(readlink -f -- "$src"); dest_at=$(readlink -m -- "$dest" 2>/dev/null || echo "$dest")
case $dest_at/ in "$src_at"/*) refuse nested "$dest_at lies in $src_at" ;; esac
case $src_at/ in "$dest_at"/*) refuse nested "$src_at lies in $dest_at" ;; esac
[ -d "$src" ] || refuse no-source "$src"
echo "tool $(command -v rsync >/dev/null && echo rsync || { tar --version 2>/dev/null | grep -q 'GNU tar' && echo tar; })"
echo "dest $(of_dest)"
near=$dest; while [ ! -d "$near" ]; do near=\${near%/*}; [ -n "$near" ] || near=/; done
echo "free $(df -Pk -- "$near" | awk 'NR == 2 { print $4 }')"
# As if it had no holes: what was just written has no blocks on the disk yet.
echo "size $(find "$src" -type f -exec stat -c %s {} + | awk '{ sum += $1 } END { printf "%d", sum / 1024 + 1 }')"
if [ -d "$dest" ] && [ ! -L "$dest" ]; then
  echo "held $(du -skx -- "$dest" | awk '{ print $1 }')"
  [ "$(list "$src")" = "$(list "$dest")" ] && echo same yes
fi
# Who has a file of it open: a copy of what changes meanwhile is worth nothing.
export src_at
ls -l /proc/[0-9]*/fd 2>/dev/null | awk '
  /^\\/proc\\// { split($0, part, "/"); pid = part[3] }
  (at = index($0, "-> " ENVIRON["src_at"] "/")) && !said { print "user " pid; said = 1 }'
exit 0
`

/** Copies; expects \`src\`, \`dest\`, \`pass\` (live or final) and \`folder\`. Exit 24 of rsync: files vanished meanwhile. */
export const copyTreeText = `${treeFunctions}
was=$(of_dest)
case $was in absent|empty|begun) ;; *) [ "$(list "$src")" = "$(list "$dest")" ] || refuse full "$dest" ;; esac
mkdir -p -- "$folder" || refuse folder
if [ ! -e "$folder/was" ]; then
  own=; [ "$was" != empty ] || own=$(stat -c '%a %u:%g %Y' -- "$dest")
  printf '%s %s\\n' "$was" "$own" >"$folder/was" || refuse folder
fi
: >"$(mark "$dest")" && mkdir -p -- "$dest" || refuse write
sync_trees() { rsync -aHAXS --numeric-ids --delete --exclude=/lost+found "$@" -- "$src/" "$dest/" >&2; }
if command -v rsync >/dev/null; then
  sync_trees
  code=$?
  [ "$code" = 0 ] || { [ "$code" = 24 ] && [ "$pass" = live ]; } || refuse copying "$code"
else
  find "$dest" -xdev -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf -- {} + || refuse write
  rm -f -- "$folder/failed"
  (cd -- "$src" && tar --numeric-owner --xattrs --xattrs-include='*' --acls -S --exclude=./lost+found -cpf - . || echo failed >"$folder/failed") |
    tar -C "$dest" --numeric-owner --xattrs --xattrs-include='*' --acls -S -xpf - >&2 || refuse copying tar
  [ ! -e "$folder/failed" ] || [ "$pass" = live ] || { rm -f -- "$folder/failed"; refuse copying tar; }
fi
[ "$pass" = final ] || exit 0
sync
[ "$(list "$src")" = "$(list "$dest")" ] || refuse differs 'names, owners, modes or sizes'
sums=$(contents "$src" | sha256sum)
# rsync goes by size and time: what differs under the same ones is copied by its checksum, once.
if [ "$sums" != "$(contents "$dest" | sha256sum)" ] && command -v rsync >/dev/null; then
  sync_trees --checksum || refuse copying again
  sync
fi
[ "$sums" = "$(contents "$dest" | sha256sum)" ] || refuse differs 'contents or attributes'
rm -f -- "$(mark "$dest")" || refuse write
echo "$sums"
`

/** Takes the copy away again, where this step began it; expects \`dest\` and \`folder\`. */
export const dropTreeText = `${treeFunctions}
[ -f "$folder/was" ] || exit 0
read -r was mode owner time <"$folder/was"
case $was in
  absent) rm -rf -- "$dest" || refuse write ;;
  empty) [ ! -d "$dest" ] || find "$dest" -xdev -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf -- {} + || refuse write
    [ ! -d "$dest" ] || { chown -- "$owner" "$dest" && chmod -- "0$mode" "$dest" && touch -d "@$time" -- "$dest"; } || refuse write ;;
esac
case $was in
  absent|empty) rm -f -- "$(mark "$dest")" || refuse write ;;
  begun) : >"$(mark "$dest")" || refuse write ;;
esac
rm -f -- "$folder/was"
`
