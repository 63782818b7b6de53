import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addFstabLine } from '../../../src/modules/storage/mount-fstab.ts'

const wanted = { uuid: 'a-b', path: '/mnt/a b', fstype: 'ext4', options: ['noatime'] }
const line = 'UUID=a-b /mnt/a\\040b ext4 noatime 0 2'

test('one line is added, and every other byte stays', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('/mnt', '').replaceAll('UUID', '')),
      (text) => {
        const edit = addFstabLine(text, wanted)
        const separator = text === '' || text.endsWith('\n') ? '' : '\n'
        expect(edit).toEqual({ kind: 'add', content: `${text}${separator}${line}\n` })
      },
    ),
  )
})

test('a line with the same fields is the same, however it is laid out', () => {
  expect(addFstabLine(`UUID=a-b\t/mnt/a\\040b  ext4 noatime 0 2 `, wanted)).toEqual({ kind: 'same' })
})

test('another line for the path, or for the file system, stands in the way; a comment does not', () => {
  for (const other of ['/dev/sdb1 /mnt/a\\040b xfs defaults 0 0', 'UUID=a-b /srv ext4 defaults 0 2'])
    expect(addFstabLine(`${other}\n`, wanted)).toEqual({ kind: 'taken', line: other })
  expect(addFstabLine(`# ${line}\n`, wanted).kind).toBe('add')
})

test('xfs is not checked at boot', () => {
  expect(addFstabLine('', { ...wanted, fstype: 'xfs' })).toMatchObject({ content: expect.stringMatching(/ 0 0\n$/) })
})
