import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, execLab, sshLab, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import type { Outcome } from '../../lab/run-tool.ts'
import { labSettings } from '../../lab/settings.ts'
import { requireState, topologyOf } from '../../lab/state.ts'
import { networkArgv } from '../../lab/supervisor.ts'

// A secret is used wherever one can be used, in runs that succeed, fail, are killed, resumed and undone; then everything
// that is kept or shown is searched for it, and every process while they run.

const SECRET = `canary "q" it's \\ ö&${randomBytes(6).toString('hex')} %+/`

/** By which the program becomes root on the host. */
const PASSWORD = `pass 'word' of "sudo" \\ ö ${randomBytes(6).toString('hex')} %+/`

/** The forms in which it would be a leak: written here anew, not taken from what is tested. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  encodeURIComponent(secret),
  secret.replaceAll("'", "'\\''"),
  ...[0, 1, 2].map((before) => {
    const coded = Buffer.from('x'.repeat(before) + secret).toString('base64')
    return coded.slice(before === 0 ? 0 : 4, 40)
  }),
  secret.slice(0, 16), // also where it is cut in two
  secret.slice(-16),
]

const FORMS: readonly string[] = [
  ...formsOf(SECRET),
  ...formsOf(PASSWORD),
  // Of files that are known but for the secret: whoever has such a hash can try all short secrets.
  ...[`first\nuser:${SECRET}\nlast\n`, `token = ${SECRET}\n`].map((content) =>
    createHash('sha256').update(content).digest('hex'),
  ),
]

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-leak-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const own = (name: string): string => path.join(folder, 'controller', name)
const main = path.resolve(import.meta.dirname, '../../src/main.ts')

const LEAK = `name: leak
summary: A secret wherever one can be used
hosts: all
become: true
params:
  token: {type: string, secret: true, description: the canary}
  ending: {type: string, enum: [well, badly, slowly], default: well, description: how it ends}
facts:
  - command: {argv: [cat], stdin: "{{ token }}", read_only: true}
    as: echoed
vars:
  login: "user:{{ token }}"
measure:
  length: {shell: {script: "printf %s {{ token }} | wc -c", read_only: true, parse: json}, unit: bytes}
guards:
  - assert: {that: "size(token) > 10", message: "too short: {{ token }}"}
steps:
  - id: folder
    file: {path: /srv/leak, state: directory, mode: "0700"}
  - id: content
    file: {path: /srv/leak/content, content: "first\\n{{ login }}\\nlast\\n", mode: "0600"}
  - id: template
    file: {path: /srv/leak/template, template: leak.conf, mode: "0600"}
  - id: environment
    env_file: {path: /srv/leak/environment, create: true, set: {TOKEN: "{{ token }}", PLAIN: "yes"}}
  - id: argv
    command: {argv: [sh, -c, 'printf %s "$1" >/srv/leak/argv; sleep 1', leak-argv, "{{ token }}"], check: "test \\"$(cat /srv/leak/argv)\\" = {{ token }}"}
    undo: {shell: {script: "test \\"$(cat /srv/leak/argv)\\" = {{ token }} && rm /srv/leak/argv"}}
  - id: stdin
    shell: {script: "cat >/srv/leak/stdin", stdin: "{{ echoed.stdout }}"}
    undo: {shell: {script: "rm /srv/leak/stdin"}}
  - id: halves
    name: Echo it in two pieces, and in other forms
    shell:
      script: |
        t={{ token }}
        head=\${t%??????????????????}
        printf %s "$head"; sleep 1; printf '%s\\n' "\${t#"$head"}"
        printf %s "$t" | base64
        printf 'x%s' "$t" | base64 -w0 >&2
        printf '"%s"\\n' "$(printf %s "$t" | sed 's/[\\\\"]/\\\\&/g')"
    as: said
    undo: {shell: {script: "true"}}
  - id: again
    when: "ending == 'slowly'"
    shell: {script: "sleep 3; cat >/dev/null; touch /srv/leak/slow", stdin: "{{ said.stdout }}", check: "test -e /srv/leak/slow"}
    undo: {shell: {script: "rm -f /srv/leak/slow"}}
  - id: failure
    when: "ending == 'badly'"
    shell: {script: "echo {{ token }}; echo {{ token }} is wrong >&2; exit 3"}
    irreversible: true
`

interface Leak {
  readonly where: string
  readonly form: string
}

const leaksIn = (where: string, text: string): readonly Leak[] =>
  FORMS.filter((form) => text.includes(form)).map((form) => ({ where, form }))

const told: Leak[] = []
const sampled = new Set<string>()

/** The program as a user runs it, in the lab's network, while all processes of both sides are looked at. */
async function run(...args: readonly string[]): Promise<Outcome> {
  const ran = await whileSampling(execLab(argvOf(args), settings))
  told.push(...leaksIn(`stdout of ${args[0]}`, ran.stdout), ...leaksIn(`stderr of ${args[0]}`, ran.stderr))
  return ran
}

