import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import type { BenchHost } from './host.ts'
import { type CheckedCommand, REGION, type Workload } from './workload.ts'

/** Whether there is an Ansible to measure against (Debian: ansible-core), with the first line of its version. */
export function ansibleVersion(): string | undefined {
  const { status, stdout } = spawnSync('ansible-playbook', ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n')[0] : undefined
}

/**
 * W1 by Ansible in check mode, tuned: pipelining, a kept connection, no fact gathering, no search for a Python, the
 * quietest callback it ships with. The host needs Python.
 */
export function ansibleContestant(host: BenchHost, workload: Workload, folder: string): Contestant {
  const at = (name: string): string => join(folder, name)
  mkdirSync(at(CONTROL), { mode: 0o700 })
  writeFileSync(at('ansible.cfg'), configuration(folder, host))
  writeFileSync(at('playbook.yaml'), playbook(workload))
  return {
    name: 'ansible --check',
    program: {
      argv: [
        ...host.way,
        'ansible-playbook',
        '-i',
        at('inventory.yaml'),
        '--check',
        '-e',
        `region=${REGION}`,
        at('playbook.yaml'),
      ],
      env: { ...childEnv(folder), ANSIBLE_CONFIG: at('ansible.cfg') },
      cwd: folder,
    },
    complaint: (output) =>
      /\bok=20 +changed=0 +unreachable=0 +failed=0 /.test(output) ? undefined : output.trim() || 'no output',
  }
}

const CONTROL = 'control' // folder of the sockets of kept connections

/** Ends the connections that ssh keeps for Ansible. */
export function closeAnsible(folder: string): void {
  for (const socket of readdirSync(join(folder, CONTROL)))
    spawnSync('ssh', ['-F', 'none', '-o', `ControlPath=${join(folder, CONTROL, socket)}`, '-O', 'exit', 'bench'])
}

const configuration = (folder: string, host: BenchHost): string => `[defaults]
forks = 50
gathering = explicit
interpreter_python = /usr/bin/python3
home = ${folder}/ansible
local_tmp = ${folder}/ansible/local
remote_tmp = ${folder}/ansible/remote
retry_files_enabled = false
nocows = true
[ssh_connection]
pipelining = true
control_path_dir = ${folder}/${CONTROL}
ssh_args = -F none -C -o ControlMaster=auto -o ControlPersist=60s -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${host.knownHostsFile}
`

function playbook({ files, edits, commands, services }: Workload): string {
  const checked = [...commands, ...(services.kind === 'units' ? [] : services.commands)]
  const tasks: readonly object[] = [
    task('Look at the release', { 'ansible.builtin.slurp': { path: '/etc/os-release' }, register: 'release' }),
    task('Look at the kernel', {
      'ansible.builtin.command': { argv: ['uname', '-r'] },
      ...readOnly,
      register: 'kernel',
    }),
    ...files.map(({ path, template }) =>
      task(`File ${path}`, { 'ansible.builtin.copy': { dest: path, content: template, mode: '0644' } }),
    ),
    ...edits.map(({ path, key, value }) =>
      task(`${key} in ${path}`, {
        'ansible.builtin.lineinfile': { path, regexp: `^${key}=`, line: `${key}=${value}` },
      }),
    ),
    ...checked.map(checkTask),
    ...(services.kind === 'units' ? services.units : []).map((name) =>
      task(`${name} runs`, { 'ansible.builtin.systemd': { name, state: 'started' } }),
    ),
  ]
  const play = { name: 'bench-w1', hosts: 'all', gather_facts: false, strategy: 'free', tasks }
  return `${JSON.stringify([play], null, 2)}\n` // JSON is YAML
}

const readOnly = { check_mode: false, changed_when: false }
const task = (name: string, what: object): object => ({ name, ...what })
const checkTask = ({ name, check }: CheckedCommand): object =>
  task(name, { 'ansible.builtin.shell': check, ...readOnly })
