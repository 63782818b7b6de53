import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { sshLab } from '../../../lab/lab.ts'
import type { LabSettings } from '../../../lab/settings.ts'
import { HOSTILE, isSafe } from '../../report/hostile.ts'
import { cliAt } from './cli-at.ts'
import { parseRecords } from './journal-of.ts'
import { cliFor } from './run-cli.ts'

// A host that answers with what would take over a terminal, a shell or the controller's memory: the tests of transport.test.ts.

const checkout = path.resolve(import.meta.dirname, '../../..')
const MOST_MIB = 150
const MOST_LOOK_MIB = 200 // all that a look prints comes over the connection, and what is read is freed later than it comes
const GIB = 1024 ** 3
/** In full (`RUNBOOK_HOSTILE=full`) a look sends 1 GiB through the connection; in CI an eighth. */
const lookBytes = process.env.RUNBOOK_HOSTILE === 'full' ? GIB : GIB / 8

/** What a fact says: commands, quotes, line breaks and escapes, each alone in a line. A NUL is a test of its own. */
const FACT = [
  '$(touch /srv/hostile/pwned) `touch /srv/hostile/pwned`; touch /srv/hostile/pwned',
  `it's "quoted" \\ {{ inventory_hostname }} {{{ x }}} %s $HOME !!`,
  '-rf --checkpoint-action=exec=sh',
  ...HOSTILE.filter((text) => !/[\0\ud800]/.test(text)),
  'ö 💥',
].join('\n')

