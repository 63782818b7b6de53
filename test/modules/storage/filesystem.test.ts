import { expect, test } from 'vitest'
import { parseDevice } from '../../../src/modules/storage/device.ts'
import { filesystem } from '../../../src/modules/storage/filesystem.ts'

const args = { device: '/dev/disk/by-id/x', label: 'etcd', for: '/var/lib/etcd' }
const plan = (lines: readonly string[]) =>
  filesystem.plan(args, { kind: 'seen', device: parseDevice([...empty, ...lines].join('\n')) })
const empty = [
  'real /dev/sdb2',
  'bytes 10737418240',
  'read_only 0',
  'removable 0',
  'serial S3X',
  'signatures ',
  'tool /sbin/mkfs.ext4',
]

test('a partition of the disk that the data lies on is no disk of its own', () => {
  const lines = ['needs_data 1000', 'beneath dm-0', 'beneath sda', 'beneath sda3', 'disk sda', 'disk sda2']
  expect(plan(lines)).toMatchObject({ kind: 'blocked', message: expect.stringContaining('lies on the disk sda,') })
  expect(plan(['needs_data 1000', 'beneath sda', 'beneath sda3', 'disk sdb', 'disk sdb2']).kind).toBe('change')
})

test('room is wanted for twice the data and a gibibyte, and not a byte less', () => {
  const most = (10_737_418_240 - 1_073_741_824) / 2
  expect(plan([`needs_data ${most}`]).kind).toBe('change')
  expect(plan([`needs_data ${most + 1}`])).toMatchObject({
    kind: 'blocked',
    message: expect.stringContaining('too small'),
  })
})

test('what is in use is refused, whatever uses it', () => {
  for (const [line, said] of [
    ['mounted /srv', 'is mounted at /srv'],
    ['swap /dev/sdb2', 'in use as swap'],
    ['partition /sys/class/block/sdb/sdb1', 'has partitions (sdb1)'],
    ['holder md0', 'in use by md0'],
  ] as const)
    expect(plan([line]), line).toMatchObject({ kind: 'blocked', message: expect.stringContaining(said) })
  expect(plan([]).kind).toBe('change')
})
