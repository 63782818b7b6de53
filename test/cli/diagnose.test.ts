import { describe, expect, test, vi } from 'vitest'
import { makeProject } from './project.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const SLOW = `name: slow
summary: Why it is slow
hosts: all
params:
  most: {type: integer, default: 5, description: lines that may be there}
facts:
  - gather: {}
    as: host
diagnose:
  evidence:
    slow_lines:
      log_scan: {file: $HERE/app.log, look_for: {slow: "took too long (*)"}, value: slow}
      unit: lines
      target: value <= most
      source: the manual of the application
    idle:
      io_sample: {window: 250ms, value: idle}
      unit: "%"
    never:
      io_sample: {window: 250ms, value: steal}
      unit: "%"
      when: "false"
    broken:
      log_scan: {file: $HERE/none.log, look_for: {slow: slow}, value: slow}
      unit: lines
      target: value < 1
  causes:
    - name: log
      when: evidence.slow_lines.bad && hosts.all(h, hosts[h].evidence.slow_lines.known) && !evidence.broken.known
      says: "{{ evidence.slow_lines.value }} slow lines on {{ host.os.id }}"
      remedies:
        - {runbook: not-there, why: would be best}
        - {runbook: fix, when: "evidence.slow_lines.value > 1"}
        - {runbook: other, when: evidence.idle.bad}
    - {name: calm, when: "!evidence.slow_lines.bad", says: all is well, remedies: [{runbook: fix}]}
`

const FIX = `name: fix
summary: Fix it
hosts: all
measure:
  idle: {io_sample: {window: 250ms, value: idle}, unit: "%"}
`

const slowLines = (many: number): string => 'request took too long (1.5s)\n'.repeat(many)

describe('diagnose', () => {
  const here = makeProject({
    'runbooks/slow.yaml': SLOW,
    'runbooks/fix.yaml': FIX,
    'inventories/default.yaml': 'all: {hosts: {here: {ansible_connection: local}}}\n',
    'app.log': slowLines(7),
  })

  test('shows value, threshold, source and verdict, the cause, and the remedies in order with their commands', async () => {
    const { code, stdout } = await here.run('diagnose', 'slow', '-i', 'inventories/default.yaml')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^slow_lines +7 lines +value <= most +beyond on here$/m)
    expect(stdout).toMatch(/^idle +[\d.]+ % +- +-$/m)
    expect(stdout).toContain('slow_lines on here: p99 1500 ms, worst 1500 ms\n')
    expect(stdout).toContain('never on here: not measured: its condition is false\n')
    expect(stdout).toContain('broken on here: reading the log of file')
    expect(stdout).toContain('threshold of slow_lines: the manual of the application\n')
    expect(stdout).toMatch(/^Cause: log, on here\n {2}7 slow lines on \w+$/m)
    expect(stdout).toMatch(
      /\nRemedies, best first\n {2}1\. not-there: would be best\n {5}there is no such runbook here\n {2}2\. fix\n {5}runbook plan fix -i inventories\/default\.yaml\n$/,
    )
  })

  test('the threshold follows from parameters, and another cause from another verdict', async () => {
    const { stdout } = await here.run('diagnose', 'slow', '--set', 'most=10', '--json')
    const [diagnosis] = JSON.parse(stdout).diagnoses
    expect(diagnosis.readings[0]).toMatchObject({ measure: 'slow_lines', value: 7, verdict: 'pass' })
    expect(diagnosis.causes).toEqual([
      {
        name: 'calm',
        hosts: [{ host: 'here', says: 'all is well' }],
        remedies: [{ runbook: 'fix', hosts: ['here'], plan: 'runbook plan fix' }],
      },
    ])
  })

  test('without a name all runbooks that know causes are asked', async () => {
    const { code, stdout } = await here.run('diagnose', '--json')
    expect(code).toBe(0)
    const names = JSON.parse(stdout).diagnoses.map(({ runbook }: { runbook: { name: string } }) => runbook.name)
    expect(names).toContain('slow')
    expect(names).not.toContain('fix')
  })

  test('a host that cannot be reached is told, and the others are looked at', async () => {
    here.write(
      'inventories/two.yaml',
      'all: {hosts: {here: {ansible_connection: local}, gone: {ansible_host: 127.0.0.1, ansible_port: 1}}}\n',
    )
    const { code, stdout } = await here.run('diagnose', 'fix', '-i', 'inventories/two.yaml')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^fix on here\nnot looked at: gone: /)
    expect((await here.run('diagnose', 'fix', '-i', 'inventories/two.yaml', '-l', 'gone')).code).toBe(4)
  })

  test('a cause that rests on what is not looked at is told when the runbook is checked', async () => {
    here.write(
      'runbooks/wrong.yaml',
      'name: wrong\nsummary: x\nhosts: all\ndiagnose: {causes: [{name: a, when: evidense.x.bad, says: a}]}\n',
    )
    const { code, stderr } = await here.run('validate', 'wrong', '-i', 'inventories/default.yaml')
    expect(code).toBe(3)
    expect(stderr).toContain('there is no variable evidense')
  })
})