const argvOf = (args: readonly string[]): readonly [string, ...string[]] => [
  'env',
  ...['HOME', 'TMPDIR', 'XDG_CACHE_HOME'].map((name) => `${name}=${own(name)}`),
  `RUNBOOK_STATE_DIR=${own('state')}`,
  ...[process.execPath, main, ...args],
]

async function whileSampling<T>(work: Promise<T>): Promise<T> {
  const controller = new AbortController()
  const sampling = sample(controller.signal)
  try {
    return await work
  } finally {
    controller.abort()
    await sampling
  }
}

/** Hosts are process namespaces below this one: their processes are seen here too. */
async function sample(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      for (const part of ['cmdline', 'environ']) {
        const text = readProc(`/proc/${pid}/${part}`)
        if (FORMS.some((form) => text.includes(form)))
          sampled.add(`${part}: ${text.replaceAll('\0', ' ').slice(0, 120)}`)
      }
    }
    await delay(10)
  }
}

function readProc(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it has ended
  }
}

function filesBelow(top: string): readonly string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
}

/** Everything that the controller keeps. The secret itself lies elsewhere. */
const keptLeaks = (): readonly Leak[] =>
  filesBelow(path.join(folder, 'controller')).flatMap((file) => leaksIn(file, readFileSync(file, 'utf8')))

