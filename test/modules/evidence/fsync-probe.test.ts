import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { renderCommand } from '../../../src/model/command.ts'
import { fsyncProbeText } from '../../../src/modules/evidence/fsync-probe-text.ts'
import { scriptWith } from '../../../src/modules/shared/host-script.ts'

describe('a probe of synced writes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fsync-probe-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('leaves nothing when it is killed while it writes', async () => {
    const variables = { path: folder, seconds: '60', block: '2300', writes: '10029', need: '1' }
    const text = renderCommand(scriptWith(variables, fsyncProbeText))
    const child = spawn('sh', ['-c', text], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    for await (const piece of child.stdout) {
      printed += String(piece)
      if (/^by /m.test(printed)) break
    }
    expect(child.exitCode, printed).toBe(null)
    const ended = once(child, 'exit')
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    await ended
    expect(readdirSync(folder)).toEqual([])
  })
})
