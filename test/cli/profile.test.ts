import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { Profile, StringTable } from 'pprof-format'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { makeProject } from './project.ts'
import { ROOT } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const ETCD = path.join(ROOT, 'test/fixtures/profiles/etcd-3.4.23-cpu-8s.pb.gz')

const strings = new StringTable()
const IDLE = { sampleType: [{ type: strings.dedup('cpu'), unit: strings.dedup('nanoseconds') }], stringTable: strings }

describe('profile', () => {
  const here = makeProject({ 'page.html': '<html>404</html>\n' })
  const at = (file: string): string => path.join(here.folder, file)
  beforeAll(() => copyFileSync(ETCD, at('cpu.pb.gz')))

  test('tells what a program did most', async () => {
    const { code, stdout } = await here.run('profile', 'cpu.pb.gz')
    expect(code).toBe(0)
    expect(stdout).toContain('cpu: 0.78 s of processor time in 8.1 s, 0.10 processors on average, 62 stacks\n')
    expect(stdout).toContain('\n   24.4%  system calls\n    9.0%  garbage collection and allocation\n')
    expect(stdout).toContain('\n 24.4%   24.4%      runtime/internal/syscall.Syscall6\n')
  })

  test('compares with an earlier one, and draws both', async () => {
    const { code, stdout } = await here.run('profile', 'cpu.pb.gz', '--before', 'cpu.pb.gz', '--svg', 'cpu.svg')
    expect(code).toBe(0)
    expect(stdout).toContain('\n 24.4%   24.4%       24.4%  runtime/internal/syscall.Syscall6\n')
    expect(readFileSync(at('cpu.svg'), 'utf8')).toContain('blue: a smaller one')
  })

  test('--json gives all functions', async () => {
    const { stdout } = await here.run('profile', 'cpu.pb.gz', '--json')
    const { functions, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({ type: 'cpu', unit: 'nanoseconds', total: 780_000_000 })
    expect(functions.length).toBeGreaterThan(200)
  })

  test('what is no profile, empty, missing or not writable is one clear error', async () => {
    expect(await here.run('profile', 'page.html')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('page.html: this is no profile as pprof writes it\n'),
    })
    writeFileSync(at('idle.pb.gz'), gzipSync(new Profile(IDLE).encode()))
    expect((await here.run('profile', 'idle.pb.gz')).stderr).toContain(
      'idle.pb.gz: nothing was counted in this profile',
    )
    expect((await here.run('profile', 'none.pb.gz')).stderr).toContain('none.pb.gz cannot be read')
    expect((await here.run('profile', 'cpu.pb.gz', '--svg', 'no/such/folder.svg')).stderr).toContain('cannot write')
    expect((await here.run('profile')).code).toBe(3)
  })
})
