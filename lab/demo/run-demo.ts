import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { downLab, upLab } from '../lab.ts'
import { LabError } from '../lab-error.ts'
import { labPaths } from '../paths.ts'
import { requireMachine } from '../requirements.ts'
import { type Argv, passThrough } from '../run-tool.ts'
import { labSettings } from '../settings.ts'
import { requireState } from '../state.ts'
import { networkArgv } from '../supervisor.ts'

// `npm run demo`: plan, apply and rollback with nothing hidden, on three real hosts where this machine can have them,
// else on a scratch folder of this machine.

const checkout = path.resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(path.join(tmpdir(), 'runbook-demo-'))

/** Runs the command line on this terminal, as a person would, and gives its exit code. */
interface Stage {
  readonly runbook: string
  readonly inventory: string
  readonly options: readonly string[]
  readonly enter: (argv: Argv) => Argv
}

async function show(stage: Stage, words: readonly string[]): Promise<number> {
  console.log(`\n$ runbook ${words.join(' ')}`)
  const argv: Argv = [
    process.execPath,
    path.join(checkout, 'src/main.ts'),
    ...words,
    '-i',
    stage.inventory,
    '--state-dir',
    scratch,
  ]
  return passThrough(stage.enter(argv), { cwd: checkout })
}

/** 0 when every command ended as it should; 10 (applied, a measure missed its target) is no failure of the demo. */
async function planApplyRollBack(stage: Stage): Promise<number> {
  const good = (code: number): boolean => code === 0 || code === 10
  if (!good(await show(stage, ['plan', stage.runbook, ...stage.options]))) return 1
  if (!good(await show(stage, ['apply', stage.runbook, ...stage.options, '--yes']))) return 1
  const run = readdirSync(path.join(scratch, 'runs')).sort().at(-1) ?? ''
  return good(await show(stage, ['rollback', run, '--yes'])) ? 0 : 1
}

async function onRealHosts(): Promise<number> {
  const settings = labSettings({}, { stateDir: path.join(scratch, 'lab'), report: (line) => console.log(line) })
  console.log(
    'Booting three Debian hosts with systemd, sshd and etcd (the first time their images are built: about a minute).',
  )
  try {
    await upLab('etcd3', settings)
    const { init } = requireState(settings)
    return await planApplyRollBack({
      runbook: 'etcd-tune-timeouts',
      inventory: labPaths(settings.stateDir).inventory,
      options: ['--set', 'soak=2s', '--set', 'window=5s'],
      enter: (argv) => networkArgv(init, argv),
    })
  } finally {
    await downLab(settings)
  }
}

async function onThisMachine(why: string): Promise<number> {
  console.log(`${why}\n\nSo here is the same engine on a scratch folder of this machine.`)
  const file = path.join(scratch, 'etcd.conf')
  writeFileSync(file, '# settings of etcd\nETCD_NAME=e1\nETCD_HEARTBEAT_INTERVAL=100\n')
  const runbook = path.join(import.meta.dirname, 'demo-local.yaml')
  const inventory = path.join(scratch, 'local.yaml')
  writeFileSync(inventory, `all: {hosts: {here: {ansible_connection: local, file: "${file}"}}}\n`)
  return planApplyRollBack({ runbook, inventory, options: [], enter: (argv) => argv })
}

function whyNoLab(): string | undefined {
  try {
    requireMachine()
    return undefined
  } catch (error) {
    if (error instanceof LabError) return error.message
    throw error
  }
}

const why = whyNoLab()
try {
  process.exitCode = why === undefined ? await onRealHosts() : await onThisMachine(why)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
