import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { LOCAL_INVENTORY, makeProject, type Project } from './project.ts'
import { ROOT, runbook } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

// What the program does not do: talk to others, keep secrets in dumps, hold up a host for who reads slowly.

const CANARY = 'canary-in-memory-7f3a'

const project = (steps: string): Project =>
  makeProject({
    'runbooks/calm.yaml': `name: calm
summary: Does little
hosts: all
params:
  token: {type: string, secret: true, description: a secret}
steps:
${steps}`,
    'inventories/default.yaml': LOCAL_INVENTORY,
  })

const environment = ({ folder }: Project) => ({
  ...{ TOKEN: CANARY, RUNBOOK_STATE_DIR: path.join(folder, 'state'), RUNBOOK_HOST_FOLDER: path.join(folder, 'host') },
})

test('nobody is called but hosts: a run on this machine opens no connection and asks for no name', async () => {
  const here = project('  - file: {path: $HERE/made, content: "x"}\n')
  const log = path.join(here.folder, 'calls')
  const hook = `import net from'node:net';import dns from'node:dns';import dgram from'node:dgram';import{appendFileSync}from'node:fs'
const note=(what)=>appendFileSync(${JSON.stringify(log)},what+'\\n')
const connect=net.Socket.prototype.connect;net.Socket.prototype.connect=function(...a){const[o]=Array.isArray(a[0])?a[0]:a;if(!o?.path)note('connect '+JSON.stringify(o));return connect.apply(this,a)}
for(const name of['lookup','resolve'])dns[name]=()=>note(name)
dgram.createSocket=()=>note('udp')
globalThis.fetch=()=>note('fetch')
note('watched')`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`
  const env = { ...environment(here), NODE_OPTIONS }
  expect(
    await runbook(['apply', 'calm', '--yes', '--set', 'token={env: TOKEN}'], { cwd: here.folder, env }),
  ).toMatchObject({ code: 0 })
  expect(new Set(here.read('calls').trim().split('\n'))).toEqual(new Set(['watched']))
})

/** A run in the middle of its step. */
async function atWork(here: Project, stdio: 'ignore' | 'pipe') {
  const env = { PATH: process.env.PATH, HOME: here.folder, ...environment(here) }
  const words = [
    path.join(ROOT, 'src/main.ts'),
    'apply',
    'calm',
    '--yes',
    '-v',
    '--plain',
    '--set',
    'token={env: TOKEN}',
  ]
  const child = spawn(process.execPath, words, { cwd: here.folder, env, stdio: ['ignore', stdio, stdio] })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  await vi.waitUntil(() => existsSync(path.join(here.folder, 'begun')), { timeout: 30_000 })
  return { child, ended }
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [path.join(entry.parentPath, entry.name)] : [],
  )

test.each(['SIGUSR2', 'SIGQUIT', 'SIGTERM'] as const)(
  'a run that is sent %s leaves no dump with a secret',
  async (signal) => {
    const here = project(
      '  - shell: {script: "touch $HERE/begun; : {{ token }}; while ! test -e $HERE/go; do sleep 0.1; done"}\n    undo: {command: {argv: ["true"]}}\n',
    )
    const { child, ended } = await atWork(here, 'ignore')
    child.kill(signal)
    here.write('go', '')
    await ended
    const files = filesBelow(here.folder)
    expect(files.filter((file) => /core|heapsnapshot|report\./.test(path.basename(file)))).toEqual([])
    expect(files.filter((file) => readFileSync(file, 'latin1').includes(CANARY))).toEqual([])
  },
)

test('who reads our output slowly holds up our screen and not the step, and gets all of it in the end', async () => {
  const lines = 20_000
  const here = project(
    `  - shell: {script: "touch $HERE/begun; i=0; while [ $i -lt ${lines} ]; do i=$((i + 1)); echo line $i of many; done; touch $HERE/ended"}\n    undo: {command: {argv: ["true"]}}\n`,
  )
  const { child, ended } = await atWork(here, 'pipe')
  await vi.waitUntil(() => existsSync(path.join(here.folder, 'ended')), { timeout: 30_000 })
  expect(child.exitCode).toBe(null) // what it has to say is more than a pipe holds
  const said = { text: '' }
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (said.text += chunk.toString()))
  expect(await ended).toBe(0)
  expect(said.text.match(/line \d+ of many$/gm)).toHaveLength(lines)
  expect(statSync(path.join(here.folder, 'ended')).isFile()).toBe(true)
})
