import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { LabSettings } from '../../../lab/settings.ts'
import { requireState } from '../../../lab/state.ts'
import { networkArgv } from '../../../lab/supervisor.ts'

/**
 * Runs one of the scripts beside this one inside the lab's network while `work` is done. It prints a line when it has begun, and after
 * SIGTERM what it saw, as JSON.
 */
export async function runBeside<T, Seen>(
  settings: LabSettings,
  { script, args }: { readonly script: string; readonly args: readonly string[] },
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly seen: Seen }> {
  const file = path.join(import.meta.dirname, script)
  const [tool, ...words] = networkArgv(requireState(settings).init, [process.execPath, file, ...args])
  const child = spawn(tool, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  try {
    await lines.next()
    const result = await work()
    child.kill('SIGTERM')
    const last = await lines.next()
    return { result, seen: JSON.parse(String(last.value)) as Seen } // printed by the script
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}
