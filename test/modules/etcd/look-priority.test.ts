import { expect, test } from 'vitest'
import { etcdPriority } from '../../../src/modules/etcd/etcd-priority.ts'
import { parsePriority } from '../../../src/modules/etcd/look-priority.ts'

const frames = (more: Readonly<Record<string, string>> = {}) =>
  Object.entries({
    nice: '-10\n-10\n-10\n',
    ionice: 'best-effort: prio 0\nbest-effort: prio 0\nbest-effort: prio 0\n',
    cgroup: 'v1\n',
    weight: '10240\n',
    stat: 'nr_periods 9\nnr_throttled 3\nthrottled_time 1\n',
    oom: '0\n',
    show: 'Nice=-10\nIOSchedulingClass=2\nIOSchedulingPriority=0\n',
    before: 'cpu  100 0 100 800 0 0 0 0 0 0',
    after: 'cpu  120 0 110 830 10 0 0 30 0 0',
    ...more,
  }).map(([name, text]) => ({ name, text }))

test('a member with a priority of its own', () => {
  expect(parsePriority(frames())).toEqual({
    cgroup: 'v1',
    threads: 3,
    nice: -10,
    io_class: 'best-effort',
    io_priority: 0,
    cpu_weight: 1000,
    io_weight: null,
    oom_score_adj: 0,
    throttled: 3,
    steal_percent: 30,
    idle_percent: 30,
    unit: { nice: -10, io_class: 'best-effort', io_priority: 0 },
  })
})

test('in cgroup v2 weights stand for themselves', () => {
  const priority = parsePriority(frames({ cgroup: 'v2\n', weight: '1000\n', ioweight: 'default 200\n' }))
  expect(priority).toMatchObject({ cgroup: 'v2', cpu_weight: 1000, io_weight: 200 })
})

test('threads that differ have no one value', () => {
  const priority = parsePriority(frames({ nice: '-5\n0\n0\n', ionice: 'best-effort: prio 0\nnone: prio 4\nidle\n' }))
  expect(priority).toMatchObject({ nice: null, io_class: null, io_priority: null })
  expect(etcdPriority.plan({ nice: -5 }, priority)).toMatchObject({
    kind: 'blocked',
    message: expect.stringMatching(/nice values that differ, .*; asked for nice -5 \(found none\)$/),
  })
})

test('without ionice nothing is claimed of the disk', () => {
  expect(parsePriority(frames({ ionice: '' }))).toMatchObject({ nice: -10, io_class: null })
})

test('shares need not be a weight to the last digit', () => {
  const priority = parsePriority(frames({ weight: '10245\n' }))
  expect(etcdPriority.plan({ cpu_weight: 1000 }, priority)).toMatchObject({ kind: 'noop' })
  expect(etcdPriority.plan({ cpu_weight: 900 }, priority)).toMatchObject({ kind: 'blocked' })
})

test('what the group and the process have besides is asked for by name', () => {
  const priority = parsePriority(frames({ cgroup: 'v2\n', weight: '100\n', ioweight: 'default 200\n', oom: '-999\n' }))
  expect(etcdPriority.plan({ io_weight: 200, oom_score_adj: -999 }, priority)).toMatchObject({ kind: 'noop' })
  expect(etcdPriority.plan({ io_weight: 100 }, priority)).toMatchObject({ kind: 'blocked' })
  expect(etcdPriority.plan({ oom_score_adj: 0 }, priority)).toMatchObject({ kind: 'blocked' })
})
