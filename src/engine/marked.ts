import { type Command, script, sh } from '../model/command.ts'
import type { Probe } from '../model/module.ts'
import type { Runner } from '../model/transport.ts'

const NAME = 'RUNBOOK_STEP' // in the environment of what a step starts

/**
 * A runner that marks what a step runs, so that another run can tell whether it is still going on: its shell's process
 * id, start time and boot id in `<folder>/process` (where this user may write there), and its folder in the
 * environment of every program that it starts.
 */
export const marking = (runner: Runner, folder: string): Runner => ({
  run: (command, options) => runner.run(marked(command, folder), options),
})

function marked(command: Command, folder: string): Command {
  const { parts } = script(
    sh`export RUNBOOK_STEP=${folder}`,
    // The shell's own parent is the subshell that runs the step; field 22 of proc(5) stat is its start time.
    sh`{ mkdir -p -- ${folder} && sh -c 'read -r line </proc/$PPID/stat && set -- \${line##*) } && read -r boot </proc/sys/kernel/random/boot_id && echo "$PPID \${20} $boot"' >${folder}/process; } 2>/dev/null`,
    command,
  )
  return { ...command, parts }
}

/** The ids of processes of a step that are still there; none after a reboot. */
export async function processesOf(probe: Probe, folder: string): Promise<readonly string[]> {
  const { stdout } = await probe.run(sh`{
  read -r pid start boot <${folder}/process && read -r now </proc/sys/kernel/random/boot_id && [ "$boot" = "$now" ] &&
    read -r line </proc/$pid/stat && set -- \${line##*) } && [ "\${20}" = "$start" ] && echo $pid
  grep -lsF -- ${`${NAME}=${folder}`} /proc/[0-9]*/environ
} 2>/dev/null; :`)
  const lines = stdout.toString('utf8').split('\n')
  return [...new Set(lines.flatMap((line) => /^(?:\/proc\/)?(\d+)/.exec(line)?.[1] ?? []))]
}
