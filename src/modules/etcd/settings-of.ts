import type { JsonObject } from '../../model/json.ts'
import { parseBootLog } from './boot-log.ts'
import { type EtcdTls, etcdctlFiles } from './client-tls.ts'
import { localUrl, splitUrls } from './client-url.ts'
import { type Deploy, deployOf } from './deploy.ts'
import type { EtcdArgs } from './etcd-args.ts'
import { type FileSettings, fileSettingsOf } from './file-settings.ts'
import { manifestPath, type SeenEtcd, type SeenProcess } from './look-etcd.ts'
import { DEFAULT_MS, type LookUp, lookUpIn, type TimeoutName, wholeMs } from './member-values.ts'

/** The settings of the etcd that runs on a host, and where they are kept. Times in ms. */
export type EtcdSettings = {
  readonly deploy: Deploy
  readonly unit: string | null
  readonly pid: number
  readonly name: string
  readonly version: string // of the running binary
  readonly heartbeat_ms: number | null // as running; null where it cannot be known
  readonly election_ms: number | null
  readonly heartbeat_source: string
  readonly election_source: string
  readonly file: string | null // where the timeouts are to be written
  readonly file_exists: boolean
  readonly file_heartbeat_ms: number | null // what the next start would use
  readonly file_election_ms: number | null
  readonly restart_owed: boolean
  readonly exec_start: string | null // command of the unit without the two timeout flags; null where it cannot be rewritten
  readonly data_dir: string
  readonly quota_bytes: number | null // room for the database; null: no limit
  readonly endpoint: string // by which the host reaches its own member
  readonly advertised: readonly string[]
  readonly metrics_url: string
  readonly tls: EtcdTls
  readonly problems: readonly string[] // what must be put right before the member is restarted
  readonly problem: string // the same in one text
  readonly notes: readonly string[] // what is worth knowing
}

/** Concludes from one look; pure. */
export function settingsOf(seen: SeenEtcd, process: SeenProcess, args: EtcdArgs): EtcdSettings {
  const deploy = deployOf(seen, process)
  const look = lookUpIn({ ...process, configText: process.configFile?.text ?? null })
  const text = (name: string): string | undefined => look(name)?.text
  const file = fileSettingsOf(seen, process, deploy)
  const heartbeat = runningMs(process, look, 'heartbeat-interval')
  const election = runningMs(process, look, 'election-timeout')
  const endpoint = localUrl(splitUrls(text('listen-client-urls') ?? 'http://localhost:2379')) ?? 'http://127.0.0.1:2379'
  const metrics = localUrl(splitUrls(text('listen-metrics-urls'))) ?? endpoint
  const advertised = splitUrls(text('advertise-client-urls'))
  const isTls = [endpoint, metrics, ...advertised].some((url) => url.startsWith('https://'))
  const problems = [...file.problems, ...contradictions([heartbeat, election])]
  return {
    deploy,
    unit: process.unit,
    pid: process.pid,
    name: text('name') ?? 'default',
    version: /etcd Version: (\S+)/.exec(process.versionText)?.[1] ?? 'unknown',
    heartbeat_ms: heartbeat.ms,
    election_ms: election.ms,
    heartbeat_source: heartbeat.source,
    election_source: election.source,
    ...pathsOf(process, deploy, file),
    file_heartbeat_ms: file.heartbeatMs,
    file_election_ms: file.electionMs,
    restart_owed: heartbeat.ms !== file.heartbeatMs || election.ms !== file.electionMs,
    exec_start: file.execStart,
    data_dir: text('data-dir') ?? `${text('name') ?? 'default'}.etcd`,
    quota_bytes: quotaOf(text('quota-backend-bytes')),
    endpoint,
    advertised,
    metrics_url: `${metrics}/metrics`,
    tls: isTls ? tlsOf(seen, args, { process, text, deploy }) : { cacert: null, cert: null, key: null },
    problems,
    problem: problems.join('; '),
    notes: file.notes,
  }
}

/** As plain data for templates and expressions. */
export const settingsJson = (settings: EtcdSettings): JsonObject => ({ ...settings, tls: { ...settings.tls } })

