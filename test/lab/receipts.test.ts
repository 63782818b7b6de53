import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { downLab, execLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { untilSaid } from './support/cli-at.ts'
import { parseRecords } from './support/journal-of.ts'
import { cliFor } from './support/run-cli.ts'

// Losing the connection, the program, or patience in the middle of a command that nothing but its receipt can judge.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)

/** Counts that it ran, and prints a line a second. */
const slow = (seconds: number, timeout: string) => `name: slow
summary: A command that takes its time
hosts: h1
become: true
steps:
  - id: slow
    name: Take the time
    shell: {script: "echo run >>/run/effects; i=0; while [ $i -lt ${seconds} ]; do i=$((i + 1)); echo line $i; sleep 1; done"}
    irreversible: true
    timeout: ${timeout}
    as: slow
`
const book = path.join(folder, 'slow.yaml')
const go = ['--yes', '--allow-irreversible', '-v']
const onHost = async (script: string): Promise<string> => {
  const { code, stdout, stderr } = await sshLab('h1', [script], settings)
  if (code !== 0) throw new Error(stderr)
  return stdout
}
const lines = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}`).join('\n')
const outputs = () =>
  parseRecords(cli.stateDir).records.flatMap((event) => (event.type === 'step-finished' ? [event.output] : []))
const processes = () => onHost('grep -lsF RUNBOOK_STEP=/ /proc/[0-9]*/environ; true')

// The newest process of sshd that serves a login and is not on the way to this very script.
const CUT = `own=$PPID; while [ $own -gt 1 ]; do mine="$mine $own "; read -r line </proc/$own/stat; set -- \${line##*) }; own=$2; done
for p in $(pgrep sshd); do case "$mine" in *" $p "*) continue;; esac; [ "$(cat /proc/$p/comm)" = sshd ] && grep -q '\\[priv\\]\\|@notty' /proc/$p/cmdline && kill -9 $p; done; true`

beforeAll(async () => {
  await upLab('mods', settings)
})
beforeEach(() => onHost('rm -rf /run/effects /var/lib/runbook/host.lock')) // a run in doubt keeps its host
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
})

test('a connection that is cut in a step is made anew: the step runs once, and none of its output is lost', async () => {
  writeFileSync(book, slow(6, '60s'))
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'line 2')
  await onHost(CUT)
  expect({ code: await started.ended, said: started.said() }).toMatchObject({ code: 0 })
  expect(started.said()).toContain('reconnecting')
  expect(outputs()).toMatchObject([{ stdout: lines(6), code: 0 }])
  expect(await onHost('cat /run/effects')).toBe('run\n')
})

test('a network that swallows everything is noticed, and what ended meanwhile is found', async () => {
  writeFileSync(book, slow(15, '300s'))
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'line 2')
  const link = (state: 'up' | 'down') => execLab(['ip', 'link', 'set', 'v-h1', state], settings)
  expect(await link('down')).toMatchObject({ code: 0 })
  await untilSaid(started, 'reconnecting 2')
  expect(await link('up')).toMatchObject({ code: 0 })
  expect({ code: await started.ended, said: started.said() }).toMatchObject({ code: 0 })
  expect(outputs()).toMatchObject([{ stdout: lines(15), code: 0 }])
  expect(await onHost('cat /run/effects')).toBe('run\n')
})

test('killed in a step, a run takes over what the step did without it', async () => {
  writeFileSync(book, slow(5, '60s'))
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'line 2')
  started.signal('SIGKILL')
  await started.ended
  expect(await cli.run('resume', 'last', ...go)).toMatchObject({ code: 0 })
  expect(outputs()[0]).toMatchObject({ stdout: lines(5), code: 0 })
  expect(await onHost('cat /run/effects')).toBe('run\n')
})

test('killed in a step that works on another host, a run takes over what it did there', async () => {
  writeFileSync(
    book,
    slow(5, '60s').replace('hosts: h1', 'hosts: h2').replace('    as: slow', '    as: slow\n    on: h1'),
  )
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'line 2')
  started.signal('SIGKILL')
  await started.ended
  expect(await cli.run('resume', 'last', ...go)).toMatchObject({ code: 0 })
  expect(outputs()[0]).toMatchObject({ stdout: lines(5), code: 0 })
  expect(await onHost('cat /run/effects')).toBe('run\n')
})

test('the deadline leaves no process', async () => {
  writeFileSync(book, slow(60, '2s'))
  const { code, stdout, stderr } = await cli.run('apply', book, ...go)
  expect({ code, said: `${stdout}${stderr}` }).toMatchObject({
    code: 7,
    said: expect.stringContaining('it was killed'),
  })
  expect(await processes()).toBe('')
})

test('the second Ctrl-C leaves no process, and the run says that nobody knows how far it came', async () => {
  writeFileSync(book, slow(60, '90s'))
  const started = cli.start('apply', book, ...go)
  await untilSaid(started, 'line 1')
  started.signal('SIGINT')
  await untilSaid(started, 'Once more')
  started.signal('SIGINT')
  expect({ code: await started.ended, said: started.said() }).toMatchObject({ code: 130 })
  expect(started.said()).toContain('it was killed')
  expect(await processes()).toBe('')
  expect(await cli.run('resume', 'last', ...go)).toMatchObject({ code: 3 })
  expect(await onHost('cat /run/effects')).toBe('run\n')
})
