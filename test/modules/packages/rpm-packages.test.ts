import { expect, test } from 'vitest'
import { dnf, parseLocks as dnfLocks, parseTransaction } from '../../../src/modules/packages/dnf.ts'
import { chooseTool } from '../../../src/modules/packages/host-packages.ts'
import { parseOutdated } from '../../../src/modules/packages/package-manager.ts'
import { isRpmVersion, parseRpms } from '../../../src/modules/packages/rpm.ts'
import {
  parseAims,
  parseSearch,
  saidIn,
  zypper,
  parseLocks as zyppLocks,
} from '../../../src/modules/packages/zypper.ts'

const replyOf = (stdout: string, stderr = '') => ({ stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) })

// as dnf 4.14 printed it
const table = `law    2.9 MB/s | 3.0 kB     00:00
Package lawtiny-1.0-1.noarch is already installed.
Dependencies resolved.
=======================================================================================================================
 Package                                                         Arch    Version                            Repo   Size
=======================================================================================================================
Installing:
 lawaveryverylongpackagenameindeedthatmustwrapforsurewhenshown   noarch  20231114.123456789-1.el9.very.long law2  5.8 k
     replacing  lawheld.noarch 1.0-1
Downgrading:
 lawtiny   noarch  1:1.0-1   law   22 k
Removing dependent packages:
 lawdep    noarch  1-1       @law  43 k
Skipping packages with conflicts:
 lawother  noarch  2.0-1     law   22 k

Transaction Summary
=======================================================================================================================
Install  1 Package

Total size: 5.8 k
`

test('what dnf would do is read from its table, replaced packages with it and skipped ones without', () => {
  const found = parseTransaction(replyOf(table, 'Operation aborted.'))
  if (!('aims' in found)) throw new Error('refused')
  expect(Object.fromEntries(found.aims)).toEqual({
    lawaveryverylongpackagenameindeedthatmustwrapforsurewhenshown: '20231114.123456789-1.el9.very.long',
    lawheld: null,
    lawtiny: '1:1.0-1',
    lawdep: null,
  })
  expect(found.isDowngrade).toBe(true)
})

test('what dnf refuses is told in its words', () => {
  expect(parseTransaction(replyOf('', 'Error: Unable to find a match: lawtiny-3.0\n'))).toEqual({
    refused: 'Error: Unable to find a match: lawtiny-3.0',
  })
})

test('locks of dnf are found by name, also globs, and an exclusion is none', () => {
  const text = '\n# Added lock on Sat\nlawtiny-0:2.0-1.*\nkernel*\n!lawheld-0:3.0-1.*\nperl-Net-SSLeay-0:1.9-2.*\n'
  const names = ['lawtiny', 'kernel-core', 'lawheld', 'perl-Net', 'perl-Net-SSLeay']
  expect([...dnfLocks(text, names)]).toEqual(['lawtiny', 'kernel-core', 'perl-Net-SSLeay'])
})

test('locks of zypper are found by name, also globs, and not those of patterns', () => {
  const text = `
type: package
match_type: glob
case_sensitive: on
solvable_name: lawt*

type: pattern
match_type: glob
solvable_name: lawheld
`
  expect([...zyppLocks(text, ['lawtiny', 'lawheld'])]).toEqual(['lawtiny'])
})

test('what zypper would do is read from its summary', () => {
  const text = `<install-summary><to-downgrade>
<solvable type="package" name="lawtiny" edition="1.0-1" arch="noarch" edition-old="2.0-1" summary="tiny">
<description>tiny</description></solvable>
</to-downgrade>
<to-remove>
<solvable type="package" name="lawother" edition="2.0-1" arch="noarch" summary="a &gt; b"><description/></solvable>
<solvable type="pattern" name="base" edition="1"/>
</to-remove></install-summary>`
  expect(Object.fromEntries(parseAims(text))).toEqual({ lawtiny: '1.0-1', lawother: null })
})

test('only what a repository has is available by zypper', () => {
  const text = `<solvable status="installed" name="lawtiny" kind="package" edition="2.0-1" repository="(System Packages)"/>
<solvable status="other-version" name="lawtiny" kind="package" edition="1.0-1" arch="noarch" repository="law"/>`
  expect([...parseSearch(text)]).toEqual(['lawtiny=1.0-1'])
})

test('what zypper refuses is told without its XML', () => {
  expect(saidIn(`<message type="info">x</message><message type="error">No &apos;a=1&apos;.</message>`)).toBe(
    "No 'a=1'.",
  )
  expect(saidIn('<prompt><description>Problem: conflicting requests\n Solution 1\n</description></prompt>')).toMatch(
    /^Problem: conflicting requests/,
  )
})

test('a version may leave out epoch and release', () => {
  for (const wanted of ['1:2.0-1.el9', '2.0-1.el9', '1:2.0', '2.0']) {
    expect(isRpmVersion(wanted, '1:2.0-1.el9'), wanted).toBe(true)
  }
  for (const wanted of ['2', '2.0-1', '2:2.0', '0-1.el9'])
    expect(isRpmVersion(wanted, '1:2.0-1.el9'), wanted).toBe(false)
})

test('a package of two architectures is one, of two versions is told', () => {
  const text = 'glibc\t2.34-1\nglibc\t2.34-1\nkernel\t5.1-1\nkernel\t5.2-1\npackage nosuch is not installed\n'
  expect(parseRpms(text, ['glibc', 'kernel', 'nosuch'], new Set(['glibc']))).toEqual([
    { version: '2.34-1', status: 'installed', isHeld: true },
    { version: '5.1-1', status: 'installed in several versions', isHeld: false },
    { version: null, status: 'not-installed', isHeld: false },
  ])
})

test('a program that rpm has replaced while it runs is told', () => {
  const listing = 'lrwxrwxrwx 1 root root 0 x /proc/12/exe -> /usr/bin/lawtiny;6740aa11 (deleted)\n'
  expect(parseOutdated(listing, '/usr/bin/lawtiny\n')).toEqual(['12 /usr/bin/lawtiny'])
})

test("the distribution's own package manager is taken where there are several", () => {
  expect(chooseTool(['fedora'], ['apt-get', 'dnf'])).toBe('dnf')
  expect(chooseTool(['rocky', 'rhel', 'fedora'], ['yum', 'dnf'])).toBe('dnf')
  expect(chooseTool(['amzn', 'centos'], ['yum'])).toBe('yum')
  expect(chooseTool(['opensuse-leap', 'suse'], ['apt-get', 'zypper'])).toBe('zypper')
  expect(chooseTool(['debian'], ['apt-get', 'dnf'])).toBe('apt-get')
  expect(chooseTool(['gentoo'], [])).toBe('')
})

test.each([
  [dnf, 200, 'RPMDB already locked by 325\n  The application with PID 325 is: dnf\n', 'dnf, process 325'],
  [zypper, 7, 'System management is locked by the application with pid 354 (zypper).\n', 'zypper, process 354'],
])('who holds the lock is told: %o', async (manager, code, stderr, who) => {
  const runner = { run: async () => ({ code, truncated: false, ...replyOf('', stderr) }) }
  await expect(manager.transact({ targets: [{ name: 'lawtiny' }], changeHeld: false }, runner)).rejects.toThrow(
    `another program changes packages: ${who}`,
  )
})
