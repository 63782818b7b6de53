import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  busOf,
  cpuShares,
  deviceLoads,
  deviceOf,
  meanRunDelay,
  pressureShare,
  processLoads,
  throttledShare,
} from '../../../src/modules/evidence/kernel-counters.ts'

const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/system', name), 'utf8')

describe('processors', () => {
  test('shares of the time between two looks are those of an independent computation', () => {
    const shares = cpuShares(fixture('proc-stat-t0.txt'), fixture('proc-stat-t1.txt'))
    const expected = { user: 19, nice: 0, system: 51.45, idle: 6.67, iowait: 13.33, irq: 0, softirq: 9.55, steal: 0 }
    for (const [name, value] of Object.entries(expected)) expect(shares).toHaveProperty(name, expect.closeTo(value, 1))
  })

  test('no time between, no shares', () => {
    const text = fixture('proc-stat-t0.txt')
    expect(cpuShares(text, text)).toBeUndefined()
    expect(cpuShares('', text)).toBeUndefined()
  })
})

describe('devices', () => {
  test('every number of a device is made of its counters', () => {
    const before = '254 0 vda 100 0 800 50 10 0 80 100 0 1000 2000 0 0 0 0 5 10'
    const after = '254 0 vda 150 0 1200 300 30 0 400 500 2 3000 6000 0 0 0 0 15 110'
    expect(deviceLoads(before, after, 4)).toEqual([
      {
        name: 'vda',
        number: '254:0',
        reads_per_s: 12.5,
        writes_per_s: 5,
        flushes_per_s: 2.5,
        read_kb_per_s: 51.2,
        written_kb_per_s: 40.96,
        await_ms: 9.286, // (250 + 400) ms of 70 requests
        read_await_ms: 5,
        write_await_ms: 20,
        flush_await_ms: 10,
        utilisation: 50,
        queue: 1,
      },
    ])
  })

  test('kernels of 14 and of 20 fields are read, and a counter that wrapped at 32 bits', () => {
    const [old] = deviceLoads('8 0 sda 4294967290 0 0 0 0 0 0 0 0 0 0', '8 0 sda 4 0 0 50 0 0 0 0 0 0 0', 1)
    expect(old).toMatchObject({ reads_per_s: 10, read_await_ms: 5, flushes_per_s: null, flush_await_ms: null })
  })

  test('the counters of a real machine under fsync load', () => {
    const loads = deviceLoads(fixture('proc-diskstats-t0.txt'), fixture('proc-diskstats-t1.txt'), 60)
    const vda = loads.find(({ name }) => name === 'vda')
    expect(vda?.write_await_ms).toBeCloseTo((131_775 - 116_200) / (974_856 - 596_029), 4)
    expect(vda?.utilisation).toBeCloseTo(29.97, 1)
    expect(loads.find(({ name }) => name === 'loop0')).toMatchObject({ await_ms: null, queue: 0 })
  })
})

test('pressure is the share of the window in which something waited', () => {
  const at = (total: number) => `some avg10=0.00 avg60=0.47 avg300=0.77 total=${total}\nfull avg10=0.00 total=1\n`
  expect(pressureShare(at(1_000_000), at(2_500_000), 10)).toBe(15)
  expect(pressureShare('', at(1), 10)).toBeNull()
})

test('a group is held back in a share of the periods of its limit; without a limit it has none', () => {
  const at = (periods: number, throttled: number) => `usage_usec 1\nnr_periods ${periods}\nnr_throttled ${throttled}\n`
  expect(throttledShare(at(10, 1), at(50, 11))).toBe(25)
  expect(throttledShare(at(0, 0), at(0, 0))).toBeNull()
  expect(throttledShare('', '')).toBeNull()
})

test('a process waits for a processor so long each time; threads that came or went do not count', () => {
  const line = (thread: number, waited: number, runs: number) =>
    `/proc/7/task/${thread}/schedstat:9 ${waited} ${runs}\n`
  const before = line(7, 1_000_000, 5) + line(8, 0, 0) + line(9, 50, 50)
  const after = line(7, 5_000_000, 8) + line(8, 2_000_000, 1) + line(10, 9_999_999, 1)
  expect(meanRunDelay(before, after)).toBe(1.5)
  expect(meanRunDelay(before, before)).toBeNull()
  expect(meanRunDelay('', '')).toBeNull()
})

test('processes that moved most come first; who came meanwhile is left out', () => {
  const before =
    '/proc/1/io:read_bytes: 0\n/proc/1/io:write_bytes: 1000\n/proc/2/io:read_bytes: 0\n/proc/2/io:write_bytes: 0\n'
  const after =
    '/proc/1/io:read_bytes: 0\n/proc/1/io:write_bytes: 3000\n/proc/2/io:read_bytes: 90000\n/proc/2/io:write_bytes: 0\n/proc/3/io:read_bytes: 999999\n'
  const names = '/proc/1/comm:etcd\n/proc/2/comm:a:b\n'
  expect(processLoads({ before, after, names }, { seconds: 2, most: 5 })).toEqual([
    { pid: 2, name: 'a:b', read_kb_per_s: 45, written_kb_per_s: 0 },
    { pid: 1, name: 'etcd', read_kb_per_s: 0, written_kb_per_s: 1 },
  ])
})

test('the device under a path is that of the nearest mount', () => {
  const mounts = [
    '22 1 254:0 / / rw - ext4 /dev/vda rw',
    '30 22 7:3 / /var/lib/etcd rw shared:1 - ext4 /dev/vdb rw',
    '31 22 0:40 / /mnt/a\\040b rw - tmpfs none rw',
  ].join('\n')
  expect(deviceOf(mounts, '/var/lib/etcd/member')).toMatchObject({ number: '7:3', source: '/dev/vdb' })
  expect(deviceOf(mounts, '/var/lib/etcd2')).toMatchObject({ number: '254:0' })
  expect(deviceOf(mounts, '/mnt/a b')).toMatchObject({ number: '0:40' })
})

test('the bus and the model of a disk are those of its place in /sys, also for a partition', () => {
  const text = [
    'sda\t/sys/devices/pci0000:00/0000:00:01.1/ata1/host0/target0:0:0/0:0:0:0/block/sda\tQEMU HARDDISK   ',
    'vda\t/sys/devices/pci0000:00/0000:00:05.0/virtio2/block/vda\t',
    'loop1\t/sys/devices/virtual/block/loop1\t',
  ].join('\n')
  expect(busOf(text, 'sda1')).toEqual({ bus: 'ata', model: 'QEMU HARDDISK' })
  expect(busOf(text, 'vda')).toEqual({ bus: 'virtio', model: null })
  expect(busOf(text, 'loop1')).toEqual({ bus: null, model: null })
})
