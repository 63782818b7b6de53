import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execLab, resetLab, sshLab } from '../../../lab/lab.ts'
import { labPaths } from '../../../lab/paths.ts'
import type { Outcome } from '../../../lab/run-tool.ts'
import type { LabSettings } from '../../../lab/settings.ts'

const checkout = path.resolve(import.meta.dirname, '../../..')

/** The files that docs/from-ansible.md shows. */
export const shown = {
  playbook: path.join(checkout, 'docs/from-ansible/playbook.yaml'),
  runbook: path.join(checkout, 'docs/from-ansible/greeter.yaml'),
  page: path.join(checkout, 'docs/from-ansible.md'),
}

/** Both programs on the lab's two hosts with Python: Ansible has p1, runbook p2. */
export interface Both {
  /** Makes both hosts as new, with the package's repository on them. */
  fresh(): Promise<void>
  ansible(...args: readonly string[]): Promise<Outcome>
  runbook(command: 'plan' | 'apply', ...args: readonly string[]): Promise<Outcome>
  rollback(): Promise<Outcome>
  onHost(host: 'p1' | 'p2', script: string): Promise<string>
}

/** `folder` is for Ansible's configuration and runbook's journals. */
export function bothIn(folder: string, settings: LabSettings): Both {
  const { inventory } = labPaths(settings.stateDir)
  const config = path.join(folder, 'ansible.cfg')
  writeFileSync(config, ansibleConfig(folder))
  const onHost: Both['onHost'] = async (host, script) => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}`)
    return stdout
  }
  const runbook = (...args: readonly string[]) =>
    execLab([process.execPath, path.join(checkout, 'src/main.ts'), ...args], settings)
  const own = ['-i', inventory, '--state-dir', path.join(folder, 'state')]
  return {
    onHost,
    fresh: async () => {
      await resetLab(settings)
      const script = readFileSync(path.join(import.meta.dirname, 'greeter-repository.sh'), 'utf8')
      await Promise.all([onHost('p1', script), onHost('p2', script)])
    },
    ansible: (...args) =>
      execLab(
        [
          '/usr/bin/env',
          `ANSIBLE_CONFIG=${config}`,
          'ansible-playbook',
          '-i',
          inventory,
          '-l',
          'p1',
          ...args,
          shown.playbook,
        ],
        settings,
      ),
    runbook: (command, ...args) => runbook(command, shown.runbook, ...own, '-l', 'p2', ...args),
    rollback: () => runbook('rollback', 'last', ...own, '--yes'),
  }
}

// Tuned as bench/ansible-contestant.ts is: pipelining, no facts, no search for a Python; ssh keeps its connection by itself.
const ansibleConfig = (folder: string): string => `[defaults]
gathering = explicit
interpreter_python = /usr/bin/python3
home = ${folder}/ansible
local_tmp = ${folder}/ansible/local
retry_files_enabled = false
nocows = true
[ssh_connection]
pipelining = true
`
