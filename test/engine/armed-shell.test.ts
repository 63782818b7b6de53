import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { armText, claimText, endText, unlessUndone } from '../../src/engine/armed-text.ts'
import type { ReceiptPlace } from '../../src/engine/receipt-text.ts'
import { type Command, rawText, renderCommand, sh } from '../../src/model/command.ts'
import { Secret } from '../../src/model/secret.ts'

// The scripts of armed undos in the shells that hosts have, without systemd.

const root = mkdtempSync(path.join(tmpdir(), 'armed-'))
afterAll(() => rmSync(root, { recursive: true }))
const has = (name: string): boolean => existsSync(`/bin/${name}`) || existsSync(`/usr/bin/${name}`)
const shells = ['dash', 'bash', 'busybox sh'].filter((shell) => has(shell.split(' ')[0] ?? ''))
const FAR = 3600
let made = 0
const place = (): ReceiptPlace => ({ folder: path.join(root, 'run', `step-${++made}`), name: '1.1.armed' })
const of = ({ folder, name }: ReceiptPlace, file: string): string => path.join(folder, name, file)

describe.each(shells)('%s', (shell) => {
  const [program = '', ...words] = shell.split(' ')
  const run = (command: Command) => {
    const text = renderCommand(command)
      .replaceAll('/bin/sh ', `${shell} `)
      .replace('-d /run/systemd/system', '-d /nowhere')
    const child = spawn(program, [...words, '-c', text], { stdio: 'pipe', cwd: root })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stdin.on('error', () => undefined) // of a script that reads none
    child.stdin.end(command.stdin instanceof Secret ? command.stdin.reveal() : '')
    return new Promise<{ code: number | null; stdout: string }>((resolve) =>
      child.on('close', (code) => resolve({ code, stdout })),
    )
  }
  const claim = async (at: ReceiptPlace, verdict: 'confirmed' | 'left') =>
    (await run(claimText(at, verdict))).stdout.trim()
  const undoing = (at: ReceiptPlace) => sh`echo undone >>${`${at.folder}.effects`}; echo said; exit 3`
  const effects = (at: ReceiptPlace) =>
    existsSync(`${at.folder}.effects`) ? readFileSync(`${at.folder}.effects`, 'utf8') : ''

  test('what nobody claims is undone once, with its exit code and what it said; a later claim is told so', async () => {
    const at = place()
    expect(await run(armText(at, undoing(at), 1))).toEqual({ code: 0, stdout: '' })
    expect((await run(endText(at))).stdout).toBe('3\nsaid\n')
    expect(await claim(at, 'confirmed')).toBe('undone')
    expect(effects(at)).toBe('undone\n')
    expect(existsSync(of(at, 'undo'))).toBe(false) // its text may hold a secret
  })

  test('what was claimed stays as the first one said, and its text is gone', async () => {
    const at = place()
    await run(armText(at, undoing(at), FAR))
    expect(await claim(at, 'confirmed')).toBe('confirmed')
    expect(await claim(at, 'left')).toBe('confirmed')
    expect(existsSync(of(at, 'undo'))).toBe(false)
  })

  test('what was given up before it was armed is never armed', async () => {
    const at = place()
    expect(await claim(at, 'left')).toBe('none')
    expect((await run(armText(at, undoing(at), 1))).code).toBe(1)
    expect(existsSync(of(at, 'undo'))).toBe(false)
  })

  test('of a restarted host it is known that it undoes no more, unless the step was confirmed there', async () => {
    const [left, confirmed, begun] = [place(), place(), place()]
    for (const at of [left, confirmed, begun]) {
      await run(armText(at, undoing(at), FAR))
      writeFileSync(of(at, 'boot'), 'another-boot\n')
    }
    expect(await claim(left, 'left')).toBe('lost')
    expect(await claim(left, 'confirmed')).toBe('lost')
    expect(existsSync(of(left, 'undo'))).toBe(false)
    expect(await claim(confirmed, 'confirmed')).toBe('confirmed')
    writeFileSync(of(begun, 'verdict'), 'undone\n') // restarted in the middle of undoing
    expect(await claim(begun, 'left')).toBe('undone')
    expect((await run(endText(begun))).stdout).toBe('lost\n')
  })

  test('of a host and controllers that decide at the same time exactly one does, and only the host undoes', async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      const at = place()
      await run(armText(at, undoing(at), FAR))
      const fire = run(sh`/bin/sh ${of(at, 'fire')} ${path.dirname(of(at, 'fire'))} no-such-mark 0`)
      const answers = await Promise.all([claim(at, 'left'), claim(at, 'confirmed'), claim(at, 'left')])
      await fire
      expect(new Set(answers).size).toBe(1)
      expect(effects(at)).toBe(answers[0] === 'undone' ? 'undone\n' : '')
    }
  })

  test('once the host has decided, what runs of the step is ended and nothing of it begins', async () => {
    const at = place()
    const env = { ...process.env, RUNBOOK_STEP: `${at.folder}/1.2.run` }
    const step = spawn('sleep', ['600'], { env, stdio: 'ignore' })
    const ended = new Promise((resolve) => step.on('exit', (_, signal) => resolve(signal)))
    const more = unlessUndone(at, rawText('echo begun; echo "$# ${d-} ${f-}"'))
    await run(armText(at, undoing(at), 1))
    expect((await run(more)).stdout).toBe('begun\n0  \n')
    expect(await ended).toBe('SIGTERM')
    await run(endText(at))
    expect(await run(more)).toEqual({ code: 98, stdout: '' })
  })
})
