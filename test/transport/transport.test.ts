import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sh } from '../../src/model/command.ts'
import { createLimit } from '../../src/transport/limit.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { localEndpoint } from './shells.ts'

test('this machine is a host like any other', async () => {
  const host = await createTransport({ randomBytes }).open(localEndpoint)
  expect((await host.session('root').run(sh`echo ${"it's"} here`)).stdout.toString()).toBe("it's here\n")
  await host.close()
})

test('ssh2 is not loaded before a host needs it', () => {
  const file = join(import.meta.dirname, '../../src/transport/transport.ts')
  const script = `
    const { createTransport } = await import(${JSON.stringify(file)})
    const { createRequire } = await import('node:module')
    const host = await createTransport({ randomBytes: Buffer.alloc }).open(${JSON.stringify(localEndpoint)})
    await host.close()
    console.log(Object.keys(createRequire('/').cache).filter((name) => name.includes('ssh2')).length)
    await import(${JSON.stringify(file.replace('transport.ts', 'ssh2-transport.ts'))})
    console.log(Object.keys(createRequire('/').cache).filter((name) => name.includes('ssh2')).length > 0)`
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })).toBe('0\ntrue\n')
})

test('a limit lets no more through at once than it says, and everybody in the end', async () => {
  const limited = createLimit(3)
  let running = 0
  let most = 0
  const work = async (fails: boolean): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    if (fails) throw new Error('no')
  }
  const all = Array.from({ length: 20 }, (_, index) => limited(() => work(index % 4 === 0)))
  const settled = await Promise.allSettled(all)
  expect([most, settled.filter((one) => one.status === 'rejected').length]).toEqual([3, 5])
})
