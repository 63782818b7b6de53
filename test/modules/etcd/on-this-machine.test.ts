import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../../src/model/command.ts'
import { hostName } from '../../../src/model/id.ts'
import type { Connection, Runner } from '../../../src/model/transport.ts'
import { etcdScript, requireTool } from '../../../src/modules/etcd/etcdctl.ts'
import { parseStatuses } from '../../../src/modules/etcd/etcdctl-output.ts'
import { lookCommand, parseSeen } from '../../../src/modules/etcd/look-etcd.ts'
import { scrape } from '../../../src/modules/etcd/scrape.ts'
import { takeSnapshot } from '../../../src/modules/etcd/take-snapshot.ts'
import { parseFrames } from '../../../src/modules/shared/frames.ts'
import { lawController, openLocal, throughShell } from '../law-host.ts'
import { fixture, recorded } from './fixture.ts'
import { exampleSettings } from './settings-example.ts'

// The scripts for hosts, in the shells that hosts have, with programs of ours in the place of etcd's.

const folder = mkdtempSync(path.join(tmpdir(), 'etcd-scripts-'))
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'ash']].filter(([name = '']) => isThere(name))
const tls = { cacert: '/a b/ca.crt', cert: '/c.crt', key: '/c.key' }

function isThere(name: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`])
    return true
  } catch {
    return false
  }
}

let connection: Connection
beforeAll(async () => {
  connection = await openLocal()
})
afterAll(async () => {
  await connection.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A folder of programs, for PATH. */
function programs(name: string, texts: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(path.join(folder, `${name}-`))
  for (const [program, text] of Object.entries(texts)) {
    writeFileSync(path.join(made, program), `#!/bin/sh\n${text}\n`)
    chmodSync(path.join(made, program), 0o755)
  }
  return made
}

const tools = ['tr', 'printf', 'cut', 'grep', 'awk', 'cat', 'sleep', 'sed', 'env']

/** Only these programs besides the given ones: what is missing is really missing. */
function bare(name: string, texts: Readonly<Record<string, string>>): string {
  const own = Object.fromEntries(
    tools.map((tool) => [
      tool,
      `exec ${execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } }).trim()} "$@"`,
    ]),
  )
  return programs(name, { ...own, printf: 'exec /usr/bin/printf "$@"', ...texts })
}

const runnerWith = (shell: readonly string[], searchPath: string): Runner => {
  const through = throughShell([`/usr/bin/${shell[0]}`, ...shell.slice(1)], searchPath)
  const probe = connection.probe('login')
  return { run: (command: Command, options) => probe.run(through(command), options) }
}

