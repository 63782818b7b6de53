import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import { labSettings } from '../../lab/settings.ts'
import { type Cli, cliAt, type Started } from './support/cli-at.ts'

// Two operators on real hosts: each with a state folder and an inventory file of their own, as on two controllers.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const hosts = ['h1', 'h2']

/** A change on each of two hosts, one host after the other; it takes its time, and counts that it ran. */
const SLOW = `name: slow
summary: Takes its time
hosts: all
become: true
on_failure: rollback_run
rolling: {batch: 1}
steps:
  - file: {path: /etc/motd, content: "be careful\\n"}
  - id: count
    shell: {script: "echo run >>/run/effects; sleep 3", check: "test -e /run/effects"}
    undo: {command: {argv: [rm, -f, /run/effects]}}
`
const book = path.join(folder, 'slow.yaml')

/** A controller: what tells it from another one is its state folder and its inventory. */
function controller(name: string): Cli {
  const own = path.join(folder, name)
  mkdirSync(own)
  const { inventory } = labPaths(settings.stateDir)
  for (const file of ['key', 'known_hosts'])
    copyFileSync(path.join(path.dirname(inventory), file), path.join(own, file))
  copyFileSync(inventory, path.join(own, 'inventory.yaml'))
  return cliAt({ settings, stateDir: path.join(own, 'state'), inventory: path.join(own, 'inventory.yaml') })
}

const onHosts = async (script: string): Promise<readonly string[]> => {
  const outcomes = await Promise.all(hosts.map((host) => sshLab(host, [script], settings)))
  for (const { code, stderr } of outcomes) if (code !== 0) throw new Error(stderr)
  return outcomes.map(({ stdout }) => stdout)
}
const restore = () => onHosts('rm -f /run/effects; echo welcome >/etc/motd')
const until = async ({ said, ended }: Started, text: string): Promise<void> => {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!said().includes(text)) {
    if (isOver) throw new Error(`it ended without saying "${text}":\n${said()}`)
    await delay(20)
  }
}
const runIn = ({ stateDir }: Cli): string => readdirSync(path.join(stateDir, 'runs')).sort().at(-1) ?? ''

let [anna, bert]: readonly Cli[] = []
const both = (): readonly [Cli, Cli] => {
  if (!anna || !bert) throw new Error('no lab')
  return [anna, bert]
}
beforeAll(async () => {
  writeFileSync(book, SLOW)
  await upLab('mods', settings)
  anna = controller('anna')
  bert = controller('bert')
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
})

test('of two operators who apply at once exactly one runs; the other exits 9 and is told who it is', async () => {
  await restore()
  const started = both().map((cli) => cli.start('apply', book, '--yes', '-v'))
  const codes = await Promise.all(started.map(({ ended }) => ended))
  expect({ codes: codes.toSorted(), said: started.map(({ said }) => said()) }).toMatchObject({ codes: [0, 9] })
  const [loser, winner] = codes[0] === 9 ? [0, 1] : [1, 0]
  expect(started[loser]?.said()).toContain(`is at it: apply of slow, run ${runIn(both()[winner] ?? both()[0])}`)
  expect(await onHosts('cat /run/effects')).toEqual(['run\n', 'run\n'])
})

test('a killed run keeps all its hosts: others are refused, its resume goes through, and then they are free', async () => {
  const [first, second] = both()
  await restore()
  const started = first.start('apply', book, '--yes', '-v')
  await until(started, 'h1 ... shell: run')
  started.signal('SIGKILL')
  await started.ended
  const refused = await second.run('apply', book, '--yes')
  expect(refused).toMatchObject({ code: 9, stderr: expect.stringContaining(`runbook resume ${runIn(first)}`) })
  expect(await first.run('resume', 'last', '--yes')).toMatchObject({ code: 0 })
  expect(await onHosts('cat /run/effects')).toEqual(['run\n', 'run\n'])
  await restore()
  expect(await second.run('apply', book, '--yes')).toMatchObject({ code: 0 })
})

test('where the first controller is lost, unlock shows what lies there, waits for what runs, and frees the hosts', async () => {
  const [first, second] = both()
  await restore()
  const started = first.start('apply', book, '--yes', '-v')
  await until(started, 'h1 ... shell: run')
  started.signal('SIGKILL')
  await started.ended
  const lock = /lock ([0-9a-f]{16})/.exec((await second.run('apply', book, '--yes')).stderr)?.[1] ?? ''
  await onHosts('while grep -lsF RUNBOOK_STEP=/ /proc/[0-9]*/environ; do sleep 0.2; done')
  const unlocked = await second.run('unlock', lock, '--yes')
  expect(unlocked).toMatchObject({ code: 0, stdout: expect.stringMatching(/h1 is free\nh2 is free\n$/) })
  expect(unlocked.stdout).toContain(`/var/lib/runbook/${runIn(first)}`)
  await restore()
  expect(await second.run('apply', book, '--yes')).toMatchObject({ code: 0 })
  expect(await second.run('clean', 'last', '--yes')).toMatchObject({ code: 0 })
  expect((await onHosts(`ls /var/lib/runbook`)).join()).not.toContain(runIn(second))
})