/** The files of a host that hold it, and whether its system journal does. */
async function hostFilesWithSecret(host: string): Promise<readonly string[]> {
  const patterns = Buffer.from(`${FORMS.join('\n')}\n`).toString('hex')
  const search = `patterns=$(mktemp -p /dev/shm); printf %s ${patterns} | sed 's/../\\\\x&/g' | xargs -0 printf %b >$patterns
grep -rlsaF -f $patterns / --exclude-dir=proc --exclude-dir=sys --exclude-dir=shm
journalctl --no-pager -o export | grep -qaF -f $patterns && echo journald; rm $patterns`
  const { stdout, stderr } = await sshLab(host, [`sh -c '${search.replaceAll("'", "'\\''")}'`], settings)
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

beforeAll(async () => {
  for (const name of ['HOME', 'TMPDIR', 'XDG_CACHE_HOME']) mkdirSync(own(name), { recursive: true })
  writeFileSync(path.join(folder, 'leak.yaml'), LEAK)
  writeFileSync(path.join(folder, 'leak.conf'), 'token = {{ token }}\n')
  writeFileSync(path.join(folder, 'secret'), `${SECRET}\n`, { mode: 0o600 })
  await upLab('one', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

const common = () => ['-i', labPaths(settings.stateDir).inventory] as const
const source = `token={file: ${path.join(folder, 'secret')}}`
const book = path.join(folder, 'leak.yaml')
const meant = ['argv', 'content', 'environment', 'stdin', 'template'].map((name) => `/srv/leak/${name}`)

/** What a step printed, and what it replaced, lies in the run's folder on the host, for root alone. */
const isOfRun = (file: string): boolean => /^\/var\/lib\/runbook\/[0-9A-Z]+\/.*\/(?:pre-image|out|err)$/.test(file)

async function search(expected: readonly string[]): Promise<void> {
  const found = await hostFilesWithSecret('h1')
  expect(found.filter((file) => !isOfRun(file))).toEqual(expected)
  const ofRuns = found.filter(isOfRun)
  if (ofRuns.length > 0) {
    const { stdout } = await sshLab('h1', [`stat -c %a:%U ${ofRuns.join(' ')} /var/lib/runbook/[0-9]*`], settings)
    expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['600:root', '700:root']))
  }
  expect(told).toEqual([])
  expect(keptLeaks()).toEqual([])
  // The author of a runbook who puts it into the arguments of a program has it in the host's list of processes.
  expect([...sampled].filter((line) => !line.includes('leak-argv'))).toEqual([])
  expect(sampled.size).toBeGreaterThan(0) // so the looking at processes sees those of hosts
}

test('the search finds what is there', async () => {
  expect(FORMS.flatMap((form) => leaksIn('', `x${form}y`)).length).toBeGreaterThanOrEqual(FORMS.length)
  const note = Buffer.from(SECRET).toString('base64')
  await sshLab('h1', [`sh -c 'printf %s ${note} >/root/planted; logger ${note}'`], settings)
  expect(await hostFilesWithSecret('h1')).toEqual(expect.arrayContaining(['/root/planted', 'journald']))
  await sshLab(
    'h1',
    [
      `sh -c 'rm /root/planted; journalctl --rotate -q; journalctl --vacuum-time=1s -q; sleep 1; journalctl --vacuum-time=1s -q'`,
    ],
    settings,
  )
})

test('plan, apply, reports and rollback: it is nowhere but where it was meant to go', async () => {
  const planned = await run('plan', book, ...common(), '--set', source, '--out', own('plan.json'), '--verbose')
  expect(planned).toMatchObject({ code: 0 })
  expect(statSync(own('plan.json')).mode & 0o777).toBe(0o600)
  expect(await run('apply', own('plan.json'), '--yes', '--verbose')).toMatchObject({ code: 0 })
  await search(meant)
  for (const format of ['text', 'markdown', 'json']) await run('report', 'last', '--format', format)
  await run('runs', 'last', '--json')
  await run('vars', 'h1', '-r', book, ...common(), '--set', source)
  expect(await run('rollback', 'last', '--yes', '--json')).toMatchObject({ code: 0 })
  await search([])
})

test('a run that fails and tells why, in words and in JSON', async () => {
  const badly = [...common(), '--set', source, '--set', 'ending=badly', '--yes', '--allow-irreversible']
  for (const [format, connection] of [
    ['--verbose', 'openssh'],
    ['--json', 'ssh'],
  ] as const) {
    const failed = await run('apply', book, ...badly, format, '--connection', connection)
    expect(failed.stdout + failed.stderr).toContain('*** is wrong')
    expect(failed.code).toBe(7)
    expect(await run('rollback', 'last', '--yes', format)).toMatchObject({ code: 8 }) // the last step has no inverse
  }
  await search([])
})

test('a run that is killed and gone on with, told in JSON', async () => {
  const slowly = [...common(), '--set', source, '--set', 'ending=slowly']
  const argv = networkArgv(requireState(settings).init, argvOf(['apply', book, ...slowly, '--yes']))
  const going = spawn(argv[0], argv.slice(1), { stdio: 'ignore' })
  const ended = once(going, 'exit')
  await whileSampling(untilBegun('again'))
  going.kill('SIGKILL')
  expect((await ended)[1]).toBe('SIGKILL')
  const resumed = await run('resume', 'last', ...common(), '--yes', '--json')
  expect(resumed).toMatchObject({ code: 0 })
  await search(meant)
  expect(await run('rollback', 'last', '--yes')).toMatchObject({ code: 0 })
  await search([])
})

test('a run that becomes root by a password: that is nowhere either', async () => {
  const account = Buffer.from(`opspw:${PASSWORD}\n`).toString('base64')
  await sshLab('h1', [`echo ${account} | base64 -d | chpasswd`], settings)
  const { key, knownHosts } = labPaths(settings.stateDir)
  const address = topologyOf(requireState(settings)).hosts[0]?.address
  const known = `-o UserKnownHostsFile=${knownHosts}`
  const vars = { ansible_user: 'opspw', ansible_become_password: PASSWORD, ansible_ssh_private_key_file: key }
  const inventory = path.join(folder, 'sudo.yaml')
  const hosts = { h1: { ansible_host: address, ansible_ssh_common_args: known, ...vars } }
  writeFileSync(inventory, JSON.stringify({ all: { hosts } }), { mode: 0o600 })
  const reach = ['-i', inventory, '--set', source]
  expect(await run('apply', book, ...reach, '--yes', '--verbose')).toMatchObject({ code: 0 })
  await search(meant)
  await run('inventory', '-i', inventory, '--list')
  expect(await run('rollback', 'last', '--yes', '--json')).toMatchObject({ code: 0 })
  await search([])
})

async function untilBegun(step: string): Promise<void> {
  for (let left = 1200; left > 0; left -= 1) {
    if (journal().includes(`"type":"step-started","host":"h1","stage":0,"step":"${step}"`)) return
    await delay(50)
  }
  throw new Error(`the step ${step} was not reached`)
}

function journal(): string {
  const runs = path.join(own('state'), 'runs')
  const last = readdirSync(runs).sort().at(-1) ?? ''
  const file = path.join(runs, last, 'run.jsonl')
  return existsSync(file) ? readFileSync(file, 'utf8') : '' // the folder comes first
}
