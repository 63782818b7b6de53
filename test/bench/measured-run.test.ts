import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { measureRun, parseMeasurement } from '../../bench/measured-run.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbook-bench-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const program = (script: string) => ({ argv: ['sh', '-c', script], env: { PATH: '/usr/bin:/bin' }, cwd: folder })

it('adds the processor time of user and system, in milliseconds', () => {
  expect(parseMeasurement('0.131 0.100 0.021\n', '64512\n')).toEqual({ wallMs: 131, cpuMs: 121, rssMib: 63 })
})

it('does not take a complaint for a measurement', () => {
  expect(() => parseMeasurement('bash: time: command not found', '64512')).toThrow('not a measurement')
  expect(() => parseMeasurement('0.131 0.100 0.021', '')).toThrow('not a measurement')
})

it('gives exit code and output of what it ran, in the folder and environment it was told', async () => {
  const { code, output } = await measureRun(program('pwd; echo "$HOME" >&2; exit 4'), folder)
  expect({ code, output }).toEqual({ code: 4, output: `${folder}\n\n` })
})

it('counts the memory of a child of the program', async () => {
  const small = await measureRun(program('exit 0'), folder)
  const large = await measureRun(program(`"${process.execPath}" -e 0; exit 0`), folder)
  expect(large.rssMib).toBeGreaterThan(4 * small.rssMib)
})
