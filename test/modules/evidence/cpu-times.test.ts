import { expect, test } from 'vitest'
import { countOf, processorsOf, processShares } from '../../../src/modules/evidence/cpu-times.ts'

/** A record of /proc/PID/stat with user and system time in ticks and the start. */
const stat = (pid: number, name: string, user: number, system: number, start = 100): string =>
  `${pid} (${name}) S 1 ${pid} ${pid} 0 -1 4194304 1 0 0 0 ${user} ${system} 7 7 20 0 1 0 ${start} 1000 10 18446744073709551615 1 1`

const window = { seconds: 2, ticksPerSecond: 100 }

test('the share of a process is its time, user and system, in percent of one processor', () => {
  const before = [stat(7, 'etcd', 1000, 500), stat(8, 'kubelet', 10, 0)].join('\n')
  const after = [stat(7, 'etcd', 1050, 550), stat(8, 'kubelet', 310, 0)].join('\n')
  expect(processShares(before, after, window)).toEqual([
    { pid: 8, name: 'kubelet', percent: 150 },
    { pid: 7, name: 'etcd', percent: 50 },
  ])
})

test('a name may hold spaces, parentheses and newlines', () => {
  const name = 'a) S 1 (b\nc'
  const shares = processShares(
    `${stat(3, name, 0, 0)}\n${stat(4, 'x', 0, 0)}\n`,
    `${stat(3, name, 20, 0)}\n${stat(4, 'x', 10, 0)}\n`,
    window,
  )
  expect(shares.map(({ pid, percent }) => [pid, percent])).toEqual([
    [3, 10],
    [4, 5],
  ])
})

test('another process under the same number, one that came and one that is gone have no share', () => {
  const before = [stat(7, 'etcd', 1000, 0, 100), stat(9, 'gone', 5, 5)].join('\n')
  const after = [stat(7, 'sh', 2000, 0, 999), stat(10, 'new', 50, 50)].join('\n')
  expect(processShares(before, after, window)).toEqual([])
})

test('processors and waiting tasks are read from /proc/stat', () => {
  const text = 'cpu  1 2 3 4\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nintr 5\nprocs_running 3\nprocs_blocked 1\n'
  expect([processorsOf(text), countOf(text, 'procs_running'), countOf(text, 'procs_blocked')]).toEqual([2, 3, 1])
})
