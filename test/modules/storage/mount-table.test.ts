import { expect, test } from 'vitest'
import { mountOf, parseMounts } from '../../../src/modules/storage/mount-table.ts'

const table = parseMounts(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
30 22 0:5 / /var/lib/a\\040b rw,noatime shared:2 master:1 - xfs /dev/mapper/x\\134y rw
31 30 0:6 /sub /var/lib/a\\040b ro - nfs4 10.0.0.1:/export rw,vers=4.2
`)

test('escaped names, optional fields and the options of mount and file system are read', () => {
  expect(table[1]).toEqual({
    path: '/var/lib/a b',
    root: '/',
    source: '/dev/mapper/x\\y',
    fstype: 'xfs',
    options: ['rw', 'noatime'],
  })
})

test('a path lies on the longest mount above it, and there on the last', () => {
  expect(mountOf(table, '/var/lib/a b/etcd')?.fstype).toBe('nfs4')
  expect(mountOf(table, '/var/lib/a bc')?.fstype).toBe('ext4')
  expect(mountOf(table, '/')?.fstype).toBe('ext4')
})
