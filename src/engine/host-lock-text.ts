import { type Command, rawText, script, sh } from '../model/command.ts'

// What runs on the hosts for their locks: nothing but a POSIX sh. The lock of a host is the folder `host.lock` in that of the
// runs; in it lie files named by numbers that only grow, the fencing tokens. The highest number says how things are: empty,
// the host is free; else it is held, and the file says by whom:
//   lock id and run   the run is the one that is applied, or undone
//   who, since when, which runbook, what is done
//   process id, its start time and the boot id of the shell that took it, which ends with its connection
// Who takes the host makes the next number by link(2): once only, whole, and whoever else tries it has lost.

/** Where the lock of a host lies that all can see. */
const sharedOf = (hostFolder: string): string => `${hostFolder}/host.lock`

/** Sets `n` to the highest number in a folder (0: none), `lock` and `run` to whose it is (empty: free). */
const top = rawText(`top() {
  n=0 lock= run=
  for x in "$1"/*; do
    x=\${x##*/}
    case $x in '' | *[!0-9]*) continue ;; esac
    [ "$x" -le "$n" ] || n=$x
  done
  [ "$n" = 0 ] || { read -r lock run <"$1/$n"; } 2>/dev/null
}`)

/** Prints how a lock is held, and all that its file says. */
const tellHeld = rawText(`stands() {
  p= s= b=
  { read -r x; read -r x; read -r x; read -r x; read -r x; read -r p s b; } <"$1"
  read -r now </proc/sys/kernel/random/boot_id && [ "$b" = "$now" ] && read -r line </proc/$p/stat || return 1
  set -- \${line##*) }
  [ "\${20}" = "$s" ] && [ "$1" != Z ]
} 2>/dev/null
tell() {
  if stands "$2/$n"; then w=stands; else w=gone; fi
  echo "$1 $n $w $2"
  cat -- "$2/$n"
}`)

/** Whose a host is to be. */
export interface Taking {
  readonly hostFolder: string // absolute: of the runs on the host
  readonly lock: string
  readonly run: string // one that holds the host for the same run is followed by this one
  readonly over?: string // a lock that is known to be nobody's any more
  readonly about: readonly [owner: string, since: string, runbook: string, doing: string] // a line each
}

/**
 * Takes the lock of a host and prints `held TOKEN FOLDER`; `refused` and who has it; or `unheld` where nothing can be
 * written. Asked twice, or under two names of one host, it says the same. Whoever may not write in the folder of the runs
 * has the lock at home, and is refused by whoever holds the one that all can see.
 */
export const takeText = ({ hostFolder, lock, run, over = '', about }: Taking): Command =>
  script(
    top,
    tellHeld,
    sh`umask 022
me=${lock} for=${run} over=${over}
l=${sharedOf(hostFolder)}
if [ ! -d "$l" ]; then
  (umask 066 && mkdir -p -- ${hostFolder}) 2>/dev/null
  mkdir -- "$l" 2>/dev/null
fi
if [ ! -w "$l" ]; then
  top "$l"
  [ -z "$lock" ] || [ "$lock" != "$me" ] || { echo "held $n $l"; exit; }
  [ -z "$lock" ] || [ "$run" = "$for" ] || [ "$lock" = "$over" ] || { tell refused "$l"; exit; }
  l=$HOME/.runbook/host.lock
  [ -d "$l" ] || (umask 077 && mkdir -p -- "$l") 2>/dev/null
fi
read -r boot </proc/sys/kernel/random/boot_id
read -r line </proc/$$/stat
set -- \${line##*) }
t=$l/.$me.$$
{ printf '%s\n' "$me $for" ${[...about].map(oneLine)} "$$ \${20} $boot" >"$t" && read -r x <"$t"; } 2>/dev/null
[ "$x" = "$me $for" ] || { rm -f -- "$t"; echo unheld; exit; }
for turn in 1 2 3 4 5 6 7 8 9; do
  top "$l"
  if [ -n "$lock" ]; then
    [ "$lock" != "$me" ] || { rm -f -- "$t"; echo "held $n $l"; exit; }
    [ "$run" = "$for" ] || [ "$lock" = "$over" ] || { rm -f -- "$t"; tell refused "$l"; exit; }
  fi
  m=$((n + 1))
  if ln -- "$t" "$l/$m" 2>/dev/null; then
    top "$l"
    if [ "$n" = "$m" ]; then
      rm -f -- "$t"
      sync -- "$l/$m" "$l" 2>/dev/null
      for x in "$l"/*; do
        [ "\${x##*/}" -ge "$m" ] || rm -f -- "$x"
      done
      echo "held $m $l"
      exit
    fi
    rm -f -- "$l/$m"
  elif [ ! -e "$l/$m" ]; then
    rm -f -- "$t"
    echo unheld
    exit
  fi
done
rm -f -- "$t"
tell refused "$l"`,
  )

const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')

/** A lock that is held: where, under which number. */
export interface Held {
  readonly lock: string
  readonly token: number
  readonly folder: string
}

/** Gives a lock back, unless somebody has it by now; its number stays, so that the next one is higher. */
export const releaseText = ({ lock, folder }: Held): Command =>
  script(
    top,
    sh`l=${folder}
top "$l"
[ "$lock" != ${lock} ] || : >"$l/$n"`,
  )

/** Prints `held` and whose it is for each lock that this user can see. */
export const lookText = (hostFolder: string): Command =>
  script(
    top,
    tellHeld,
    sh`for l in ${sharedOf(hostFolder)} "$HOME/.runbook/host.lock"; do
  top "$l"
  [ -z "$lock" ] || tell held "$l"
done`,
  )

/** Takes a lock from whoever holds it, under a number of its own: what still runs for the holder begins nothing any more. */
export const breakText = ({ lock, folder }: Pick<Held, 'lock' | 'folder'>): Command =>
  script(
    top,
    sh`l=${folder}
top "$l"
[ "$lock" = ${lock} ] && (umask 022 && set -C && : >"$l/$((n + 1))") 2>/dev/null && rm -f -- "$l/$n"`,
  )

/** What a script exits with that may not begin any more. */
export const FENCED = 97

/** The same command, which does not begin where somebody has taken the host since: without a process or a variable. */
export const fenceText = (held: Pick<Held, 'folder' | 'token'>, command: Command): Command => ({
  ...command,
  parts: [...sh`${passedText(held)} && exit ${FENCED}\n`.parts, ...command.parts],
})

/** Succeeds where the host has a newer token. */
export const passedText = ({ folder, token }: Pick<Held, 'folder' | 'token'>): Command =>
  sh`{ set -- ${folder}/*
until [ $# -eq 0 ] || [ "\${1##*/}" -gt ${token} ]; do shift; done; [ $# -gt 0 ]; } 2>/dev/null`
