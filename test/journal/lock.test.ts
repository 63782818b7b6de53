import { execFile } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { takeLock } from '../../src/journal/lock.ts'

const owner = { what: 'apply of greet, run 01', user: 'ada', pid: 4711, since: '2026-11-21T10:00:00.000Z' }
let names = 0
const freshName = (): string => `test ${process.pid} ${names++}`

test('a lock that is held is refused with who holds it, and free again when released', async () => {
  const name = freshName()
  const lock = await takeLock(name, owner)
  await expect(takeLock(name, { ...owner, user: 'eve' })).rejects.toMatchObject({
    problems: [
      {
        kind: 'locked',
        message: 'ada is at it: apply of greet, run 01',
        detail: 'process 4711, since 2026-11-21T10:00:00.000Z',
      },
    ],
  })
  await lock.release()
  await (await takeLock(name, owner)).release()
})

test('other names are other locks', async () => {
  const held = [await takeLock(freshName(), owner), await takeLock(freshName(), owner)]
  expect(held).toHaveLength(2)
  for (const lock of held) await lock.release()
})

test('the lock of a process that was killed is free at once', async () => {
  const name = freshName()
  const module = path.join(import.meta.dirname, '../../src/journal/lock.ts')
  const script = `
    const { takeLock } = await import(${JSON.stringify(module)})
    await takeLock(${JSON.stringify(name)}, ${JSON.stringify(owner)})
    process.stdout.write('held')
    setInterval(() => undefined, 1000)`
  const holder = execFile(process.execPath, ['--input-type=module', '-e', script])
  const ended = new Promise((resolve) => holder.once('close', resolve))
  await new Promise((resolve) => holder.stdout?.once('data', resolve))
  await expect(takeLock(name, owner)).rejects.toMatchObject({ problems: [{ kind: 'locked' }] })
  holder.kill('SIGKILL')
  await ended
  await (await takeLock(name, owner)).release()
})
