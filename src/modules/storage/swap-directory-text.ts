import { treeFunctions } from './copy-tree-text.ts'

/** Where the old directory says that it is out of date. */
export const staleMark = 'STALE-DO-NOT-START'

/** They expect \`path\`, \`home\` and \`aside\`, absolute and without a slash at their ends. */
const swapFunctions = `${treeFunctions}
stale=$aside/${staleMark}
kind() {
  if [ -L "$1" ]; then echo link
  elif [ ! -e "$1" ]; then echo absent
  elif [ ! -d "$1" ]; then echo other
  elif grep -qF " $1 " /proc/self/mountinfo; then echo mount
  else echo directory; fi
}
leads_home() { [ -L "$path" ] && [ "$(readlink -- "$path")" = "$home" ]; }
# Who has a file of a folder open.
user_of() {
  at=$(readlink -f -- "$1") || return 0
  export at
  ls -l /proc/[0-9]*/fd 2>/dev/null | awk '
    /^\\/proc\\// { split($0, part, "/"); pid = part[3] }
    (found = index($0, "-> " ENVIRON["at"] "/")) { print pid; exit }'
}
refuse_users() { user=$(user_of "$1"); [ -z "$user" ] || refuse used "$user $1"; }
same_filesystem() { [ "$(stat -c %d -- "\${1%/*}/")" = "$(stat -c %d -- "\${2%/*}/")" ]; }
has_tool() { command -v rsync >/dev/null || tar --version 2>/dev/null | grep -q 'GNU tar'; }
settle() { sync -- "\${path%/*}/" "\${home%/*}/" 2>/dev/null || sync; }
`

/** Looks; expects also \`copy\`. */
export const lookSwapText = `${swapFunctions}
echo "path $(kind "$path")"
echo "copy $(kind "$copy")"
echo "home $(kind "$home")"
echo "aside $(kind "$aside")"
leads_home && echo leads yes
[ ! -e "$stale" ] || echo stale yes
[ ! -e "$(mark "$copy")" ] || echo begun yes
has_tool && echo tool yes
same_filesystem "$path" "$aside" || echo apart aside
same_filesystem "$copy" "$home" || echo apart home
[ "$(kind "$path")" != directory ] || echo "user $(user_of "$path")"
exit 0
`

/**
 * Puts the copy in the place of the directory: three renames, each of which is whole or not at all, and all of which
 * are gone on with. Between the second and the third nothing lies at \`path\`: who starts what uses it must be kept from
 * making it anew (AssertPathExists= of systemd).
 */
export const swapText = `${swapFunctions}
[ ! -e "$stale" ] || refuse stale
if ! leads_home; then
  case $(kind "$path")$(kind "$aside")$(kind "$copy")$(kind "$home") in
    directoryabsentdirectoryabsent | directoryabsentabsentdirectory | absentdirectoryabsentdirectory) ;;
    *) refuse drifted ;;
  esac
  refuse_users "$path"
  mkdir -p -- "$folder" && : >"$folder/begun" && printf '%s\\n' "$path" "$home" "$aside" "$stale" >"$folder/set-aside" && sync || refuse folder
  [ "$(kind "$home")" = directory ] || mv -T -- "$copy" "$home" || refuse write
  [ "$(kind "$aside")" = directory ] || mv -T -- "$path" "$aside" || refuse write
  ln -s -- "$home" "$path" || refuse write
  settle
fi
`

/** The three renames back; refused once what lies aside is out of date. */
export const swapBackText = `${swapFunctions}
[ -e "$folder/begun" ] || exit 0
[ ! -e "$stale" ] || refuse stale
refuse_users "$home"
if leads_home; then rm -f -- "$path" || refuse write; fi
if [ "$(kind "$aside")" = directory ]; then
  [ "$(kind "$path")" = absent ] || refuse taken "$path"
  mv -T -- "$aside" "$path" || refuse write
fi
if [ "$(kind "$home")" = directory ]; then
  [ "$(kind "$copy")" = absent ] || refuse taken "$copy"
  mv -T -- "$home" "$copy" || refuse write
fi
settle
rm -f -- "$folder/set-aside" "$folder/begun"
`

/** Marks what lies aside as out of date, for good before anything else happens; expects \`text\`. */
export const markText = `${swapFunctions}
leads_home && [ "$(kind "$aside")" = directory ] && [ "$(kind "$home")" = directory ] || refuse drifted
if [ ! -e "$stale" ]; then
  printf '%s\\n' "$text" >"$stale.part" && sync && mv -fT -- "$stale.part" "$stale" || refuse write
  sync
fi
`

/**
 * Brings what lies aside up to date: all that the new place holds is copied there and compared by checksum, and only
 * then the mark goes. Killed at any moment it is done again from the start.
 */
export const bringBackText = `${swapFunctions}
rm -f -- "$stale.part"
[ -e "$stale" ] || exit 0
[ "$(kind "$home")" = directory ] || refuse no-home
[ "$(kind "$aside")" = directory ] || refuse no-aside
has_tool || refuse no-tool
refuse_users "$home"
copied() {
  if command -v rsync >/dev/null; then
    rsync -aHAXS --numeric-ids --delete-before --exclude=/lost+found --exclude=/${staleMark} "$@" -- "$home/" "$aside/" >&2
    return
  fi
  find "$aside" -xdev -mindepth 1 -maxdepth 1 ! -name lost+found ! -name ${staleMark} -exec rm -rf -- {} + || return
  failed=$folder/failed
  mkdir -p -- "$folder" && rm -f -- "$failed" || return
  (cd -- "$home" && tar --numeric-owner --xattrs --xattrs-include='*' --acls -S --exclude=./lost+found -cpf - . || echo failed >"$failed") |
    tar -C "$aside" --numeric-owner --xattrs --xattrs-include='*' --acls -S -xpf - >&2 && [ ! -e "$failed" ]
}
listed() { list "$1" | grep -v ' \\./${staleMark}$'; }
summed() { contents "$1" | grep -v '  \\./${staleMark}$' | sha256sum; }
copied || refuse copying "$?"
sync
[ "$(listed "$home")" = "$(listed "$aside")" ] || refuse differs
sums=$(summed "$home")
if [ "$sums" != "$(summed "$aside")" ] && command -v rsync >/dev/null; then
  copied --checksum || refuse copying "$?"
  sync
fi
[ "$sums" = "$(summed "$aside")" ] || refuse differs
rm -f -- "$stale" || refuse write
sync
`