/** One runbook in a file beside the lab's state; what it prints is all of stdout and stderr. */
export function hostileHostTests(settings: LabSettings): void {
  const cli = cliFor(settings)
  const onHost = async (script: string, input?: string): Promise<string> => {
    const text =
      input === undefined ? script : `printf %s '${Buffer.from(input).toString('base64')}' | base64 -d | (${script})`
    const { code, stdout, stderr } = await sshLab('h1', [`sh -c '${text.replaceAll("'", "'\\''")}'`], settings)
    if (code !== 0) throw new Error(`${script}: ${stderr}`)
    return stdout
  }
  const book = (name: string, text: string): string => {
    const file = path.join(settings.stateDir, `${name}.yaml`)
    writeFileSync(file, `name: ${name}\nsummary: A hostile host\nhosts: h1\n${text}`)
    return file
  }
  const go = ['--yes', '--allow-irreversible', '-v']

  test('what it says is one word in a script, and text on a terminal and in reports', async () => {
    await onHost('mkdir -p /srv/hostile; cat >/srv/hostile/fact', FACT)
    const file = book(
      'hostile-fact',
      `facts:
  - command: {argv: [cat, /srv/hostile/fact], read_only: true}
    as: fact
guards:
  - assert: {that: "fact.stdout.size() > 10", message: "{{ fact.stdout }}"}
steps:
  - id: copy
    shell: {script: "printf %s {{ fact.stdout }} >/srv/hostile/copy; cat /srv/hostile/fact; cat /srv/hostile/fact >&2"}
    undo: {shell: {script: "rm /srv/hostile/copy"}}
  - id: fail
    shell: {script: "cat /srv/hostile/fact >&2; exit 3"}
    irreversible: true
`,
    )
    const plan = await cli.run('plan', file, '-v')
    const apply = await cli.run('apply', file, ...go)
    const json = await cli.run('apply', file, ...go, '--json')
    const reports = await Promise.all(
      ['text', 'markdown'].map((format) => cli.run('report', 'last', '--format', format)),
    )
    const ends = [plan, apply, json].map(({ code, stderr }) => ({ code, stderr: code === 3 ? stderr : '' }))
    expect(ends).toEqual([0, 7, 7].map((code) => ({ code, stderr: '' })))
    expect(apply.stderr + apply.stdout).toContain('\\x1b]0;owned\\x07')
    for (const { stdout, stderr } of [plan, apply, ...reports]) expect(isSafe(stdout + stderr)).toBe(true)
    const untold = json.stdout.split('\n').filter((line) => line !== '')
    for (const line of untold) expect(JSON.parse(line)).toMatchObject({})
    expect(await onHost('cat /srv/hostile/copy')).toBe(FACT)
    expect(await onHost('ls /srv/hostile')).not.toContain('pwned')
  })

  test('a NUL in what it says is refused where it would be a word, before anything runs', async () => {
    await onHost('mkdir -p /srv/hostile; cat >/srv/hostile/nul', 'a\0b')
    const file = book(
      'hostile-nul',
      `facts:
  - command: {argv: [cat, /srv/hostile/nul], read_only: true}
    as: fact
steps:
  - shell: {script: "touch /srv/hostile/ran; echo {{ fact.stdout }}"}
    irreversible: true
`,
    )
    const { code, stdout, stderr } = await cli.run('apply', file, ...go)
    expect({ code, said: stdout + stderr }).toMatchObject({ code: 3, said: expect.stringContaining('NUL') })
    expect(await onHost('ls /srv/hostile')).not.toContain('ran')
  })

  test(`gigabytes of output leave the controller below ${MOST_MIB} MiB`, async () => {
    const bundle = path.join(settings.stateDir, 'bundle')
    execFileSync(process.execPath, [path.join(checkout, 'scripts/build.ts'), path.join(bundle, 'dist')])
    copyFileSync(path.join(checkout, 'package.json'), path.join(bundle, 'package.json'))
    const flood = (bytes: number): string => `yes | head -c ${bytes}`
    const step = book(
      'hostile-step',
      `steps:\n  - shell: {script: "${flood(GIB)}"}\n    irreversible: true\n    timeout: 10m\n`,
    )
    const look = book(
      'hostile-look',
      `guards:\n  - shell: {script: "${flood(lookBytes)}", read_only: true}\n    timeout: 10m\n`,
    )
    const stateDir = path.join(settings.stateDir, 'flooded')
    const installed = cliAt({ settings, stateDir, main: path.join(bundle, 'dist/main.js') })
    for (const [most, verb, file, ...flags] of [
      [MOST_MIB, 'apply', step, '--yes', '--allow-irreversible'],
      [MOST_LOOK_MIB, 'plan', look],
    ] as const) {
      const started = installed.start(verb, file, ...flags)
      const peak = await peakUntil(installed.stateDir, started.ended)
      expect({ code: await started.ended, said: started.said().slice(-2000) }).toEqual({
        code: 0,
        said: expect.any(String),
      })
      process.stderr.write(`${verb}: the controller's peak was ${Math.round(peak)} MiB\n`)
      expect(peak).toBeGreaterThan(20)
      expect(peak).toBeLessThan(most)
    }
    await onHost('rm -rf /var/lib/runbook')
  })

  test('what drips out byte by byte comes whole', async () => {
    const file = book(
      'hostile-drip',
      `steps:
  - shell: {script: "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do printf '\\\\303'; sleep 0.1; printf '\\\\266'; sleep 0.1; done"}
    irreversible: true
    as: drip
`,
    )
    expect(await cli.run('apply', file, ...go)).toMatchObject({ code: 0 })
    const outputs = parseRecords(cli.stateDir).records.flatMap((one) =>
      one.type === 'step-finished' ? [one.output] : [],
    )
    expect(outputs).toMatchObject([{ stdout: 'ö'.repeat(12), code: 0 }])
  })
}

/** The highest resident set in MiB of the program with this state folder, as the kernel kept it, until it ended. */
async function peakUntil(stateDir: string, ended: Promise<unknown>): Promise<number> {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  let peak = 0
  while (!isOver) {
    for (const status of statusesOf(stateDir))
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return peak
}

function statusesOf(stateDir: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(stateDir)
        return isOurs ? [readFileSync(`/proc/${pid}/status`, 'utf8')] : []
      } catch {
        return [] // it has ended
      }
    })
}
