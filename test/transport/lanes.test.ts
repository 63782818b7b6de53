import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sh } from '../../src/model/command.ts'
import { openLocal } from '../modules/law-host.ts'

test('what is asked in two lanes runs at the same time', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lanes-'))
  const fifo = path.join(folder, 'fifo')
  const connection = await openLocal()
  try {
    await connection.probe('login').run(sh`mkfifo ${fifo}`)
    // Each end of a fifo waits for the other: one after the other neither would end.
    const reading = connection.probe('login', 'one').run(sh`cat ${fifo}`, { timeoutMs: 20_000 })
    const writing = connection.probe('login', 'two').run(sh`echo heard >${fifo}`, { timeoutMs: 20_000 })
    const [read, written] = await Promise.all([reading, writing])
    expect([read.stdout.toString('utf8'), written.code]).toEqual(['heard\n', 0])
  } finally {
    await connection.close()
    rmSync(folder, { recursive: true })
  }
})
