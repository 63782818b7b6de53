import { type Command, rawText, renderCommand, script, sh, withStdin } from '../model/command.ts'
import { Secret } from '../model/secret.ts'
import { type ReceiptPlace, setFolder } from './receipt-text.ts'

// What runs on the hosts for an undo that a host does by itself: nothing but a POSIX sh. It is a folder of the step's:
//   undo     the text that undoes; gone once it is decided
//   fire     what the timer runs; likewise
//   boot     the boot in which it was armed: a timer does not outlive it
//   verdict  whose it is, created once and by one alone: `undone` (by the host), `confirmed`, `left` or `lost` (by the controller)
//   out, rc  what the undo printed, and its exit code once it has ended

/**
 * Who decided an armed undo: the host by doing it, or the controller by keeping the host from it. `lost`: the host was restarted
 * before anybody had decided, and will not undo it any more.
 */
export type Verdict = 'undone' | 'confirmed' | 'left' | 'lost'

/** The name of the systemd timer and service of an armed undo. */
const unitOf = ({ name }: ReceiptPlace): string => `runbook-${name}`

/** What a script of an armed step exits with when the host has begun to undo it: nothing of the step runs any more. */
const OVER = 98

/**
 * Decides for the host, ends what still runs of the step (its processes are marked, see receipt-text.ts), and undoes. Without
 * systemd it also waits.
 */
const FIRE = `d=$1 mark=$2 left=$3
umask 077
cd 2>/dev/null || cd /
while [ "$left" -gt 0 ]; do
  [ ! -e "$d/verdict" ] || exit 0
  sleep 1
  left=$((left - 1))
done
( set -C; echo undone >"$d/verdict" ) 2>/dev/null || exit 0
sync -- "$d/verdict"
for signal in TERM KILL KILL; do
  found=$(grep -lsF -- "$mark" /proc/[0-9]*/environ | sed 's,/proc/\\([0-9]*\\)/.*,\\1,')
  [ -n "$found" ] || break
  kill -s "$signal" $found
  sleep 1
done
/bin/sh "$d/undo" </dev/null >"$d/out" 2>&1
echo $? >"$d/rc.new" && sync -- "$d/rc.new"
mv -- "$d/rc.new" "$d/rc"
rm -f -- "$d/undo" "$d/fire"`

/**
 * Arms an undo: in `seconds` the host runs the text, unless somebody else decides before. As a timer of systemd where that
 * runs the host and we are root, else as a process in the background. Its text comes by standard input and is in no argument.
 * A name is taken once: also one that was given up before it was armed.
 */
export const armText = (at: ReceiptPlace, undo: Command, seconds: number): Command =>
  withStdin(
    script(
      setFolder(at),
      sh`mkdir -- "$d" && cat >"$d/undo" && printf '%s\n' ${FIRE} >"$d/fire" || exit 1
read -r boot </proc/sys/kernel/random/boot_id && echo "$boot" >"$d/boot" && sync || exit 1
unset RUNBOOK_STEP
if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && systemd-run --quiet --unit=${unitOf(at)} \
  --description=${'runbook: undoes a step that is not confirmed'} --on-active=${seconds} --timer-property=AccuracySec=100ms \
  --property=KillMode=process --setenv=PATH="$PATH" --setenv=HOME="$HOME" --setenv=LC_ALL=C \
  /bin/sh "$d/fire" "$d" ${markOf(at)} 0 2>/dev/null; then exit 0; fi
apart=
command -v setsid >/dev/null && apart=setsid
$apart /bin/sh "$d/fire" "$d" ${markOf(at)} ${seconds} </dev/null >/dev/null 2>&1 &`,
    ),
    new Secret(renderCommand(undo)),
  )

/** The processes of the step have this in their environment. */
const markOf = ({ folder }: ReceiptPlace): string => `RUNBOOK_STEP=${folder}/`

/** The same command, which does not begin once the host has begun to undo. */
export const unlessUndone = (at: ReceiptPlace, command: Command): Command => ({
  ...command,
  parts: [
    ...sh`( ${setFolder(at)}
[ ! -e "$d/verdict" ] ) || exit ${OVER}
`.parts,
    ...command.parts,
  ],
})

/** Succeeds where the host was restarted since it was armed; a power failure may have emptied the note. */
const restarted = rawText(`restarted() {
  { read -r now </proc/sys/kernel/random/boot_id && read -r boot <"$d/boot"; } 2>/dev/null
  [ "$now" != "$boot" ]
}`)

/** Decides an armed undo for the controller where nobody has yet; prints who did, or `none` where it was never armed. */
export const claimText = (at: ReceiptPlace, verdict: 'confirmed' | 'left'): Command =>
  script(
    setFolder(at),
    restarted,
    sh`if mkdir -- "$d" 2>/dev/null; then echo none; exit; fi
v=${verdict}
[ "$v" = confirmed ] || ! restarted || v=lost
if ( set -C; echo "$v" >"$d/verdict" ) 2>/dev/null; then
  rm -f -- "$d/undo" "$d/fire"
  sync -- "$d/verdict"
  [ ! -d /run/systemd/system ] || systemctl stop ${`${unitOf(at)}.timer`} 2>/dev/null
fi
[ -s "$d/verdict" ] || sleep 1
cat "$d/verdict"`,
  )

/**
 * Waits some 20 s for the host's undo to have ended. Prints its exit code and then its output, or one word: `waiting` where
 * it has not begun or still runs, `lost` where the host was restarted since it was armed.
 */
export const endText = (at: ReceiptPlace): Command =>
  script(
    setFolder(at),
    restarted,
    sh`turn=0
while [ ! -s "$d/rc" ] && [ "$turn" -lt 20 ] && ! restarted; do sleep 1; turn=$((turn + 1)); done
if [ -s "$d/rc" ]; then cat "$d/rc"; head -c 4096 "$d/out"
elif restarted; then echo lost
else echo waiting
fi`,
  )
