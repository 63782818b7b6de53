import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  attachText as attachBy,
  killText,
  type Offsets,
  type ReceiptPlace,
  startText as startBy,
  stateText,
  UNTOLD,
} from '../../src/engine/receipt-text.ts'
import { type Command, rawText, renderCommand, sh, withStdin } from '../../src/model/command.ts'
import { Secret } from '../../src/model/secret.ts'

// The scripts of receipts in the shells that hosts have.

const root = mkdtempSync(path.join(tmpdir(), 'receipts-'))
afterAll(() => rmSync(root, { recursive: true }))
const has = (name: string): boolean => existsSync(`/bin/${name}`) || existsSync(`/usr/bin/${name}`)
const shells = ['dash', 'bash', 'busybox sh'].filter((shell) => has(shell.split(' ')[0] ?? ''))
const LIMIT = 100_000
const [boot = ''] = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').split('\n')
const startText = (at: ReceiptPlace, command: Command, limitBytes: number): Command =>
  startBy(at, command, { limitBytes, begin: 'written', output: 'followed' })
const attachText = (at: ReceiptPlace, from: Offsets, limitBytes: number): Command =>
  attachBy(at, { from, limitBytes, boot })
let made = 0
const place = (): ReceiptPlace => ({ folder: path.join(root, 'run', `step-${++made}`), name: '1.1.run' })

