import { spawnSync } from 'node:child_process'
import path from 'node:path'

/** An inventory to read: its sources as given with -i, and host patterns to resolve in it. */
export interface Asked {
  readonly sources: readonly string[]
  readonly patterns: readonly string[]
}

/** What Ansible made of it. */
export type Answer =
  | {
      readonly list: unknown
      readonly yaml: string // --list --yaml, without folded lines and anchors
      readonly hosts: Readonly<Record<string, readonly string[]>>
      readonly warnings: readonly string[]
    }
  | { readonly error: string; readonly warnings: readonly string[] }

/** Debian's Ansible on all inventories, in one process (a call of `ansible-inventory` costs half a second). */
export function askAnsible(asked: readonly Asked[], cwd: string): readonly Answer[] {
  const script = path.join(import.meta.dirname, 'ansible-inventory.py')
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [script], {
    cwd,
    encoding: 'utf8',
    input: `${asked.map((one) => JSON.stringify(one)).join('\n')}\n`,
    maxBuffer: 1 << 30,
  })
  if (status !== 0) throw new Error(`Ansible's inventory code did not run (apt install ansible-core): ${stderr}`)
  const lines = stdout.trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Answer) // what ansible-inventory.py prints
}
