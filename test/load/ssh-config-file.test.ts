import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSshConfig } from '../../src/load/ssh-config-file.ts'
import { sshHost } from '../../src/load/ssh-host.ts'
import { unwrap } from '../../src/model/problem.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const place = (folder: string) =>
  ({
    file: join(folder, '.ssh/config'),
    includeFolder: join(folder, '.ssh'),
    home: folder,
    trust: 'owner-only',
    whenMissing: 'empty',
  }) as const

const load = (folder: string, more = {}) => loadSshConfig({ ...place(folder), ...more })
const portOf = (folder: string, host: string): number | undefined =>
  sshHost([unwrap(load(folder))], { host, localUser: 'me', home: folder }).port
const said = (folder: string, more = {}): string => {
  const found = load(folder, more)
  return found.ok ? '' : problemText(found.problems).replaceAll(folder, '')
}

describe('a word that OpenSSH does not know', () => {
  it('is told with file and line, all of them at once', () => {
    const folder = writeFiles({ '.ssh/config': 'Prot 22\nHost a\n  UseKeychain yes\n  Port 9\n' })
    const hint = '    correct it, or name it in IgnoreUnknown above\n'
    expect(said(folder)).toBe(
      `1:1+4 schema: OpenSSH knows no keyword Prot\n${hint}3:3+11 schema: OpenSSH knows no keyword UseKeychain\n${hint}`,
    )
  })

  it('is passed over where IgnoreUnknown names it', () => {
    const folder = writeFiles({ '.ssh/config': 'IgnoreUnknown Use*\nHost a\n  UseKeychain yes\n  Port 9\n' })
    expect(portOf(folder, 'a')).toBe(9)
  })
})

describe('Include', () => {
  it('takes files by glob in the order of their names, of ~/.ssh, of home and by absolute paths', () => {
    const folder = writeFiles({
      '.ssh/config': 'Include conf.d/*.conf\nInclude ~/more nowhere/*\nHost last\n  Port 4\n',
      '.ssh/conf.d/20.conf': 'Host one\n  Port 20\n',
      '.ssh/conf.d/10.conf': 'Host one\n  Port 10\n',
      '.ssh/conf.d/30.txt': 'Host last\n  Port 30\n',
      more: 'Host two\n  Port 2\n',
    })
    expect(['one', 'two', 'last', 'other'].map((host) => portOf(folder, host))).toEqual([10, 2, 4, undefined])
  })

  it('holds only where its Host block does', () => {
    const folder = writeFiles({ '.ssh/config': 'Host a\n  Include x\n', '.ssh/x': 'Port 9\n' })
    expect([portOf(folder, 'a'), portOf(folder, 'b')]).toEqual([9, undefined])
  })

  it('of itself is refused by its depth', () => {
    const folder = writeFiles({ '.ssh/config': 'Include config\n' })
    expect(said(folder)).toBe(
      '1:1+7 schema: /.ssh/config includes files more than 16 deep\n    does a file include itself?\n',
    )
  })

  it('of itself, twice, is refused by the number of files, without reading 65,536 of them', () => {
    const folder = writeFiles({ '.ssh/config': 'Include config\nInclude config\n' })
    expect(said(folder)).toBe(
      '1:1+1 schema: /.ssh/config includes more than 1000 files\n    does a file include itself?\n',
    )
  })

  it('says in which file and line a mistake is', () => {
    const folder = writeFiles({ '.ssh/config': 'Include x\n', '.ssh/x': '\nNonsense 1\n' })
    expect(load(folder)).toMatchObject({ problems: [{ at: { file: join(folder, '.ssh/x'), line: 2 } }] })
  })
})

describe('a config that others could write', () => {
  const unsafe = /could have been written by others/

  it.each([0o602, 0o620, 0o666])('by its mode %o is refused', (mode) => {
    const folder = writeFiles({ '.ssh/config': 'Port 1\n' })
    chmodSync(join(folder, '.ssh/config'), mode)
    expect(said(folder)).toMatch(unsafe)
    expect(said(folder, { trust: 'as-given' })).toBe('')
  })

  it('is refused where it is included, too', () => {
    const folder = writeFiles({ '.ssh/config': 'Include x\n', '.ssh/x': 'Port 1\n' })
    chmodSync(join(folder, '.ssh/x'), 0o622)
    expect(said(folder)).toMatch(unsafe)
  })

  it.skipIf(process.getuid?.() !== 0)('since it is theirs is refused (needs root)', () => {
    const folder = writeFiles({ '.ssh/config': 'Port 1\n' })
    chownSync(join(folder, '.ssh/config'), 12_345, 12_345)
    expect(said(folder)).toMatch(unsafe)
  })
})

describe('a config that is not there', () => {
  it('says nothing, but for one that was asked for', () => {
    const folder = writeFiles({ x: '' })
    expect(said(folder)).toBe('')
    expect(said(folder, { whenMissing: 'problem' })).toBe('io: there is no ssh_config /.ssh/config\n')
  })

  it('or cannot be read, is told', () => {
    const folder = writeFiles({ x: '' })
    mkdirSync(join(folder, '.ssh/config'), { recursive: true })
    expect(said(folder)).toBe('io: cannot read /.ssh/config: EISDIR\n')
  })
})

it('long lines are linear work: a million blanks or words', () => {
  const folder = writeFiles({
    '.ssh/config': `Host a${' '.repeat(1_000_000)}b\n  Port 9\nMatch host a${' host a'.repeat(100_000)}\n  User u\n`,
  })
  expect(portOf(folder, 'b')).toBe(9)
})
