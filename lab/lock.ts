import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { LabError } from './lab-error.ts'
import { toolEnv } from './run-tool.ts'

/**
 * Does `work` while no other process holds `file`; waits for it up to ten minutes. The lock is the kernel's and held by
 * a child that ends with us, so a killed holder frees it.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', ['--wait', '600', file, 'sh', '-c', 'echo held; exec cat'], {
    env: toolEnv(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(holder, 'exit')
  try {
    const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)])
    if (!held) throw new LabError(`another command holds ${file}`)
    return await work()
  } finally {
    holder.stdin.end()
    await ended
  }
}
