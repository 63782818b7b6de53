import { type Command, quote, rawText, renderCommand, script, sh } from '../model/command.ts'
import { Secret } from '../model/secret.ts'

// What runs on the hosts: nothing but a POSIX sh and the smallest tools. A receipt is a folder:
//   begin  process id, its start time and the boot id of who runs the script; empty: it must not be begun any more
//   out, err  what the script printed
//   rc     its exit code; something in it once it has ended
//   text   empty: what it carried is read, and taken out, before the script begins

/** Where a receipt lies: the step's folder, and the receipt's own name in it. */
export interface ReceiptPlace {
  readonly folder: string
  readonly name: string
}

/** The exit code of a script of ours that could not take the command's own: the receipt tells why. */
export const UNTOLD = 213

/** How far a command has come by its receipt. */
export type ReceiptState = 'none' | 'void' | 'running' | 'done' | 'dead'

/** Sets `d` to the receipt: in the step's folder, or for a user who may not write there in the home directory. */
export const setFolder = ({ folder, name }: ReceiptPlace): Command => sh`umask 077
f=${folder}
[ -w "$f" ] || mkdir -p -- "$f" 2>/dev/null
[ -w "$f" ] || { s=\${f%/*}; f=$HOME/.runbook/\${s##*/}/\${f##*/}; mkdir -p -- "$f" 2>/dev/null; }
d=$f/${name}`

/** Whether who began still runs: the same process id could be another's by now, but not with that start and boot. */
export const alive = rawText(`alive() {
  p= s= b=
  { read -r p s b <"$d/begin" && read -r now </proc/sys/kernel/random/boot_id && [ "$b" = "$now" ] &&
    read -r line </proc/$p/stat; } 2>/dev/null || return 1
  set -- \${line##*) }
  [ "\${20}" = "$s" ] && [ "$1" != Z ]
}`)

/** Prints what is new of both streams, at most to the limit and one byte (which tells that there is more), until the end. */
const follow = (limitBytes: number): Command => sh`keep=${limitBytes + 1}
give() {
  [ "$2" -lt "$keep" ] && [ -s "$d/$1" ] || return 0
  { size=$(wc -c <"$d/$1"); } 2>/dev/null || return 0
  size=$(($size))
  [ "$size" -gt "$keep" ] && size=$keep
  [ "$size" -gt "$2" ] || return 0
  tail -c +$(($2 + 1)) -- "$d/$1" 2>/dev/null | head -c $((size - $2))
  at=$size
}
give_all() { [ ! -s "$d/$1" ] || head -c "$keep" <"$d/$1"; }
give_lines() { [ ! -s "$d/$1" ] || while IFS= read -r line || [ -n "$line" ]; do printf '%s\\n' "$line"; done <"$d/$1"; }
follow() {
  o=$1 e=$2
  while :; do
    over=
    { [ -s "$d/rc" ] || ! alive; } && over=yes
    at=$o; give out $o; o=$at
    at=$e; give err $e >&2; e=$at
    [ -z "$over" ] || return 0
    sleep 0.3 2>/dev/null || sleep 1
  done
}
tell() {
  c=
  { read -r c <"$d/rc"; } 2>/dev/null
  exit "\${c:-${UNTOLD}}"
}`

/**
 * Runs a script apart from whoever asked for it, and prints `late` where that takes longer than a moment. That it begins is
 * set down before, so that it never begins twice, and at the end its exit code. A file of output that grows far beyond what
 * anybody reads is cut. Written for few processes: each costs as much as many a script.
 */
const KEEPER = `d=$1 keep=$2 synced=$3 brief=$4
read -r boot </proc/sys/kernel/random/boot_id
read -r line </proc/$$/stat
set -- \${line##*) }
set -C
echo "$$ \${20} $boot" >"$d/begin" || exit 1
set +C
[ -z "$synced" ] || sync -- "$d/begin"
. "$d/text"
: >"$d/text"
if [ -z "$brief" ]; then
  (
    nap() {
      RUNBOOK_STEP= sleep $1 >/dev/null &
      nap=$!
      wait $nap
    }
    trap '' PIPE
    trap 'kill $nap; exit' TERM
    nap 0.3 || nap 1
    echo late
    exec >/dev/null
    while nap 5; do
      for o in out err; do
        [ $(($(wc -c <"$d/$o"))) -gt $((keep + 67108864)) ] && dd if=/dev/null of="$d/$o" bs="$keep" seek=1
      done
    done
  ) </dev/null &
  watch=$!
  exec >/dev/null
fi
(
  exec >>"$d/out" 2>>"$d/err"
  set -- "$text"
  unset d keep synced brief boot line text watch
  eval "set --
$1"
)
echo $? >"$d/rc"
[ -n "$brief" ] || kill $watch`

/**
 * Runs a command under a receipt and passes on what it prints: one round trip where nothing goes wrong. What this shell
 * does can end at any moment without harm. Where no receipt can be kept (a full disk that the step is to free), the
 * command runs as it is.
 */
