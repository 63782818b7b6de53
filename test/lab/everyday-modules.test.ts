import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { cliFor } from './support/run-cli.ts'

// Modules that need more than a host: what lies beside the runbook, the run's record, a person, another boot.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)

const onHost = async (text: string): Promise<string> => {
  const { code, stdout, stderr } = await sshLab('h1', [text], settings)
  if (code !== 0) throw new Error(stderr)
  return stdout
}

function book(name: string, steps: string): string {
  const file = path.join(folder, `${name}.yaml`)
  writeFileSync(file, `name: ${name}\nsummary: A test\nhosts: h1\nbecome: true\nsteps:\n${steps}`)
  return file
}

const runsFolder = path.join(cli.stateDir, 'runs')
const newestRun = (): string => path.join(runsFolder, readdirSync(runsFolder).sort().at(-1) ?? '')

beforeAll(async () => {
  await upLab('one', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

test('a folder beside the runbook is planned file by file, copied with its modes, pruned, and undone exactly', async () => {
  mkdirSync(path.join(folder, 'app/bin'), { recursive: true })
  writeFileSync(path.join(folder, 'app/bin/start'), '#!/bin/sh\necho started\n')
  writeFileSync(path.join(folder, 'app/app.conf'), 'pace = 2\n')
  symlinkSync('app.conf', path.join(folder, 'app/current'))
  await onHost(
    'mkdir -p /srv/app; echo pace = 1 >/srv/app/app.conf; echo old >/srv/app/old; touch -d 2020-02-02 /srv/app/*',
  )
  const look = (): Promise<string> =>
    onHost(
      "find /srv/app -printf '%P %y %m %l\\n' | sort; find /srv/app ! -type d -printf '%P %T@\\n' | sort; cat /srv/app/app.conf",
    )
  const before = await look()
  const file = book(
    'copying',
    `  - copy: {src: app, path: /srv/app, modes: {bin/start: "0755"}, prune: true}
  - file: {path: /srv/app/app.conf, mode: "0600"}
`,
  )
  const plan = await cli.run('plan', file)
  expect(plan.stdout).toContain('-pace = 1\n')
  expect(plan.stdout).toMatch(/change \/srv\/app: 3 new, 1 changed, 1 removed/)
  const applied = await cli.run('apply', file, '--yes')
  expect(applied.code, applied.stderr + applied.stdout).toBe(0)
  expect(await onHost('cd /srv/app && bin/start && cat current && ls')).toBe(
    'started\npace = 2\napp.conf\nbin\ncurrent\n',
  )
  expect(await onHost("stat -c '%a %n' /srv/app/* /srv/app/bin/*")).toBe(
    '600 /srv/app/app.conf\n755 /srv/app/bin\n777 /srv/app/current\n755 /srv/app/bin/start\n',
  )
  const back = await cli.run('rollback', 'last', '--yes')
  expect(back.code, back.stderr).toBe(0)
  expect(await look()).toBe(before)
})

test('a file of the host is kept in the record of the run, named by the controller, and not in a plan', async () => {
  await onHost("printf 'a\\0b\\377' >'/srv/..%2fpwned'; chmod 600 '/srv/..%2fpwned'")
  const file = book('fetching', '  - id: log\n    fetch: {path: "/srv/..%2fpwned"}\n    as: kept\n')
  const plan = await cli.run('plan', file)
  expect(plan.stdout).toContain("fetch /srv/..%2fpwned into the run's record")
  expect(readdirSync(cli.stateDir, { recursive: true }).join(' ')).not.toContain('h1.log')
  const applied = await cli.run('apply', file, '--yes')
  expect(applied.code, applied.stderr).toBe(0)
  const kept = path.join(newestRun(), 'files/h1.log')
  expect(readFileSync(kept)).toEqual(Buffer.from([97, 0, 98, 255]))
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  const main = path.resolve(import.meta.dirname, '../../src/main.ts')
  const shown = execFileSync(process.execPath, [main, 'runs', 'last', '--state-dir', cli.stateDir], {
    encoding: 'utf8',
  })
  expect(shown).toMatch(/kept .*files\/h1\.log, 4 bytes, sha256 [0-9a-f]{64}/)
  const back = await cli.run('rollback', 'last', '--yes')
  expect(back.code, back.stderr).toBe(0)
  expect(readFileSync(kept)).toHaveLength(4)
})

test('a pause waits, and its question is agreed to by --yes where nobody can be asked', async () => {
  const file = book(
    'asking',
    `  - pause: {for: 1s}
  - pause: {prompt: "Is it drained?"}
    as: asked
  - file: {path: /srv/after, content: "{{ asked.approved }}"}
`,
  )
  const planned = await cli.run('plan', file)
  expect(planned.stdout).toContain('ask: Is it drained?')
  const applied = await cli.run('apply', file, '--yes')
  expect(applied.code, applied.stderr).toBe(0)
  expect(await onHost('cat /srv/after')).toBe('by --yes')
})

test('a reboot is another boot, waited for until the host is ready; a setting undone before it boots once more', async () => {
  await onHost(
    `printf '[Unit]\\n[Service]\\nType=oneshot\\nExecStart=/bin/sh -c "cat /etc/pace >>/srv/boots"\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/boots.service
     echo 1 >/etc/pace; systemctl enable -q boots; touch /run/reboot-required`,
  )
  const file = book(
    'booting',
    `  - id: pace
    file: {path: /etc/pace, content: "2\\n"}
  - reboot: {ready: "grep -q 2 /srv/boots && systemctl is-active cron", within: 1m}
    when_changed: pace
  - reboot: {if_required: true}
  - service: {unit: boots, state: stopped}
`,
  )
  const planned = await cli.run('plan', file)
  expect(planned.stdout).toContain('reboot h1')
  const applied = await cli.run('apply', file, '--yes')
  expect(applied.code, applied.stderr + applied.stdout).toBe(0)
  expect(await onHost('cat /srv/boots; [ ! -e /run/reboot-required ] && echo gone')).toBe('2\ngone\n')
  const back = await cli.run('rollback', 'last', '--yes')
  expect(back.code, back.stderr).toBe(0)
  expect(await onHost('cat /srv/boots')).toBe('2\n1\n')
})

test('killed while the host boots, the program goes on and does not boot it again', async () => {
  const file = book('booting-once', '  - reboot: {within: 1m}\n  - file: {path: /srv/done, content: "x"}\n')
  const before = (await onHost('cat /srv/boots')).length
  const records = 2 + 1 // run-started, stage-started, step-started
  expect(await cli.runUntil(records, 'apply', file, '--yes')).toBe('killed')
  const resumed = await cli.run('resume', 'last', '--yes')
  expect(resumed.code, resumed.stderr).toBe(0)
  expect(await onHost('cat /srv/done')).toBe('x')
  expect((await onHost('cat /srv/boots')).length - before).toBe(2)
})
