import { expect, test } from 'vitest'
import { parseMadison, parseSimulation } from '../../../src/modules/packages/apt.ts'
import { parseOutdated } from '../../../src/modules/packages/package-manager.ts'

const replyOf = (stdout: string, code = 0) => ({ code, stdout: Buffer.from(stdout), stderr: Buffer.from('') })

test('a simulation gives every package that is installed, changed or removed', () => {
  const text = `The following packages will be DOWNGRADED:
  tiny
Remv old:i386 [3~rc1]
Inst lib (1:2.0-1+b1 Debian:12.1/stable [amd64])
Inst tiny [2.0] (1.0 localhost [all]) []
Conf lib (1:2.0-1+b1 Debian:12.1/stable [amd64])
`
  expect(parseSimulation(replyOf(text))).toEqual({
    kind: 'moves',
    isDowngrade: true,
    moves: [
      { name: 'old:i386', from: '3~rc1', to: null },
      { name: 'lib', from: null, to: '1:2.0-1+b1' },
      { name: 'tiny', from: '2.0', to: '1.0' },
    ],
  })
  expect(parseSimulation(replyOf('E: nothing', 100))).toEqual({ kind: 'refused', said: 'E: nothing' })
})

test('versions in repositories are read by package', () => {
  const text = '  tiny |  2.0-1 | file:/repo ./ Packages\n  tiny |    1.0 | file:/repo ./ Packages\n'
  expect([...parseMadison(text)]).toEqual(['tiny=2.0-1', 'tiny=1.0'])
})

test('a process counts where the program it runs was a file of the package', () => {
  const listing = `lrwxrwxrwx 1 root root 0 Nov 21 07:00 /proc/12/exe -> /usr/bin/tiny (deleted)
lrwxrwxrwx 1 root root 0 Nov 21 07:00 /proc/13/exe -> /usr/bin/other (deleted)
lrwxrwxrwx 1 root root 0 Nov 21 07:00 /proc/14/exe -> /usr/bin/merged (deleted)
`
  expect(parseOutdated(listing, '/.\n/usr/bin/tiny\n/bin/merged\n')).toEqual(['12 /usr/bin/tiny', '14 /usr/bin/merged'])
})