export function startText(at: ReceiptPlace, command: Command, { limitBytes, begin, output }: Keeping): Command {
  const hasInput = command.stdin !== undefined
  const body = script(
    sh`umask 077
mkdir -p -- ${pathOf(at)} 2>/dev/null`,
    setFolder(at),
    alive,
    follow(limitBytes),
    sh`bare() {
  export RUNBOOK_STEP
  eval "$1"
  eval "set --
$text"
  exit
}
run() {
  RUNBOOK_STEP=${pathOf(at)}
  [ ! -e "$d/begin" ] || exit ${UNTOLD}
  [ -d "$d" ] || mkdir -- "$d" 2>/dev/null || bare "$1"
  { printf '%s\n' "$1" >"$d/text" && : >"$d/out" && : >"$d/err"; } 2>/dev/null || { rm -rf -- "$d"; bare "$1"; }`,
    rawText(hasInput ? '  cat >"$d/in" || exit 1\n  exec 4<"$d/in"\n  rm -f -- "$d/in"' : '  exec 4</dev/null'),
    sh`  apart=
  command -v setsid >/dev/null && apart=setsid
  export RUNBOOK_STEP
  late=$($apart /bin/sh -c ${KEEPER} runbook "$d" "$keep" ${begin === 'synced' ? 'yes' : ''} ${output === 'brief' ? 'yes' : ''} <&4 4<&- 2>/dev/null &)
  unset RUNBOOK_STEP
  exec 4<&-
  if [ -n "$late" ]; then
    follow 0 0
  else
    ${rawText(output === 'brief' ? 'give_lines' : 'give_all')} out
    give_all err >&2
  fi
  tell
}`,
  )
  // The last line holds the command alone, so that it can be found: as shell text, which a shell reads without a process.
  const text = `text=${quote(renderCommand(command))}`
  const last: Command = sh`run ${hasSecret(command) ? new Secret(text) : text}`
  return { ...command, parts: [...body.parts, ...last.parts] }
}

/** How a receipt is kept. */
export interface Keeping {
  readonly limitBytes: number // of each stream, that anybody reads
  /** `synced`: that it began outlives a power failure, for steps that may be tried again: an earlier try must not be taken for the last. */
  readonly begin: 'written' | 'synced'
  readonly output: 'followed' | 'brief' // brief: passed on at the end, and never cut; a process less
}

const hasSecret = ({ parts }: Command): boolean => parts.some(({ kind }) => kind === 'secret')

export const pathOf = ({ folder, name }: ReceiptPlace): string => `${folder}/${name}`

export interface Offsets {
  readonly stdout: number
  readonly stderr: number
}

/**
 * A boot of the host: after another one, what was set down last may be missing, and that a script has not begun is not
 * believed any more. Empty: not known.
 */
const sameBoot = (boot: string): Command => sh`same_boot() {
  was=${boot} now=
  read -r now </proc/sys/kernel/random/boot_id
  [ -z "$was" ] || [ "$was" = "$now" ]
} 2>/dev/null`

/** From where on output is wanted, and since which boot the command was on its way. */
export interface Attaching {
  readonly from: Offsets
  readonly limitBytes: number
  readonly boot: string
}

/** Passes on the output of a command until it ends. One that has not begun will not begin any more. */
export const attachText = (at: ReceiptPlace, { from, limitBytes, boot }: Attaching): Command =>
  script(
    setFolder(at),
    alive,
    sameBoot(boot),
    follow(limitBytes),
    sh`if same_boot; then
  mkdir -- "$d" 2>/dev/null
  (set -C; : >"$d/begin") 2>/dev/null && exit ${UNTOLD}
  [ -s "$d/begin" ] || sleep 1
fi
follow ${from.stdout} ${from.stderr}
tell`,
  )

/** Prints how far a command has come. */
export const stateText = (at: ReceiptPlace, boot: string): Command =>
  script(
    setFolder(at),
    alive,
    sameBoot(boot),
    sh`if [ -s "$d/rc" ]; then echo done
elif ! same_boot; then echo dead
elif [ ! -e "$d/begin" ]; then echo none
elif [ ! -s "$d/begin" ]; then echo void
elif alive; then echo running
else [ -s "$d/rc" ] && echo done || echo dead
fi`,
  )

/** Prints the names of a step's receipts, among others. */
export const namesText = (folder: string): Command =>
  script(setFolder({ folder, name: '' }), rawText('ls -1 -- "$f" 2>/dev/null'))

/** Ends a command and all that it started, also what began a session of its own; fails where something lives on. */
export const killText = (at: ReceiptPlace): Command =>
  script(
    setFolder(at),
    alive,
    sh`find() {
  found=$(grep -lsF -- ${`RUNBOOK_STEP=${pathOf(at)}`} /proc/[0-9]*/environ | sed 's,/proc/\\([0-9]*\\)/.*,\\1,')
  [ -n "$found" ]
}
group=
alive && group=-$p
for signal in TERM KILL KILL KILL; do
  find || exit 0
  kill -s $signal -- $group $found 2>/dev/null
  for turn in 1 2 3 4 5; do find || exit 0; done
  sleep 1
done
find || exit 0
echo still alive: $found
exit 1`,
  )
