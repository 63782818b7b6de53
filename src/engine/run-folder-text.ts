import { type Command, script, sh } from '../model/command.ts'
import { alive } from './receipt-text.ts'

/** Where a run has its folder on a host: root, and a user who may not write there. */
const eachFolder = (hostFolder: string, run: string): Command => sh`${`${hostFolder}/${run}`} "$HOME/.runbook/"${run}`

const marked = (hostFolder: string, run: string): Command =>
  sh`grep -lsF -- ${`RUNBOOK_STEP=${hostFolder}/${run}/`} /proc/[0-9]*/environ`

/**
 * Prints what lies on a host of a run: `folder KIB PATH`; `receipt STATE CODE STEP/NAME` for each of its scripts, where the state is
 * `ended` (the code tells how), `running`, `unknown` or `unbegun`, and no code is `-`; `process ID` for what still runs of it.
 */
export const folderText = (hostFolder: string, run: string): Command =>
  script(
    alive,
    sh`for f in ${eachFolder(hostFolder, run)}; do
  [ -d "$f" ] || continue
  k=$(du -sk -- "$f" 2>/dev/null)
  echo "folder \${k%%[!0-9]*} $f"
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

/** Removes the folders of a run; fails where something of it still runs. */
export const removeText = (hostFolder: string, run: string): Command =>
  sh`[ -z "$(${marked(hostFolder, run)})" ] || exit 1
rm -rf -- ${eachFolder(hostFolder, run)}`
