import { parseFlags } from './flag-words.ts'
import type { SeenEtcd, SeenProcess } from './look-etcd.ts'
import { parseExecStart } from './unit-text.ts'

/**
 * How a member is run and where its settings live: a unit with an environment file, with flags in its command, with
 * neither (settings go into a drop-in), with a configuration file; a kubeadm static pod; or a tool that owns the settings.
 */
export type Deploy =
  | 'systemd-env'
  | 'systemd-flags'
  | 'systemd-dropin'
  | 'config-file'
  | 'kubeadm'
  | 'rke'
  | 'rke2'
  | 'unknown'

/** How the process is run, from its unit, its control group and what lies on the host. */
export function deployOf(seen: SeenEtcd, process: SeenProcess): Deploy {
  if (isEtcdUnit(process)) return unitDeploy(process)
  if (process.words.some((word) => word.includes('/rancher/rke2/'))) return 'rke2'
  if (seen.manifest) return 'kubeadm'
  return seen.certificates.length > 0 && /docker/.test(process.cgroup) ? 'rke' : 'unknown'
}

/** One that somebody's program made for this start of etcd (systemd-run) has no file to edit, and is not there at the next. */
function isEtcdUnit({ unit, unitCat }: SeenProcess): boolean {
  const isTransient = unitCat.startsWith('# /run/systemd/transient/')
  return unit !== null && !isTransient && /(^|[/\s"'])etcd(["'\s]|$)/.test(parseExecStart(unitCat)?.command ?? '')
}

function unitDeploy(process: SeenProcess): Deploy {
  if (process.configFile || parseFlags(process.words).has('config-file')) return 'config-file'
  const flags = parseFlags(process.words)
  if (flags.has('heartbeat-interval') || flags.has('election-timeout')) return 'systemd-flags'
  const files = process.environmentFiles.length + process.missingEnvironmentFiles.length
  return files > 0 ? 'systemd-env' : 'systemd-dropin'
}
