import { sshLab } from '../../lab/lab.ts'
import type { LabSettings } from '../../lab/settings.ts'

/** A host as it is compared: one line for each file, content, unit and setting. */
export interface HostState {
  readonly host: string
  /** `path|type|mode|owner|group|link|size`, and for all but directories `|mtime`. */
  readonly files: readonly string[]
  readonly contents: readonly string[] // sha256 and path, where steps write; elsewhere size and time must do
  readonly units: readonly string[] // states of services, what the workload's service runs with, kernel settings
}

// What changes without anybody changing it: kernel views, logs, and the run folders, which are looked at apart.
const alive = ['/proc', '/sys', '/dev', '/run', '/tmp', '/var/log', '/var/lib/runbook', '/root/.runbook']
const pruned = `\\( ${alive.map((folder) => `-path ${folder}`).join(' -o ')} \\) -prune -o`

const LOOK = `find / -xdev ${pruned} -printf '%p|%y|%m|%U|%G|%l|' \\( -type d -printf '\\n' -o -printf '%s|%T@\\n' \\)
echo =contents
find /etc /srv /usr/local /root /home /opt -xdev ${pruned} -type f -exec sha256sum {} +
echo =units
systemctl list-units --type=service --all --plain --no-legend | awk '$1 !~ /^user/ {print $1, $2, $3, $4}'
systemctl show -p UnitFileState,ActiveState,NeedDaemonReload faults.service
tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value faults.service)/environ 2>/dev/null | grep PACE
sysctl net.ipv4.ip_default_ttl; true`

/** Looks at hosts, all at once. */
export function hostStates(hosts: readonly string[], settings: LabSettings): Promise<readonly HostState[]> {
  return Promise.all(hosts.map((host) => hostState(host, settings)))
}

async function hostState(host: string, settings: LabSettings): Promise<HostState> {
  const { code, stdout, stderr } = await sshLab(host, [LOOK], settings)
  if (code !== 0) throw new Error(`${host}: ${stderr}`)
  const [files = '', contents = '', units = ''] = stdout.split(/=contents\n|=units\n/)
  const lines = (text: string) => text.trimEnd().split('\n').sort()
  return { host, files: lines(files), contents: lines(contents), units: lines(units) }
}

/** The states without the times of files, which are those of the run that wrote them. */
export const timeless = (states: readonly HostState[]): readonly HostState[] =>
  states.map((state) => ({
    ...state,
    files: state.files.map((line) => (line.split('|')[1] === 'd' ? line : line.split('|').slice(0, -1).join('|'))),
  }))

/** What differs, line by line; empty when nothing does. */
export function differing(before: readonly HostState[], after: readonly HostState[]): readonly string[] {
  const linesOf = (states: readonly HostState[]): readonly string[] =>
    states.flatMap(({ host, files, contents, units }) =>
      [...files, ...contents, ...units].map((line) => `${host} ${line}`),
    )
  const [old, now] = [new Set(linesOf(before)), new Set(linesOf(after))]
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ]
}
