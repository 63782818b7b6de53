import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one run of a whole process, with all processes it waited for, has cost. */
export interface Measurement {
  readonly wallMs: number
  readonly cpuMs: number // user and system
  readonly rssMib: number // the largest resident set of any of its processes
}

/** A program to run: everything it gets from outside. */
export interface Program {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

export interface MeasuredRun extends Measurement {
  readonly code: number | null
  readonly output: string // stdout and stderr
}

/**
 * Runs a program once. Wall and CPU time come from bash's `time` (wait4's rusage, to the millisecond; the child's
 * children are in it), the resident set from GNU time, whose own start (about 1 ms) is in every figure alike.
 */
export async function measureRun(program: Program, folder: string): Promise<MeasuredRun> {
  const [times, rss, output] = ['times', 'rss', 'output'].map((name) => join(folder, name)) as [string, string, string] // three names, three paths
  const script =
    'times=$1 rss=$2 out=$3; shift 3; { time /usr/bin/time -q -o "$rss" -f %M -- "$@" </dev/null >"$out" 2>&1; } 2>"$times"'
  const child = spawn('bash', ['-c', script, 'bench', times, rss, output, ...program.argv], {
    cwd: program.cwd,
    env: { ...program.env, TIMEFORMAT: '%3R %3U %3S', LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return {
    ...parseMeasurement(readFileSync(times, 'utf8'), readFileSync(rss, 'utf8')),
    code,
    output: readFileSync(output, 'utf8'),
  }
}

/** From `real user system` in seconds and the resident set in KiB; throws on anything else. */
export function parseMeasurement(times: string, rss: string): Measurement {
  const found = /^(\d+\.\d{3}) (\d+\.\d{3}) (\d+\.\d{3})$/m.exec(times)
  const kib = Number(rss.trim())
  if (!found || !Number.isInteger(kib) || kib <= 0)
    throw new Error(`not a measurement: ${times.trim()} / ${rss.trim()}`)
  const [wall = 0, user = 0, system = 0] = found.slice(1).map(Number)
  return { wallMs: Math.round(wall * 1000), cpuMs: Math.round((user + system) * 1000), rssMib: kib / 1024 }
}