function pathsOf(process: SeenProcess, deploy: Deploy, file: FileSettings): Pick<EtcdSettings, 'file' | 'file_exists'> {
  switch (deploy) {
    case 'systemd-flags':
    case 'systemd-dropin':
      return { file: `/etc/systemd/system/${process.unit}.d/${dropInName}.conf`, file_exists: file.exists }
    case 'kubeadm':
      return { file: manifestPath, file_exists: true }
    default:
      return { file: file.path, file_exists: file.exists }
  }
}

/** etcd's own rule (server/etcdserver/quota.go): 0 or nothing is 2 GiB, a negative number is no limit. */
function quotaOf(text: string | undefined): number | null {
  const bytes = Number(text ?? 0)
  if (bytes < 0) return null
  return bytes > 0 ? bytes : 2 * 1_073_741_824
}

/** The name of the drop-in that holds timeouts, without `.conf`: sorts after other people's drop-ins. */
export const dropInName = 'zz-etcd-timeouts'

interface RunningMs {
  readonly name: TimeoutName
  readonly ms: number | null
  readonly source: string
  readonly contradiction?: string
}

/** What the process runs with: its command line and environment do not change; a configuration file may have, since. */
function runningMs(process: SeenProcess, look: LookUp, name: TimeoutName): RunningMs {
  const boot = parseBootLog(process.bootLog)
  const logged = name === 'heartbeat-interval' ? boot.heartbeatMs : boot.electionMs
  const found = look(name)
  const told = found ? wholeMs(found.text) : DEFAULT_MS[name]
  const source = found?.source ?? 'default'
  if (source === 'config-file' || process.configFile) return fromConfigFile(process, { name, told, logged })
  if (logged === undefined || told === null || logged === told) return { name, ms: told ?? logged ?? null, source }
  return {
    name,
    ms: logged,
    source,
    contradiction: `${name} is ${told} ms by ${source}, but etcd logged ${logged} ms at start`,
  }
}

// Clocks of process start and file time are read in whole seconds and jiffies; closer than this is no order.
const sameMomentS = 2

function fromConfigFile(
  process: SeenProcess,
  {
    name,
    told,
    logged,
  }: { readonly name: TimeoutName; readonly told: number | null; readonly logged: number | undefined },
): RunningMs {
  const source = 'config-file'
  if (logged !== undefined) return { name, ms: logged, source }
  const changed = (process.configFile?.mtimeS ?? 0) > (process.startedS ?? 0) + sameMomentS
  if (!changed) return { name, ms: told, source }
  return {
    name,
    ms: null,
    source,
    contradiction: `${name} cannot be known: the configuration file changed after etcd started, and its log does not tell`,
  }
}

const contradictions = (values: readonly RunningMs[]): readonly string[] =>
  values.flatMap((value) => value.contradiction ?? [])

function tlsOf(
  seen: SeenEtcd,
  args: EtcdArgs,
  member: {
    readonly process: SeenProcess
    readonly text: (name: string) => string | undefined
    readonly deploy: Deploy
  },
): EtcdTls {
  const own = {
    cacert: member.text('trusted-ca-file') ?? null,
    cert: member.text('cert-file') ?? null,
    key: member.text('key-file') ?? null,
  }
  const known = member.deploy === 'kubeadm' ? kubeadmTls(seen) : member.deploy === 'rke' ? rkeTls(seen) : undefined
  const { cacert, cert, key } = { ...own, ...known, ...etcdctlFiles(member.process) }
  return { cacert: args.cacert ?? cacert, cert: args.cert ?? cert, key: args.key ?? key }
}

function kubeadmTls({ nodePaths }: SeenEtcd): Partial<EtcdTls> {
  const [cert, key, cacert] = ['healthcheck-client.crt', 'healthcheck-client.key', 'ca.crt'].map((file) =>
    nodePaths.find((path) => path.endsWith(`/pki/etcd/${file}`)),
  )
  return cert && key && cacert ? { cert, key, cacert } : {}
}

function rkeTls({ certificates, nodePaths }: SeenEtcd): Partial<EtcdTls> {
  const key = certificates.find((path) => path.endsWith('-key.pem'))
  const cert = key?.replace(/-key\.pem$/, '.pem')
  const cacert = nodePaths.find((path) => path.endsWith('/kube-ca.pem'))
  return key && cert && cacert ? { cert, key, cacert } : {}
}
