import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  breakText,
  FENCED,
  fenceText,
  lookText,
  passedText,
  releaseText,
  type Taking,
  takeText,
} from '../../src/engine/host-lock-text.ts'
import { parseAnswer, parseOwners } from '../../src/engine/lock-owner.ts'
import { type Command, rawText, renderCommand } from '../../src/model/command.ts'

// The scripts of locks in the shells that hosts have.

const root = mkdtempSync(path.join(tmpdir(), 'host-lock-'))
afterAll(() => rmSync(root, { recursive: true }))
const has = (name: string): boolean => existsSync(`/bin/${name}`) || existsSync(`/usr/bin/${name}`)
const shells = ['dash', 'bash', 'busybox sh'].filter((shell) => has(shell.split(' ')[0] ?? ''))
let made = 0

describe.each(shells)('%s', (shell) => {
  const [program = '', ...words] = shell.split(' ')
  const run = (
    command: Command,
    env: Record<string, string> = {},
    as: Readonly<{ uid?: number; gid?: number }> = {},
  ) => {
    const child = spawn(program, [...words, '-c', renderCommand(command)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      ...as,
      env: { PATH: process.env.PATH ?? '', HOME: path.join(root, 'home'), ...env },
    })
    const came = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (came.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (came.stderr += chunk.toString()))
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, ...came })),
    )
  }
  const host = () => path.join(root, `host ${++made}`)
  const taking = (hostFolder: string, lock: string, run: string, over?: string): Taking => ({
    hostFolder,
    lock,
    run,
    about: ["o'hara@ctl", '2026-11-21T10:00:00.000Z', 'tune', 'apply'],
    ...(over === undefined ? {} : { over }),
  })
  const take = async (...of: Parameters<typeof taking>) => {
    const { stdout, stderr } = await run(takeText(taking(...of)))
    expect(stderr).toBe('')
    return parseAnswer(stdout)
  }

  test('one run takes a host; another is told who has it; given back, the next one has a higher token', async () => {
    const folder = host()
    const held = { kind: 'held', token: 1, folder: `${folder}/host.lock` }
    expect(await take(folder, 'aa', 'R1')).toEqual(held)
    expect(await take(folder, 'aa', 'R1')).toEqual(held) // asked twice, or under another name of the host
    expect(await take(folder, 'bb', 'R2')).toEqual({
      kind: 'refused',
      by: {
        lock: 'aa',
        run: 'R1',
        owner: "o'hara@ctl",
        since: '2026-11-21T10:00:00.000Z',
        runbook: 'tune',
        doing: 'apply',
        token: 1,
        folder: `${folder}/host.lock`,
        connection: 'gone',
      },
    })
    await run(releaseText({ lock: 'bb', token: 1, folder: `${folder}/host.lock` }))
    expect(await take(folder, 'bb', 'R2')).toMatchObject({ kind: 'refused' })
    await run(releaseText({ lock: 'aa', token: 1, folder: `${folder}/host.lock` }))
    expect(parseOwners((await run(lookText(folder))).stdout)).toEqual([])
    expect(await take(folder, 'bb', 'R2')).toEqual({ ...held, token: 2 })
    expect(readdirSync(`${folder}/host.lock`)).toEqual(['2'])
  })

  test('the same run follows its killed self, and what still runs for that begins nothing any more', async () => {
    const folder = host()
    const first = { lock: 'aa', token: 1, folder: `${folder}/host.lock` }
    await take(folder, 'aa', 'R1')
    const script = rawText('echo "began $#"')
    expect(await run(fenceText(first, script))).toMatchObject({ code: 0, stdout: 'began 0\n', stderr: '' })
    expect(await take(folder, 'cc', 'R1')).toMatchObject({ kind: 'held', token: 2 })
    expect(await run(fenceText(first, script))).toMatchObject({ code: FENCED, stdout: '' })
    expect(await run(passedText(first))).toMatchObject({ code: 0 })
    expect(await run(passedText({ ...first, token: 2 }))).toMatchObject({ code: 1 })
    await run(releaseText(first)) // of no effect: it is no longer theirs
    expect(await take(folder, 'bb', 'R2')).toMatchObject({ kind: 'refused', by: { lock: 'cc' } })
  })

  test('a lock that is known to be nobody’s is taken over by its id, and no other', async () => {
    const folder = host()
    await take(folder, 'aa', 'R1')
    expect(await take(folder, 'bb', 'R2', 'ff')).toMatchObject({ kind: 'refused' })
    expect(await take(folder, 'bb', 'R2', 'aa')).toMatchObject({ kind: 'held', token: 2 })
  })

  test('a broken lock frees the host and fences its holder; it is broken by its id alone', async () => {
    const folder = host()
    const lock = { lock: 'aa', token: 1, folder: `${folder}/host.lock` }
    await take(folder, 'aa', 'R1')
    expect(parseOwners((await run(lookText(folder))).stdout)).toMatchObject([{ lock: 'aa', run: 'R1', token: 1 }])
    expect((await run(breakText({ ...lock, lock: 'bb' }))).code).not.toBe(0)
    expect(await run(breakText(lock))).toMatchObject({ code: 0 })
    expect(await run(fenceText(lock, rawText('echo began')))).toMatchObject({ code: FENCED })
    expect(await take(folder, 'bb', 'R2')).toMatchObject({ kind: 'held', token: 3 })
  })

  test('of many that want a host at once, one gets it', async () => {
    const folder = host()
    const names = Array.from({ length: 12 }, (_, index) => `r${index}`)
    const answers = await Promise.all(names.map((name) => take(folder, name, name)))
    const held = answers.filter((answer) => answer?.kind === 'held')
    expect(held).toHaveLength(1)
    const owners = answers.flatMap((answer) => (answer?.kind === 'refused' ? [answer.by.lock] : []))
    expect(new Set(owners).size).toBe(1)
    expect(names[answers.findIndex((answer) => answer?.kind === 'held')]).toBe(owners[0])
  })

  test('where nothing can be written there is no lock, and that is said', async () => {
    const folder = host()
    writeFileSync(folder, 'no folder')
    expect(await run(takeText(taking(folder, 'aa', 'R1')), { HOME: folder })).toMatchObject({ stdout: 'unheld\n' })
  })

  test('whoever may not write where root does has the lock at home', async () => {
    const folder = host()
    writeFileSync(folder, 'no folder')
    const home = path.join(root, `home ${made}`)
    const { stdout } = await run(takeText(taking(folder, 'aa', 'R1')), { HOME: home })
    expect(parseAnswer(stdout)).toEqual({ kind: 'held', token: 1, folder: `${home}/.runbook/host.lock` })
  })

  test.skipIf(process.getuid?.() !== 0)(
    'who is not root sees that root holds the host, and else has a lock at home',
    async () => {
      const folder = host()
      const home = path.join(root, `home ${made}`)
      mkdirSync(home)
      chmodSync(home, 0o777)
      for (const way of [path.dirname(root), root]) if ((statSync(way).mode & 1) === 0) chmodSync(way, 0o711) // others may pass
      const asNobody = (command: Command) => run(command, { HOME: home }, { uid: 65_534, gid: 65_534 })
      await take(folder, 'aa', 'R1')
      const refused = await asNobody(takeText(taking(folder, 'bb', 'R2')))
      expect(parseAnswer(refused.stdout)).toMatchObject({ kind: 'refused', by: { lock: 'aa', run: 'R1' } })
      const same = await asNobody(takeText(taking(folder, 'aa', 'R1'))) // the same run, under another name of the host
      expect(parseAnswer(same.stdout)).toEqual({ kind: 'held', token: 1, folder: `${folder}/host.lock` })
      await run(releaseText({ lock: 'aa', token: 1, folder: `${folder}/host.lock` }))
      const { stdout } = await asNobody(takeText(taking(folder, 'bb', 'R2')))
      expect(parseAnswer(stdout)).toEqual({ kind: 'held', token: 1, folder: `${home}/.runbook/host.lock` })
      expect(parseOwners((await asNobody(lookText(folder))).stdout)).toMatchObject([{ lock: 'bb' }])
    },
  )

  test('the connection of the holder stands as long as its shell runs', async () => {
    const folder = host()
    const holder = spawn(program, [...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    const said = new Promise((resolve) => holder.stdout.once('data', resolve))
    holder.stdin.write(`( ${renderCommand(takeText(taking(folder, 'aa', 'R1')))} )\n`)
    await said
    expect(parseOwners((await run(lookText(folder))).stdout)).toMatchObject([{ connection: 'stands' }])
    const ended = new Promise((resolve) => holder.once('close', resolve))
    holder.kill('SIGKILL')
    await ended
    expect(parseOwners((await run(lookText(folder))).stdout)).toMatchObject([{ connection: 'gone' }])
    expect(readFileSync(`${folder}/host.lock/1`, 'utf8')).toContain("o'hara@ctl\n")
  })
})
