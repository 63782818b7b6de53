import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import { ansibleVersion } from './ansible-contestant.ts'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import { ratioText, tableText } from './figures-text.ts'
import { GROUPS, HOSTS, writeInventory } from './inventory-files.ts'
import type { BenchOptions } from './options.ts'
import { pairRatios, spreadOf } from './statistics.ts'

const TARGET = 2 // issue 3: loading and resolving costs at most twice the parsing

/** A large inventory: loading it against parsing its YAML, and listing it against ansible-inventory. */
export async function measureInventory(options: BenchOptions, folder: string): Promise<readonly string[]> {
  const file = writeInventory(folder)
  return [
    `inventory: ${HOSTS} hosts in ${GROUPS} groups, group_vars for each`,
    ...againstParsing(file, options.rounds),
    ...growth(options.rounds),
    ...(await againstAnsible(file, folder, options)),
  ]
}

/** Processor time, as each process measures it of its own work: starting Node belongs to neither. */
function againstParsing(file: string, rounds: number): readonly string[] {
  const each = Array.from({ length: rounds }, () => ({ load: cpuMs('load', file), parse: cpuMs('parse', file) }))
  const load = each.map((round) => round.load)
  const parse = each.map((round) => round.parse)
  const ratio = spreadOf(pairRatios(load, parse))
  const text = ({ min, median, max }: ReturnType<typeof spreadOf>, digits: number): string =>
    [min, median, max].map((value) => value.toFixed(digits)).join(' / ')
  return [
    `load and resolve: CPU ms ${text(spreadOf(load), 0)} (min/median/max of ${rounds})`,
    `parse the YAML:   CPU ms ${text(spreadOf(parse), 0)}`,
    `load / parse, pair by pair: CPU ${text(ratio, 2)}`,
    `  target at most ${TARGET}: ${ratio.median <= TARGET ? 'met' : 'MISSED'}`,
  ]
}

/** Four times as many keys cost four times as much where reading is linear, sixteen times where it is quadratic. */
function growth(rounds: number): readonly string[] {
  const few = spreadOf(Array.from({ length: rounds }, () => cpuMs('keys', '20000'))).min
  const many = spreadOf(Array.from({ length: rounds }, () => cpuMs('keys', '80000'))).min
  const ratio = (many / few).toFixed(2)
  return [
    `20,000 keys: CPU ms ${few.toFixed(0)}; 80,000 keys: ${many.toFixed(0)} (smallest of ${rounds}): ${ratio} times`,
  ]
}

function cpuMs(what: 'load' | 'parse' | 'keys', file: string): number {
  const script = join(import.meta.dirname, 'inventory-once.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, what, file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${what}: ${stderr}`)
  return Number(stdout)
}

async function againstAnsible(
  file: string,
  folder: string,
  { program, ansibleRounds }: BenchOptions,
): Promise<readonly string[]> {
  if (ansibleVersion() === undefined || ansibleRounds === 0) return ['ansible-inventory: not measured']
  writeFileSync(join(folder, 'ansible.cfg'), '[defaults]\n')
  const at = { env: { ...childEnv(folder), ANSIBLE_CONFIG: join(folder, 'ansible.cfg') }, cwd: folder }
  const complaint = (output: string): string | undefined =>
    output.includes(`h${HOSTS - 1}.example.com`) ? undefined : output.slice(0, 1000)
  const ansible: Contestant = {
    name: 'ansible-inventory',
    program: { argv: ['ansible-inventory', '-i', file, '--list'], ...at },
    complaint,
  }
  const runbook: Contestant = {
    name: 'runbook inventory',
    program: { argv: [process.execPath, program, 'inventory', '--list', '-i', file], ...at },
    complaint,
  }
  const between = (): Promise<void> => Promise.resolve()
  const measured = await alternate([ansible, runbook], { rounds: ansibleRounds, folder, between })
  const target = { of: ansible.name, to: runbook.name, limit: { kind: 'at-least', ratio: 10 } } as const
  return [tableText(measured), ratioText(measured, target)]
}
