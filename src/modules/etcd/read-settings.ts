import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import type { EtcdArgs } from './etcd-args.ts'
import { lookEtcd, type SeenEtcd } from './look-etcd.ts'
import { type EtcdSettings, settingsOf } from './settings-of.ts'
import { unitProperty } from './unit-text.ts'

/** The etcd of a host, or why there is none to speak of. */
export type Found =
  | { readonly kind: 'found'; readonly settings: EtcdSettings }
  | { readonly kind: 'none'; readonly message: string; readonly hint: string; readonly stopped?: true } // stopped: it may be started

/** Finds the etcd of this host. */
export const readSettings = async (args: EtcdArgs, runner: Runner): Promise<Found> =>
  findIn(await lookEtcd(runner, args.unit), args)

/** As readSettings; throws ProblemError of kind blocked where there is none. */
export const requireSettings = async (args: EtcdArgs, runner: Runner): Promise<EtcdSettings> =>
  settingsIn(await readSettings(args, runner))

/** Throws ProblemError of kind blocked where none was found. */
export function settingsIn(found: Found): EtcdSettings {
  if (found.kind === 'found') return found.settings
  throw new ProblemError({ kind: 'blocked', message: found.message, hint: found.hint })
}

/** Exported for tests: chooses the one etcd process. */
export function findIn(seen: SeenEtcd, args: EtcdArgs): Found {
  const [process, ...others] = seen.processes
  if (!process) return nothingRuns(seen, args)
  if (others.length === 0) return { kind: 'found', settings: settingsOf(seen, process, args) }
  const list = seen.processes.map((one) => `${one.pid} (${one.unit ?? 'no unit'})`).join(', ')
  return {
    kind: 'none',
    message: `${seen.processes.length} etcd processes run on this host: ${list}`,
    hint: 'say which one with `unit: NAME`',
  }
}

function nothingRuns({ units, nodePaths }: SeenEtcd, { unit }: EtcdArgs): Found {
  if (nodePaths.some((path) => path.includes('/k3s/')))
    return {
      kind: 'none',
      message: 'etcd runs inside the k3s process on this host',
      hint: 'give its settings as etcd-arg in /etc/rancher/k3s/config.yaml',
    }
  const state = unitProperty(units, 'ActiveState')
  const known = unitProperty(units, 'LoadState') === 'loaded' ? `; ${unit ?? 'etcd.service'} is ${state}` : ''
  return {
    kind: 'none',
    message: `no etcd process runs on this host${known}`,
    hint: 'start it, or take the host out of the group; reading processes of others needs become: true',
    stopped: true,
  }
}
