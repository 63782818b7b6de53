import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { componentExitsText } from '../../../src/modules/kubelet/component-exits-text.ts'
import { probesIn } from '../../../src/modules/kubelet/failed-probes.ts'
import { frameText, parseFrames } from '../../../src/modules/shared/frames.ts'

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
  const said = execFileSync(
    'sh',
    ['-c', `name=x since=100 most=5 tail=3 deadline=5 kubeconfig=/none\n${componentExitsText}`],
    {
      encoding: 'utf8',
      env: { PATH: `${folder}:/usr/bin:/bin` },
    },
  )
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

describe('failed probes', () => {
  // As kubelet writes them: 1.20 with --v=1 and 2, then 1.27.
  const kubelet = [
    'I1121 16:00:00.1 1612 prober.go:117] Liveness probe for "kube-scheduler-c1_kube-system(5146):x" failed (failure): HTTP probe failed with statuscode: 500',
    'I1121 16:00:00.2 1612 prober.go:117] Readiness probe for "kube-scheduler-c1_kube-system(5146):x" failed (failure): not ready',
    'I1121 16:00:00.3 1612 prober.go:117] Liveness probe for "other-c1_kube-system(5146):other-x" failed (failure): not mine',
    'I1121 16:00:00.4 1612 kuberuntime_manager.go:650] Container "x" ({"docker" "05657a"}) of pod kube-scheduler-c1_kube-system(5146): Container x failed liveness probe, will be restarted',
    'I0516 18:34:49.5 4052 prober.go:107] "Probe failed" probeType="Liveness" pod="default/y" podUID="461a" containerName="x" probeResult="failure" output="timeout"',
    'I0516 18:34:49.6 4052 kuberuntime_manager.go:1027] "Message for Container of pod" containerName="x" containerStatusID={"Type":"containerd","ID":"05657a"} pod="default/y" containerMessage="Container x failed startup probe, will be restarted"',
    'I0516 18:34:49.7 4052 prober.go:107] "Probe failed" probeType="Readiness" pod="default/y" podUID="461a" containerName="x" probeResult="failure"',
  ].map((text, index) => `${200 + index}.5 h kubelet[1612]: ${text}`)

  function probes(journal: string, events: string): readonly string[] {
    program('systemctl', 'echo not-found')
    program('journalctl', `cat <<'END'\n${journal}\nEND`)
    program('uname', 'echo c1')
    program('kubectl', `cat <<'END'\n${events}\nEND`)
    const said = execFileSync(
      'sh',
      ['-c', `name=x since=100 most=5 tail=3 deadline=5 kubeconfig=/etc/passwd\n${componentExitsText}`],
      { encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` } },
    )
    return probesIn(frameText(parseFrames(Buffer.from(said)), 'probes') ?? '').map(
      ({ from, to, said: text }) => `${from} ${to} ${text}`,
    )
  }

  test("of this container are found in kubelet's journal, in the words of old and new versions; readiness is not of them", () => {
    program('awk', 'exec /usr/bin/awk "$@"')
    const found = probes(kubelet.join('\n'), '')
    expect(found).toEqual([0, 3, 4, 5].map((index) => kubelet[index]?.replace(/^(\S+) h kubelet\[1612\]:/, '$1 $1')))
  })

  test('of this host are found among the events, whose text may have several lines', () => {
    const events = `2026-11-22T00:30:00Z 2026-11-22T01:00:00Z c1 Liveness probe failed: Get "https://127.0.0.1:10259/healthz": EOF
more of that
2026-11-22T00:30:00Z 2026-11-22T01:00:01Z c2 Liveness probe failed: another host
2026-11-22T00:30:00Z 2026-11-22T01:00:02Z c1 Readiness probe failed: EOF
2026-11-22T00:30:00Z 2026-11-22T01:00:03Z c1 Container x failed liveness probe, will be restarted`
    const first = Date.parse('2026-11-22T00:30:00Z') / 1000
    expect(probes('', events)).toEqual([
      `${first} ${Date.parse('2026-11-22T01:00:00Z') / 1000} Liveness probe failed: Get "https://127.0.0.1:10259/healthz": EOF`,
      `${first} ${Date.parse('2026-11-22T01:00:03Z') / 1000} Container x failed liveness probe, will be restarted`,
    ])
  })
})
