import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { Profile, StringTable } from 'pprof-format'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { makeProject } from './project.ts'
import { ROOT } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

const PROFILES = path.join(ROOT, 'test/fixtures/profiles')
const ETCD = path.join(PROFILES, 'etcd-3.4.23-cpu-8s.pb.gz')

const strings = new StringTable()
const counted = (type: string, unit: string) => ({
  sampleType: [{ type: strings.dedup(type), unit: strings.dedup(unit) }],
  stringTable: strings,
})
const IDLE = counted('cpu', 'nanoseconds')
const HEAP = { ...counted('inuse_space', 'bytes'), sample: [{ locationId: [], value: [7] }] }

describe('profile', () => {
  const here = makeProject({ 'page.html': '<html>404</html>\n' })
  const at = (file: string): string => path.join(here.folder, file)
  beforeAll(() => {
    copyFileSync(ETCD, at('cpu.pb.gz'))
    for (const name of ['gets', 'lists'])
      copyFileSync(path.join(PROFILES, `apiserver-1.20.2-cpu-6s-${name}.pb.gz`), at(`${name}.pb.gz`))
  })

  test('tells what a program did most', async () => {
    const { code, stdout } = await here.run('profile', 'cpu.pb.gz')
    expect(code).toBe(0)
    expect(stdout).toContain('cpu: 0.78 s of processor time in 8.1 s, 0.10 processors on average, 62 stacks\n')
    expect(stdout).toContain('\n   24.4%  system calls\n    9.0%  garbage collection and allocation\n')
    expect(stdout).toContain('\n 24.4%   24.4%      runtime/internal/syscall.Syscall6\n')
  })

  test('compares with an earlier one, and draws both', async () => {
    const { code, stdout } = await here.run('profile', 'lists.pb.gz', '--before', 'gets.pb.gz', '--svg', 'cpu.svg')
    expect(code).toBe(0)
    expect(stdout).toContain(
      '\nbefore: cpu: 0.31 s of processor time in 6.0 s, 0.05 processors on average, 29 stacks\n',
    )
    expect(stdout).toContain('\n  7.7%   12.8%       25.8%  math/big.nat.montgomery\n')
    expect(stdout).toContain('\n  0.0%   10.3%   +10.3      runtime.scanobject\n')
    expect(readFileSync(at('cpu.svg'), 'utf8')).toContain('blue: a smaller one')
  })

  test('--json gives all functions', async () => {
    const { stdout } = await here.run('profile', 'cpu.pb.gz', '--json')
    const { functions, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({ type: 'cpu', unit: 'nanoseconds', total: 780_000_000 })
    expect(functions.length).toBeGreaterThan(200)
  })

  test('gives the differences to machines and to a ticket, too', async () => {
    const { stdout } = await here.run('profile', 'lists.pb.gz', '--before', 'gets.pb.gz', '--json')
    const { before, differences } = JSON.parse(stdout)
    expect(before).toMatchObject({ type: 'cpu', total: 310_000_000 })
    expect(differences).toHaveLength(10)
    const { stdout: markdown } = await here.run(
      'profile',
      'lists.pb.gz',
      '--before',
      'gets.pb.gz',
      '--format',
      'markdown',
    )
    expect(markdown).toContain('\n| 0.0% | 10.3% | +10.3 | runtime.scanobject |\n')
  })

  test('that count different things are not compared', async () => {
    writeFileSync(at('heap.pb.gz'), gzipSync(new Profile(HEAP).encode()))
    expect(await here.run('profile', 'lists.pb.gz', '--before', 'heap.pb.gz')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('lists.pb.gz counts cpu in nanoseconds, heap.pb.gz inuse_space in bytes'),
    })
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
