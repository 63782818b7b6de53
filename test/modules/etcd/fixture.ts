import { readFileSync } from 'node:fs'
import path from 'node:path'

const folder = path.join(import.meta.dirname, '../../fixtures/etcd')

/** The text of a file under test/fixtures/etcd. */
export const fixture = (name: string): string => readFileSync(path.join(folder, name), 'utf8')

export const versions = ['3.3.27', '3.4.23', '3.5.16'] as const
export type Version = (typeof versions)[number]
export type Scenario = 'healthy' | 'one-member-down' | 'leader-frozen' | 'no-quorum' | 'nospace'

/** What etcdctl answered in a scenario. */
export const recorded = (version: Version, scenario: Scenario, command: string) => {
  const base = `etcdctl/${version}/${scenario}/${command}`
  return {
    stdout: fixture(`${base}.stdout`),
    stderr: fixture(`${base}.stderr`),
    code: Number(fixture(`${base}.rc`)),
  }
}
