import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import type { BenchHost } from './host.ts'
import { type CheckedCommand, REGION, type Workload } from './workload.ts'

/** Which program plans what where. */
export interface PlanPlace {
  readonly program: string // main.js or main.ts
  readonly host: BenchHost
  readonly workload: Workload
  readonly folder: string
}

/** W1 as a runbook, planned: `runbook plan bench-w1 -i inventory.yaml`; the folder gets the runbook and the inventory. */
export function planContestant({ program, host, workload, folder }: PlanPlace): Contestant {
  mkdirSync(join(folder, 'runbooks'), { recursive: true })
  writeFileSync(join(folder, 'runbooks', 'bench-w1.yaml'), runbookText(host, workload))
  writeFileSync(join(folder, 'inventory.yaml'), inventoryText(host))
  const args = ['plan', 'bench-w1', '-i', 'inventory.yaml', '--detailed-exitcode', '--plain']
  return {
    name: 'runbook plan',
    program: { argv: [...host.way, process.execPath, program, ...args], env: childEnv(folder), cwd: folder },
    complaint: () => undefined, // exit code 0 with --detailed-exitcode: nothing to change
  }
}

/** Ansible reads it as well. */
const inventoryText = (host: BenchHost): string => `all:
  hosts:
    ${host.name}:
      ansible_host: ${host.address}
      ansible_port: ${host.port}
      ansible_user: ${host.user}
      ansible_ssh_private_key_file: ${host.identityFile}
      ansible_ssh_common_args: "-o UserKnownHostsFile=${host.knownHostsFile}"
`

export function runbookText({ user }: BenchHost, { files, edits, commands, services }: Workload): string {
  const checked = [...commands, ...(services.kind === 'units' ? [] : services.commands)]
  const steps = [
    ...files.map(({ path, template }) => step(`File ${path}`, 'file', { path, content: template })),
    ...edits.map(({ path, key, value }) => step(`${key} in ${path}`, 'env_file', { path, set: { [key]: value } })),
    ...checked.map(checkStep),
    ...(services.kind === 'units' ? services.units : []).map((unit) =>
      step(`${unit} runs`, 'service', { unit, state: 'started' }),
    ),
  ]
  return [HEAD, `become: ${user !== 'root'}`, 'steps:', ...steps].join('\n')
}

const HEAD = `name: bench-w1
summary: Twenty idempotent steps with nothing to change
hosts: all
params:
  region: {type: string, default: ${REGION}, description: goes into every file}
facts:
  - gather: {}
    as: machine
  - command: {argv: [uname, -r], read_only: true}
    as: kernel`

// JSON is YAML's flow style
const step = (name: string, module: string, args: object): string =>
  `  - name: ${JSON.stringify(name)}\n    ${module}: ${JSON.stringify(args)}`
const checkStep = ({ name, argv, check }: CheckedCommand): string => step(name, 'command', { argv, check })
