import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { componentExitsText } from '../../../src/modules/kubelet/component-exits-text.ts'

// The script on this machine, with a journal that is written here.

const folder = mkdtempSync(path.join(tmpdir(), 'exits-'))
afterAll(() => rmSync(folder, { recursive: true }))

function program(name: string, text: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`)
  chmodSync(path.join(folder, name), 0o755)
}

/** The ends that it tells of the unit, newest first: the exit code, and the last words. */
function ends(awk: string, journal: string): readonly (readonly [code: string, words: string])[] {
  program('awk', `exec ${awk} "$@"`)
  program('systemctl', 'echo loaded')
  program('journalctl', `cat <<'END'\n${journal}\nEND`)
  const said = execFileSync('sh', ['-c', `name=x since=100 most=5 tail=3 deadline=5\n${componentExitsText}`], {
    encoding: 'utf8',
    env: { PATH: `${folder}:/usr/bin:/bin` },
  })
  return [...said.matchAll(/unit (\d+) (?:yes|no) \S+ \S+\u0001([^\u0002]*)/g)].map(([, code = '', words = '']) => [
    code,
    words.trim(),
  ])
}

const systemd = (at: number, text: string): string => `${at} h systemd[1]: ${text}`
const exited = (at: number, code: number): string =>
  systemd(at, `x.service: Main process exited, code=exited, status=${code}/FAILURE`)

const present = ['/usr/bin/mawk', '/usr/bin/busybox awk'].filter((awk) => existsSync(awk.split(' ')[0] ?? ''))

describe.each(present)('with %s', (awk) => {
  test('words that came before "Started", or behind the end, are of the process that said them', () => {
    const journal = [
      '100.10 h sh[7]: leaderelection lost',
      systemd(100.11, 'Started x.service.'),
      exited(100.3, 255),
      systemd(100.8, 'x.service: Scheduled restart job, restart counter is at 1.'),
      '100.90 h sh[8]: second words',
      systemd(100.91, 'Started x.service.'),
      exited(101.9, 1),
      '101.95 h sh[8]: late words',
    ]
    expect(ends(awk, journal.join('\n'))).toEqual([
      ['1', 'second words\nlate words'],
      ['255', 'leaderelection lost'],
    ])
  })

  test('the first words of a process that is gone stay its own when another begins later', () => {
    const journal = [
      systemd(100.1, 'Started x.service.'),
      exited(100.2, 3),
      '100.25 h sh[7]: only words',
      systemd(160.1, 'Started x.service.'),
      exited(160.2, 4),
    ]
    expect(ends(awk, journal.join('\n'))).toEqual([
      ['4', ''],
      ['3', 'only words'],
    ])
  })

  test('one that says when it is ready is told apart by when it was begun, also when it never got so far', () => {
    const journal = [
      systemd(100.1, 'Starting x.service...'),
      '100.3 h api[7]: cannot reach etcd',
      exited(100.4, 1),
      systemd(100.5, 'Failed to start x.service.'),
      systemd(101.1, 'Starting x.service...'),
      '101.2 h api[9]: I begin again',
      systemd(101.3, 'Started x.service.'),
      exited(109.4, 2),
    ]
    expect(ends(awk, journal.join('\n'))).toEqual([
      ['2', 'I begin again'],
      ['1', 'cannot reach etcd'],
    ])
  })
})