describe.each(shells)('in %s', (...shell) => {
  test('a process named etcd is found with its command line, its ETCD_ environment and its configuration file', async () => {
    const binary = path.join(mkdtempSync(path.join(folder, 'bin-')), 'etcd')
    copyFileSync('/bin/sleep', binary)
    const config = path.join(folder, `etcd-${shell[0]}.yml`)
    writeFileSync(config, 'name: "é\\n"\nheartbeat-interval: 250\n')
    const child = spawn(binary, ['300'], {
      env: { ETCD_CONFIG_FILE: config, ETCD_NAME: 'm 1', SECRET: 'x' },
      stdio: 'ignore',
    })
    try {
      const reply = await runnerWith(shell, '/usr/bin:/bin').run(lookCommand(undefined), { limitBytes: 4_194_304 })
      const seen = parseSeen(parseFrames(reply.stdout)).processes.find((one) => one.pid === child.pid)
      expect(seen).toMatchObject({
        words: [binary, '300'],
        configFile: { path: config, text: 'name: "é\\n"\nheartbeat-interval: 250\n' },
      })
      expect(Object.fromEntries(seen?.environment ?? [])).toEqual({ ETCD_CONFIG_FILE: config, ETCD_NAME: 'm 1' })
      expect(seen?.startedS).toBeGreaterThan(1_500_000_000)
    } finally {
      child.kill()
    }
  })

  test('etcdctl gets the files of the TLS client as one word each, where TLS is spoken, and bounds', async () => {
    const search = `${programs('ctl', { etcdctl: 'echo "API $ETCDCTL_API"; for word; do echo "<$word>"; done' })}:/usr/bin:/bin`
    const reply = await runnerWith(shell, search).run(
      etcdScript(exampleSettings({ tls }), 'ec --endpoints=https://m endpoint health; ec --endpoints=http://m x'),
    )
    expect(reply.stdout.toString().trim().split('\n')).toEqual([
      'API 3',
      '<--dial-timeout=3s>',
      '<--command-timeout=10s>',
      '<--cacert=/a b/ca.crt>',
      '<--cert=/c.crt>',
      '<--key=/c.key>',
      '<--endpoints=https://m>',
      '<endpoint>',
      '<health>',
      'API 3',
      '<--dial-timeout=3s>',
      '<--command-timeout=10s>',
      '<--endpoints=http://m>',
      '<x>',
    ])
  })

  test('a host without etcdctl is told so', async () => {
    const reply = await runnerWith(shell, bare('none', {})).run(
      etcdScript(exampleSettings({ pid: 999_999_999 }), 'ec x'),
    )
    expect(() => requireTool(reply)).toThrow('the host has no etcdctl')
  })

  test.each(['curl', 'wget'])('metrics are read twice with %s, and only those of etcd come over', async (program) => {
    const count = path.join(folder, `${shell[0]}-${program}`)
    const text = 'go_goroutines 9\netcd_server_has_leader 1\netcd_disk_x_count '
    const search = bare(program, { [program]: `echo x >>${count}; printf '%s' '${text}'; grep -c x ${count}` })
    const runner = runnerWith(shell, search)
    const found = await scrape(runner, exampleSettings(), 100)
    const values = (samples: typeof found.after) => samples.map((sample) => `${sample.name} ${sample.value}`)
    expect(values(found.before ?? [])).toEqual(['etcd_server_has_leader 1', 'etcd_disk_x_count 1'])
    expect(values(found.after)).toEqual(['etcd_server_has_leader 1', 'etcd_disk_x_count 2'])
    expect(found.seconds).toBeGreaterThan(0)
  })

  test('a real page of metrics comes over whole', async () => {
    const file = path.join(import.meta.dirname, '../../fixtures/etcd/metrics/etcd-3.5.16-leader-before.txt')
    const found = await scrape(runnerWith(shell, bare('big', { curl: `cat '${file}'` })), exampleSettings(), 0)
    expect(found.before).toBeUndefined()
    expect(found.after).toHaveLength(
      fixture('metrics/etcd-3.5.16-leader-before.txt')
        .split('\n')
        .filter((line) => /^[a-z]/.test(line)).length,
    )
  })

  test('a metrics page that cannot be read is told with its address, and so is a host without curl and wget', async () => {
    const failing = runnerWith(shell, bare('fail', { curl: 'echo "connection refused" >&2; exit 7' }))
    await expect(scrape(failing, exampleSettings(), 0)).rejects.toThrow('no metrics at http://127.0.0.1:2379/metrics')
    await expect(scrape(runnerWith(shell, bare('none', {})), exampleSettings(), 0)).rejects.toThrow(
      'neither curl nor wget',
    )
  })

  test('metrics behind TLS are asked for with the certificate of the client, each file as one word', async () => {
    const words = path.join(folder, `${shell[0]}-tls`)
    const curl = `for word; do echo "<$word>" >>${words}; done; echo etcd_server_has_leader 1`
    const settings = exampleSettings({ tls, metrics_url: 'https://127.0.0.1:2379/metrics' })
    const { after } = await scrape(runnerWith(shell, bare('tls', { curl })), settings, 0)
    expect(after).toHaveLength(1)
    expect(readFileSync(words, 'utf8')).toMatch(
      /<--cacert>\n<\/a b\/ca.crt>\n<--cert>\n<\/c.crt>\n<--key>\n<\/c.key>\n<https:\/\/127.0.0.1:2379\/metrics>\n$/,
    )
  })

  test('a snapshot that a trial restore refuses is not kept, and nothing of it is left', async () => {
    const dir = mkdtempSync(path.join(folder, 'backups-'))
    const etcdctl = `case "$*" in
*'snapshot save'*) for file; do :; done; echo cut >"$file" ;;
*'snapshot restore'*) echo 'Error: snapshot file size 4 != expected' >&2; exit 1 ;;
esac`
    const runner = runnerWith(shell, `${programs('damaged', { etcdctl })}:/usr/bin:/bin`)
    const session = { ...runner, host: hostName('here'), folder: path.join(dir, 'run'), controller: lawController }
    const [own] = parseStatuses(recorded('3.4.23', 'no-quorum', 'endpoint-status-json').stdout)
    if (!own) throw new Error('the fixture has no status')
    const place = { settings: exampleSettings({ pid: 999_999_999 }), own, dir: path.join(dir, 'kept'), name: undefined }
    await expect(takeSnapshot(session, place)).rejects.toThrow('the snapshot is damaged: a trial restore of it failed')
    expect(readdirSync(place.dir)).toEqual([])
  })
})
