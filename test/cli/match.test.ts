import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { makeProject } from './project.ts'
import { ROOT } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const SLOW = `name: slow
summary: Make it fast
hosts: all
symptoms: ["took too long (*) to execute", apply request took too long]
steps:
  - assert: {that: "true", message: never}
`

const LOG = path.join(ROOT, 'test/fixtures/logs/etcd-3.4.23-capnslog-infra2.log')

describe('match', () => {
  const here = makeProject({
    'runbooks/slow.yaml': SLOW,
    'etcd.log': readFileSync(LOG, 'utf8'),
    'calm.log': 'all is well\n',
  })

  test('names the runbook that a log speaks of, with counts, times and what to type next', async () => {
    const { code, stdout } = await here.run('match', 'etcd.log')
    expect(code).toBe(0)
    expect(stdout).toContain('slow  Make it fast\n       77  took too long (*) to execute\n')
    expect(stdout).toMatch(/\n {11}p50 [\d.]+ ms, p99 [\d.]+ s, worst [\d.]+ s\n/)
    expect(stdout).toContain('\n  next: runbook plan slow\n')
  })

  test('--json gives the counts of several files together', async () => {
    const { stdout } = await here.run('match', 'etcd.log', 'calm.log', '--json')
    const tally = JSON.parse(stdout)
    const slow = tally.runbooks.find((one: { name: string }) => one.name === 'slow')
    expect(slow).toMatchObject({ lines: 77, symptoms: [{ lines: 77, took: { count: 77 } }] })
    expect(tally).toMatchObject({ format: 1, lines: 725 })
  })

  test('a log that speaks of none says what it has most of', async () => {
    const { code, stdout } = await here.run('match', 'calm.log')
    expect(code).toBe(0)
    expect(stdout).toBe('1 line, 0 with symptoms of 0 runbooks\n\nMost frequent:\n        1  all is well\n')
  })

  test('a file that is not there is told, and no file at all is wrong usage', async () => {
    expect(await here.run('match', 'no.log')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no.log cannot be read'),
    })
    expect((await here.run('match')).code).toBe(3)
  })
})
