import { consoleLog, hostOfLab } from './host.ts'
import { INSIDE } from './paths.ts'
import { passThrough } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { requireState } from './state.ts'
import { insideArgv } from './supervisor.ts'

/** Prints a host's console output, then its journal as it lies on its disk: works while the host is off, too. */
export async function printLogs(name: string, settings: LabSettings): Promise<number> {
  const state = requireState(settings)
  const { host } = hostOfLab(settings, state, name)
  await passThrough(['cat', consoleLog(settings, host.name)])
  const journal = ['journalctl', '--no-pager', '--quiet', `--root=${INSIDE.root(host.name)}`] as const
  return passThrough(insideArgv(state.init, journal))
}
