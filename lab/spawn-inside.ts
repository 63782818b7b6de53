import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { LabError } from './lab-error.ts'
import type { ProcessId } from './process-id.ts'
import { type Argv, toolEnv } from './run-tool.ts'
import { insideArgv, processesArgv } from './supervisor.ts'

/** Starts a daemon inside the lab as a child of the lab's PID 1, its output appended to `log`; does not wait for it. */
export async function spawnInside(init: ProcessId, argv: Argv, log: string): Promise<void> {
  await spawnDetached(insideArgv(init, ['setsid', '--fork', ...argv]), log)
}

/** The same, but in the machine's own network: for what listens on its loopback. */
export async function spawnBeside(init: ProcessId, argv: Argv, log: string): Promise<void> {
  await spawnDetached(processesArgv(init, ['setsid', '--fork', ...argv]), log)
}

async function spawnDetached(argv: Argv, log: string): Promise<void> {
  const output = openSync(log, 'a')
  const [tool, ...args] = argv
  const child = spawn(tool, args, { env: toolEnv(), cwd: '/', stdio: ['ignore', output, output] })
  closeSync(output)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new LabError(`${argv.join(' ')}: could not be started (see ${log})`)
}