describe.each(shells)('%s', (shell) => {
  const [program = '', ...words] = shell.split(' ')
  const start = (command: Command) => {
    const text = renderCommand(command).replaceAll('/bin/sh -c', `${shell} -c`)
    const child = spawn(program, [...words, '-c', text], { stdio: 'pipe', detached: true, cwd: root })
    const came = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (came.stdout += chunk.toString('latin1')))
    child.stderr.on('data', (chunk: Buffer) => (came.stderr += chunk.toString('latin1')))
    if (command.stdin) child.stdin.end(command.stdin instanceof Secret ? command.stdin.reveal() : command.stdin)
    else child.stdin.end()
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, ...came })),
    )
    return { child, came, ended }
  }
  const run = (command: Command) => start(command).ended
  const state = async (at: ReceiptPlace) => (await run(stateText(at, boot))).stdout.trim()
  const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  test('gives what the command gives: both streams, its exit code, and keeps them', async () => {
    const at = place()
    expect(await run(startText(at, rawText('printf "a\\n"; echo b >&2; exit 7'), LIMIT))).toEqual({
      code: 7,
      stdout: 'a\n',
      stderr: 'b\n',
    })
    expect(await state(at)).toBe('done')
    expect(readdirSync(path.join(at.folder, at.name)).sort()).toEqual(['begin', 'err', 'out', 'rc', 'text'])
    expect(await run(attachText(at, { stdout: 1, stderr: 0 }, LIMIT))).toEqual({ code: 7, stdout: '\n', stderr: 'b\n' })
  })

  test('a receipt that goes while it is looked at is no end of the command, and no exit code', async () => {
    const at = place()
    const tools = path.join(root, `tools-${made}`)
    mkdirSync(tools)
    writeFileSync(path.join(tools, 'wc'), `#!/bin/sh\nrm -rf -- ${path.join(at.folder, at.name)}\nexit 1\n`, {
      mode: 0o755,
    })
    const command = renderCommand(startText(at, rawText('echo one; sleep 1; echo two'), LIMIT))
    const { code, stderr } = await run(rawText(`PATH=${tools}:$PATH\n${command}`))
    expect({ code, stderr }).toEqual({ code: UNTOLD, stderr: '' })
    expect(await state(at)).toBe('none')
  })

  test('a process id that is another process by now, or of another boot, is not taken for who began', async () => {
    const [, start = ''] =
      /^\d+ \(.*\) (?:\S+ ){19}(\S+)/s.exec(readFileSync(`/proc/${process.pid}/stat`, 'latin1')) ?? []
    const begun = (startTime: string, inBoot: string): ReceiptPlace => {
      const at = place()
      mkdirSync(path.join(at.folder, at.name), { recursive: true })
      writeFileSync(path.join(at.folder, at.name, 'begin'), `${process.pid} ${startTime} ${inBoot}\n`)
      return at
    }
    expect(await state(begun(start, boot))).toBe('running') // this process, as it is
    expect(await state(begun(`${Number(start) - 1}`, boot))).toBe('dead')
    expect(await state(begun(start, 'another-boot'))).toBe('dead')
  })

  test('a command sees no variable or argument of ours, and does what it does in a shell of its own', async () => {
    const text = rawText('set -u; echo "$#-${d-}${f-}${text-}${keep-}${p-}--$(umask)"; (exit 3); echo $?')
    expect((await run(startText(place(), text, LIMIT))).stdout).toBe('0---0077\n3\n')
    expect((await run(startText(place(), rawText('if then'), LIMIT))).code).toBe(2)
  })

  test.each(["it's 'quoted' \"twice\" $HOME `id` \\", 'two\nlines\n\n', '*', '-n', ''])(
    'text %j stays as it is',
    async (text) => {
      expect((await run(startText(place(), sh`printf '<%s>' ${text}`, LIMIT))).stdout).toBe(`<${text}>`)
    },
  )

  test('standard input comes whole and is left nowhere, nor is the text', async () => {
    const at = place()
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256))
    const { stdout } = await run(startText(at, withStdin(rawText('wc -c'), bytes), LIMIT))
    expect(stdout.trim()).toBe('70000')
    const secret = await run(startText(at, sh`cat`, LIMIT))
    expect(secret.code).toBe(UNTOLD) // the receipt is taken
    const canary = new Secret('c4n4ry-value')
    const own = place()
    expect((await run(startText(own, withStdin(sh`echo ${canary} | wc -c; cat | wc -c`, canary), LIMIT))).code).toBe(0)
    expect(spawnSync('grep', ['-r', 'c4n4ry', own.folder]).status).toBe(1) // nowhere
  })

  test('output beyond the limit is not passed on', async () => {
    const { stdout } = await run(startText(place(), sh`head -c 300000 /dev/zero`, LIMIT))
    expect(stdout).toHaveLength(LIMIT + 1)
  })

  test('what is brief is passed on at its end, and no process is left', async () => {
    const brief = sh`echo "$#-\${d-}\${brief-}-"; echo err >&2; sleep 0.5; exit 5`
    const keeping = { limitBytes: LIMIT, begin: 'synced', output: 'brief' } as const
    expect(await run(startBy(place(), brief, keeping))).toEqual({ code: 5, stdout: '0--\n', stderr: 'err\n' })
  })

  test('runs on when the shell that began it is killed, is attached to from the byte that is missing, and runs once', async () => {
    const at = place()
    const script = sh`echo run >>${`${at.folder}.count`}; echo first; while [ ! -e ${`${at.folder}.go`} ]; do sleep 0.1; done; echo second; echo err >&2; exit 5`
    const { child, came } = start(startText(at, script, LIMIT))
    await until(() => came.stdout.includes('first'))
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    expect(await state(at)).toBe('running')
    writeFileSync(`${at.folder}.go`, '')
    expect(await run(attachText(at, { stdout: came.stdout.length, stderr: 0 }, LIMIT))).toEqual({
      code: 5,
      stdout: 'second\n',
      stderr: 'err\n',
    })
    expect(readFileSync(`${at.folder}.count`, 'utf8')).toBe('run\n')
  })

  test('who attaches to what has not begun keeps it from beginning', async () => {
    const at = place()
    expect((await run(attachText(at, { stdout: 0, stderr: 0 }, LIMIT))).code).toBe(UNTOLD)
    expect(await state(at)).toBe('void')
    expect((await run(startText(at, sh`touch ${`${at.folder}.late`}`, LIMIT))).code).toBe(UNTOLD)
    expect(existsSync(`${at.folder}.late`)).toBe(false)
  })

  test('after a reboot nobody believes that it has not begun: what was set down last may be lost', async () => {
    const at = place()
    const attach = attachBy(at, { from: { stdout: 0, stderr: 0 }, limitBytes: LIMIT, boot: 'an earlier one' })
    expect((await run(attach)).code).toBe(UNTOLD)
    expect((await run(stateText(at, 'an earlier one'))).stdout).toBe('dead\n')
    expect(await state(at)).toBe('none') // and so it was not kept from beginning
    await run(startText(at, sh`exit 6`, LIMIT))
    expect((await run(attach)).code).toBe(6)
    expect((await run(stateText(at, 'an earlier one'))).stdout).toBe('done\n')
  })

  test('killing takes all that it started, also what defies TERM and what began a session of its own', async () => {
    const at = place()
    const { ended } = start(
      startText(
        at,
        rawText(`trap '' TERM; setsid sleep 61.${process.pid} & echo on; while :; do sleep 62.${process.pid}; done`),
        LIMIT,
      ),
    )
    await until(async () => (await state(at)) === 'running' && sleepers() === 2)
    expect(await run(killText(at))).toMatchObject({ code: 0 })
    expect(sleepers()).toBe(0)
    expect((await ended).code).toBe(UNTOLD)
    expect(await state(at)).toBe('dead')
  })

  const sleepers = (): number =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`.${process.pid}\0`)
      } catch {
        return false
      }
    }).length

  test('where no receipt can be kept the command runs all the same', async () => {
    const at = { folder: '/proc/nowhere/step', name: '1.1.run' }
    const text = renderCommand(startText(at, rawText('echo done; exit 4'), LIMIT)).replaceAll('$HOME', '/proc/home')
    expect(await run(rawText(text))).toMatchObject({ code: 4, stdout: 'done\n' })
  })
})
