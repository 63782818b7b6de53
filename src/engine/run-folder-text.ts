import { type Command, rawText, script, sh } from '../model/command.ts'
import { alive } from './receipt-text.ts'

/** Where a run has its folder on a host: root, and a user who may not write there. */
const eachFolder = (hostFolder: string, run: string): Command => sh`${`${hostFolder}/${run}`} "$HOME/.runbook/"${run}`

const marked = (hostFolder: string, run: string): Command =>
  sh`grep -lsF -- ${`RUNBOOK_STEP=${hostFolder}/${run}/`} /proc/[0-9]*/environ`

/**
 * Steps that put something aside keep in their folder what: the path in whose place something else lies, what the link there must lead
 * to, where the old one lies, and the mark that it is out of date. It is the run's to remove only while all of that holds.
 */
const setAside = rawText(`aside() {
  [ -f "$1" ] && { read -r p && read -r h && read -r a && read -r m; } <"$1" &&
    [ -L "$p" ] && [ "$(readlink -- "$p")" = "$h" ] && [ -d "$h" ] && [ -d "$a" ] && [ ! -L "$a" ] && [ -e "$m" ]
}`)

/**
 * Prints what lies on a host of a run: `folder KIB PATH`, also of what it has put aside; `receipt STATE CODE STEP/NAME` for each of its scripts, where the state is
 * `ended` (the code tells how), `running`, `unknown` or `unbegun`, and no code is `-`; `process ID` for what still runs of it.
 */
export const folderText = (hostFolder: string, run: string): Command =>
  script(
    alive,
    setAside,
    sh`for f in ${eachFolder(hostFolder, run)}; do
  [ -d "$f" ] || continue
  k=$(du -sk -- "$f" 2>/dev/null)
  echo "folder \${k%%[!0-9]*} $f"
  for d in "$f"/*/set-aside; do
    aside "$d" || continue
    k=$(du -sk -- "$a" 2>/dev/null)
    echo "folder \${k%%[!0-9]*} $a"
  done
  for d in "$f"/*/*.run; do
    [ -d "$d" ] || continue
    c=
    { read -r c <"$d/rc"; } 2>/dev/null
    if [ -n "$c" ]; then w=ended
    elif [ ! -s "$d/begin" ]; then w=unbegun
    elif alive; then w=running
    elif { read -r c <"$d/rc"; } 2>/dev/null && [ -n "$c" ]; then w=ended
    else w=unknown
    fi
    echo "receipt $w \${c:--} \${d#"$f"/}"
  done
done
${marked(hostFolder, run)} | while IFS=/ read -r x x p x; do echo "process $p"; done`,
  )

/** Removes the folders of a run, and first what it has put aside; fails where something of it still runs. */
export const removeText = (hostFolder: string, run: string): Command =>
  script(
    setAside,
    sh`[ -z "$(${marked(hostFolder, run)})" ] || exit 1
for f in ${eachFolder(hostFolder, run)}; do
  for d in "$f"/*/set-aside; do
    if aside "$d"; then rm -rf -- "$a" || exit 1; fi
  done
done
rm -rf -- ${eachFolder(hostFolder, run)}`,
  )
