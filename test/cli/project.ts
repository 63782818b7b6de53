import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { vi } from 'vitest'
import { emptyFolder, type Ran, runbook } from './spawn-runbook.ts'

/** A folder of a user's own, with files in it, and the program run there; this machine is its only host. */
export interface Project {
  readonly folder: string
  run(...args: readonly string[]): Promise<Ran>
  /** Runs the program until it has made `file`, and then kills it with SIGKILL. */
  runUntil(file: string, ...args: readonly string[]): Promise<void>
  write(file: string, text: string): void
  read(file: string): string
}

export function makeProject(files: Readonly<Record<string, string>>): Project {
  const folder = emptyFolder()
  const at = (file: string): string => path.join(folder, file)
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(at(file)), { recursive: true })
    writeFileSync(at(file), text.replaceAll('$HERE', folder))
  }
  for (const [file, text] of Object.entries(files)) write(file, text)
  const env = { RUNBOOK_STATE_DIR: at('state'), RUNBOOK_HOST_FOLDER: at('host') }
  return {
    folder,
    write,
    run: (...args) => runbook(args, { cwd: folder, env }),
    runUntil: async (file, ...args) => {
      const killer = new AbortController()
      const ran = runbook(args, { cwd: folder, env, signal: killer.signal })
      const early = ran.then(({ stdout, stderr }) => Promise.reject(new Error(`ended early: ${stdout}${stderr}`)))
      await Promise.race([vi.waitUntil(() => existsSync(at(file)), { timeout: 30_000 }), early])
      killer.abort()
      await ran.catch(() => undefined)
    },
    read: (file) => readFileSync(at(file), 'utf8'),
  }
}

export const LOCAL_INVENTORY = `all:
  vars: {runbooks: [greet]}
  hosts:
    here: {ansible_connection: local}
`

/** One step that can be undone by itself, one that says how it is undone. */
export const GREET = `name: greet
summary: Write a greeting
hosts: all
params:
  greeting: {type: string, default: hello, description: what to say}
on_failure: rollback_run
steps:
  - id: greet
    name: Write the greeting
    env_file: {path: $HERE/target, set: {GREETING: "{{ greeting }}"}}
  - name: Tell that it changed
    command: {argv: [touch, $HERE/told]}
    when_changed: greet
    undo:
      command: {argv: [rm, $HERE/told]}
`

export const FINAL = `name: final
summary: What cannot be undone
hosts: all
steps:
  - name: Burn the bridge
    command: {argv: [touch, $HERE/burnt]}
    irreversible: true
`

export const BROKEN = `name: broken
summary: Fails after its first step
hosts: all
on_failure: rollback_run
steps:
  - name: Write the greeting
    env_file: {path: $HERE/target, set: {GREETING: broken}}
  - name: Fail
    command: {argv: [sh, -c, "echo why >&2; exit 3"]}
    undo:
      command: {argv: ["true"]}
`
