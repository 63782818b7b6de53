import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { rawText, sh, withStdin } from '../../src/model/command.ts'
import type { ProblemError } from '../../src/model/problem.ts'
import type { Reply } from '../../src/model/transport.ts'
import { connectionTo, isInstalled, shells } from './shells.ts'

const text = (reply: Reply) => ({ code: reply.code, out: reply.stdout.toString(), err: reply.stderr.toString() })

describe.each(shells)('a persistent %s', { timeout: 60_000 }, (name) => {
  if (!isInstalled(name)) {
    test.skip(`${name} is not installed`, () => {})
    return
  }
  const host = connectionTo(name)
  afterAll(() => host.close())
  const ask = (script: string) => host.probe('login').run(rawText(script))

  test('gives code, stdout and stderr apart, byte for byte', async () => {
    expect(text(await ask('echo out; echo err >&2; exit 3'))).toEqual({ code: 3, out: 'out\n', err: 'err\n' })
    expect(text(await ask('printf no-newline'))).toEqual({ code: 0, out: 'no-newline', err: '' })
    expect(text(await ask(''))).toEqual({ code: 0, out: '', err: '' })
    const every = await ask(
      'for a in 0 1 2 3; do for b in 0 1 2 3 4 5 6 7; do for c in 0 1 2 3 4 5 6 7; do printf \'%b\' "\\\\0$a$b$c"; done; done; done',
    )
    expect([...every.stdout]).toEqual(Array.from({ length: 256 }, (_, byte) => byte))
  })

  test('starts clean: fixed PATH, C locale, umask 077, no standard input, the home folder', async () => {
    const reply = text(
      await ask('echo "$PATH"; echo "$LC_ALL"; umask; cat; pwd; env | cut -d= -f1 | sort | tr "\\n" " "'),
    )
    const [path, locale, umask, folder, names] = reply.out.split('\n')
    expect([path, locale, umask, folder]).toEqual([
      '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'C',
      '0077',
      host.home,
    ])
    expect(
      names
        ?.trim()
        .split(' ')
        .filter((one) => !['HOME', 'LC_ALL', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', '_'].includes(one)),
    ).toEqual([])
  })

  test.each([
    ['exit 3', 3],
    ['set -eu; false; echo not reached', 1],
    ['exec true', 0],
    ['cd /; readonly here=changed; PATH=; LC_ALL=x; umask 0; IFS=; set -f; alias echo=false', 0],
    ['echo() { printf fooled; }; printf() { :; }; __runbook_mark() { :; }; unset PATH', 0],
    ["trap 'exit 9' EXIT", 9],
    ["kill -KILL $(exec sh -c 'echo $PPID')", 137],
    ['exec >&- 2>&-; echo lost', undefined],
    ['cat <<EOF\nhere\nEOF', 0],
    ['cat <<EOF\nnever closed', undefined],
    ['( (', undefined],
    [')', undefined],
    ['}', undefined],
    ['echo "unbalanced', undefined],
    ["echo 'unbalanced", undefined],
    ['echo `unbalanced', undefined],
    ['echo $(unbalanced', undefined],
    ['if true; then', undefined],
    ['done', undefined],
    ['esac; fi; done', undefined],
    ['true &', 0],
    ['# comment', 0],
    ['true \\', undefined],
    ['${', undefined],
    ['. /does/not/exist', undefined],
    ['return 4', undefined],
    ['break; continue', undefined],
    ['exec /does/not/exist', undefined],
    ["printf '\\n%s 1 0\\n' 0123456789abcdef0123456789abcdef", 0],
  ])('keeps to itself what it is told: %j', async (script, code) => {
    const before = (await ask('echo "$PATH $LC_ALL $IFS $$ $(umask) $(pwd)"; alias; set')).stdout
      .toString()
      .replace(/^_=.*$/gm, '')
    const reply = await ask(script)
    if (code !== undefined) expect(reply.code).toBe(code)
    const after = (await ask('echo "$PATH $LC_ALL $IFS $$ $(umask) $(pwd)"; alias; set')).stdout
      .toString()
      .replace(/^_=.*$/gm, '')
    expect(after).toBe(before)
  })

  test.each(['( (', ')', 'echo "unbalanced', 'if true; then', 'done'])(
    'a syntax error is a reply of its own: %j',
    async (script) => {
      const reply = await ask(script)
      expect(reply.code).not.toBe(0)
      expect(reply.stderr.length).toBeGreaterThan(0)
    },
  )

  test('no text can break the frames of the commands after it', async () => {
    const piece = fc.constantFrom(
      ...'\'"\\`$(){}[]<>|&;#!*?~=- \n\t%:,ab01',
      'EOF',
      '<<EOF\n',
      '$((',
      '${a',
      'exit ',
      'exec ',
      'eval ',
      'set -',
      'if ',
      'fi',
      'do',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        async (script) => {
          const [, alive] = await Promise.all([ask(script), ask('echo alive')])
          expect(alive.stdout.toString()).toContain('alive\n')
          expect(alive.code).toBe(0)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('any bytes come back through standard input', async () => {
    const echo = async (bytes: Uint8Array) => {
      const reply = await host.probe('login').run(withStdin(sh`cat`, bytes), { limitBytes: 10_000_000 })
      expect(Buffer.compare(reply.stdout, Buffer.from(bytes))).toBe(0)
    }
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), echo), { numRuns: 100 })
    await echo(Uint8Array.from({ length: 256 }, (_, byte) => byte))
    await echo(Buffer.from('\\0101\\n%s%%\\c\'"\\\\'))
    await echo(randomBytes(500_000))
  })

  test('any word comes back through quoting', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        async (words) => {
          fc.pre(words.every((word) => !word.includes('\0')))
          const reply = await host.probe('login').run(sh`printf '%s\\0' ${words}`)
          expect(reply.stdout.toString()).toBe(words.map((word) => `${word}\0`).join(''))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a NUL in a command is refused before anything is sent', async () => {
    await expect(ask('echo \0')).rejects.toThrow('NUL')
  })

  test('standard input that nobody reads harms nothing', async () => {
    expect((await host.probe('login').run(withStdin(sh`true`, randomBytes(300_000)))).code).toBe(0)
    expect(text(await host.probe('login').run(withStdin(sh`exit 7`, 'x')))).toEqual({ code: 7, out: '', err: '' })
  })

  test('output above the limit is counted and dropped, of each stream for itself', async () => {
    const reply = await host
      .probe('login')
      .run(rawText('head -c 3000000 /dev/zero; echo few >&2'), { limitBytes: 1000 })
    expect([reply.stdout.length, reply.stderr.toString(), reply.truncated]).toEqual([1000, 'few\n', true])
    expect((await host.probe('login').run(rawText('head -c 1000 /dev/zero'), { limitBytes: 1000 })).truncated).toBe(
      false,
    )
  })

  test('output is told as it comes, and a line before anything comes after it', async () => {
    const seen: string[] = []
    const opener = connectionTo(name)
    let opened: Promise<Reply> | undefined
    const fifo = join(host.home, 'gate')
    await ask(`mkfifo ${fifo}`)
    const running = host.probe('login').run(rawText(`echo first; cat ${fifo} >/dev/null; echo second >&2`), {
      onOutput: (stream, chunk, when) => {
        seen.push(`${stream}: ${chunk.toString().trim()}`)
        if (when === 'shown early') opened ??= opener.probe('login').run(rawText(`echo go >${fifo}`))
      },
    })
    await running
    await opened
    await opener.close()
    expect(seen.filter((one) => !one.endsWith(': '))).toEqual(['stdout: first', 'stderr: second'])
  })

  test('a command over its time is killed with all its children; those behind it go on', async () => {
    const marker = `${300_000 + Math.floor(Math.random() * 100_000)}`
    const hung = host
      .session('login')
      .run(rawText(`sleep ${marker} & (sleep ${marker} | cat); wait`), { timeoutMs: 200 })
    const behind = ask('echo behind')
    const session = host.session('login').run(rawText('echo next'))
    const problem = await hung.then(undefined, (error: ProblemError) => error.problems[0])
    expect(problem).toMatchObject({ kind: 'timeout', host: 'here', detail: 'it was killed' })
    expect(processesWith(marker)).toEqual([])
    expect([text(await behind).out, text(await session).out]).toEqual(['behind\n', 'next\n'])
  })

  test('a command that does not heed TERM is killed all the same', async () => {
    const marker = `${400_000 + Math.floor(Math.random() * 100_000)}`
    const script = `trap '' TERM; sleep ${marker}; sleep ${marker}`
    await expect(host.probe('login').run(rawText(script), { timeoutMs: 200 })).rejects.toMatchObject({
      problems: [{ kind: 'timeout', detail: 'it was killed' }],
    })
    expect(processesWith(marker)).toEqual([])
    expect(text(await ask('echo back')).out).toBe('back\n')
  })

  test('what was detached on purpose is left alone', async () => {
    const marker = `${500_000 + Math.floor(Math.random() * 100_000)}`
    const script = `setsid sleep ${marker} >/dev/null 2>&1 & sleep 100`
    await expect(host.probe('login').run(rawText(script), { timeoutMs: 200 })).rejects.toThrow('no end within 200 ms')
    const [detached, ...others] = processesWith(marker)
    expect([typeof detached, others]).toEqual(['number', []])
    if (detached) process.kill(detached)
  })

  test('a command that kills its shell is told as lost; the reads behind it are asked again', async () => {
    const killer = ask('kill -KILL $$')
    const behind = ask('echo behind')
    await expect(killer).rejects.toMatchObject({ problems: [{ kind: 'connection-lost' }] })
    expect(text(await behind).out).toBe('behind\n')
  })
})

/** Processes of this machine with that word among their arguments. */
const processesWith = (word: string): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && argumentsOf(entry).includes(word))
    .map(Number)

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
  } catch {
    return [] // it has ended meanwhile
  }
}
