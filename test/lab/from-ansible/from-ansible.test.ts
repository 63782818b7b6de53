import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../../lab/lab.ts'
import { labSettings } from '../../../lab/settings.ts'
import { bothIn, shown } from './both.ts'

// docs/from-ansible.md: a playbook and its runbook, by the real programs on two fresh hosts of one image.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const both = bothIn(folder, settings)
let untouched: readonly string[] = [] // p2 before its first run

beforeAll(async () => {
  await upLab('python', settings)
  await both.fresh()
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

// What belongs to a host itself, and apt's and the journal's caches and clocks.
const apart = ['/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp', '/var/log', '/var/cache', '/etc/ssh', '/opt/repo']
const own = '^/etc/hostname|^/etc/machine-id|^/var/lib/systemd|^/var/lib/private'
const pruned = `find / -xdev \\( ${apart.map((each) => `-path ${each}`).join(' -o ')} \\) -prune -o`

/** Every file of a host with type, mode, owner, group, link target and checksum, and every service with its state. */
async function stateOf(host: 'p1' | 'p2'): Promise<readonly string[]> {
  const text = await both.onHost(
    host,
    `${pruned} -printf '%p %y %m %u:%g %l\\n' | grep -vE '${own}'
     ${pruned} -type f -print0 | xargs -0 sha256sum | awk '{print $2, $1}' | grep -vE '${own}'
     systemctl list-units --type=service --all --plain --no-legend | awk '{print $1}' | grep -v '^user' |
       while read -r u; do systemctl show -p Id,ActiveState,SubState,UnitFileState "$u" | tr '\\n' ' '; echo; done`,
  )
  return text.trimEnd().split('\n').sort()
}

const onlyIn = (some: readonly string[], others: readonly string[]): readonly string[] => {
  const known = new Set(others)
  return some.filter((line) => !known.has(line))
}

const names = (lines: readonly string[]): readonly string[] => [
  ...new Set(lines.map((line) => line.split(' ')[0] ?? '')),
]

test('the page shows the playbook and the runbook that run here', () => {
  const page = readFileSync(shown.page, 'utf8')
  for (const file of [shown.playbook, shown.runbook])
    expect(page).toContain(`\`\`\`yaml\n${readFileSync(file, 'utf8')}\`\`\`\n`)
})

test('before the first run check mode fails on a service that the playbook itself brings; the plan says all of it', async () => {
  const [check, plan] = await Promise.all([both.ansible('--check', '--diff'), both.runbook('plan')])
  expect(check.code).toBe(2)
  expect(check.stdout).toContain('Could not find the requested service greeter: host')
  expect(plan.code, plan.stderr).toBe(0)
  expect(plan.stdout).toContain('Plan: 7 to change, 0 unchanged, 3 assumed. Nothing was changed.')
})

test('both leave the same files, owners, modes and services on hosts that were alike', async () => {
  const before = await Promise.all([stateOf('p1'), stateOf('p2')])
  expect(onlyIn(before[1], before[0])).toEqual([])
  untouched = before[1]

  const played = await both.ansible()
  expect(played.code, played.stdout).toBe(0)
  expect(played.stdout).toContain('ok=11   changed=9    unreachable=0    failed=0')
  const applied = await both.runbook('apply', '--yes')
  expect(applied.code, applied.stderr + applied.stdout).toBe(0)
  expect(applied.stdout).toContain('Changes: 9 in place, 0 undone.')

  const [theirs, ours] = await Promise.all([stateOf('p1'), stateOf('p2')])
  expect(theirs).toContain('/etc/greeter.conf f 640 root:www-data ')
  expect(theirs).toContain('Id=greeter.service ActiveState=active SubState=running UnitFileState=enabled ')
  expect(names(onlyIn(theirs, ours))).toEqual(['/etc/cron.d/greeter-sweep', '/root/.ansible', '/root/.ansible/tmp'])
  const extra = names(onlyIn(ours, theirs)).filter((name) => !/^\/var\/lib\/runbook(?:\/|$)/.test(name))
  expect(extra).toEqual(['/etc/cron.d/greeter-sweep'])
  const withoutComment = "grep -v '^#' /etc/cron.d/greeter-sweep"
  expect(await both.onHost('p1', withoutComment)).toBe(await both.onHost('p2', withoutComment))
})

test('a changed setting: both say the file and the restart, and what runs again has nothing to do', async () => {
  const [check, plan] = await Promise.all([
    both.ansible('--check', '--diff', '-e', 'http_port=8081'),
    both.runbook('plan', '--set', 'http_port=8081'),
  ])
  expect(check.stdout).toContain('-PORT=8080\n+PORT=8081')
  expect(plan.stdout).toContain('        -PORT=8080\n        +PORT=8081\n')
  expect(plan.stdout).toContain('Plan: 2 to change, 7 unchanged, 1 assumed.')
  const again = await Promise.all([both.ansible(), both.runbook('apply', '--yes')])
  expect(again[0].stdout).toContain('changed=0')
  expect(again[1].stdout).toContain('Nothing to do.')
})

test('the runbook can be taken back: files and services are as before, but for what dpkg and its run folder remember', async () => {
  const undone = await both.rollback()
  expect(undone.code, undone.stderr + undone.stdout).toBe(0)
  const after = await stateOf('p2')
  expect(names(onlyIn(untouched, after)).filter((name) => !name.startsWith('/var/lib/dpkg/'))).toEqual([])
  expect(names(onlyIn(after, untouched)).filter((name) => !/^\/var\/lib\/(?:dpkg|runbook)(?:\/|$)/.test(name))).toEqual(
    [],
  )
})
