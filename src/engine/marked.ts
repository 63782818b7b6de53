import { sh } from '../model/command.ts'
import type { Probe } from '../model/module.ts'

/** The ids of processes that a step began, by what their environment says; none after a reboot. */
export async function processesOf(probe: Probe, folder: string): Promise<readonly string[]> {
  const { stdout } = await probe.run(sh`grep -lsF -- ${`RUNBOOK_STEP=${folder}/`} /proc/[0-9]*/environ`)
  const lines = stdout.toString('utf8').split('\n')
  return [...new Set(lines.flatMap((line) => /^\/proc\/(\d+)/.exec(line)?.[1] ?? []))]
}
