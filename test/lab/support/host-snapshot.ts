import { sshLab } from '../../../lab/lab.ts'
import type { LabSettings } from '../../../lab/settings.ts'

/** A host as it can be compared: its files, its units, and what its etcd runs with. */
export interface HostSnapshot {
  readonly files: readonly string[] // path|type|mode|uid|gid|link|size|mtime of every file but those that live by themselves
  readonly contents: readonly string[] // sha256 and path of every regular file
  readonly units: readonly string[] // services with their states and invocation ids
  readonly running: readonly string[] // etcd's command line and environment
}

// Units: without login sessions, and without the lab's stand-in for the kubelet, which runs every few seconds.
// What changes without anybody changing it: kernel views, logs, etcd's own data, and the run folders that are asked for apart.
const alive = ['/proc', '/sys', '/dev', '/run', '/var/log', '/var/lib/etcd', '/var/lib/runbook']
const pruned = `\\( ${alive.map((folder) => `-path ${folder}`).join(' -o ')} \\) -prune -o`

export async function snapshotHost(host: string, settings: LabSettings): Promise<HostSnapshot> {
  const lines = async (script: string): Promise<readonly string[]> => {
    const { code, stdout, stderr } = await sshLab(host, [script], settings)
    if (code !== 0) throw new Error(`${host}: ${stderr}`)
    return stdout.trimEnd().split('\n').sort()
  }
  return {
    files: await lines(`find / -xdev ${pruned} -printf '%p|%y|%m|%U|%G|%l|%s|%T@\\n'`),
    contents: await lines(`find / -xdev ${pruned} -type f -print0 | xargs -0 sha256sum`),
    units: await lines(
      `systemctl list-units --type=service --all --plain --no-legend | awk '{print $1}' | grep -v -e '^user' -e '^static-pods' | while read -r u; do systemctl show -p Id,ActiveState,SubState,InvocationID,UnitFileState "$u" | tr '\\n' ' '; echo; done`,
    ),
    running: await lines(
      `for p in $(pgrep -x etcd); do tr '\\0' '\\n' </proc/$p/cmdline; tr '\\0' '\\n' </proc/$p/environ | grep -v -e '^INVOCATION_ID' -e '^JOURNAL_STREAM' -e '^SYSTEMD_EXEC_PID' -e '^NOTIFY_SOCKET'; done`,
    ),
  }
}

/** The snapshot without what a real restart and a real write must leave: invocation ids, and sizes and times of folders. */
export function lasting(snapshot: HostSnapshot): HostSnapshot {
  return {
    ...snapshot,
    files: snapshot.files.map((line) => (line.split('|')[1] === 'd' ? line.split('|').slice(0, -2).join('|') : line)),
    units: snapshot.units.map((line) => line.replace(/InvocationID=\S*/, '')),
  }
}

/** What differs between two snapshots of the same hosts, line by line; empty when nothing does. */
export function differences(before: readonly HostSnapshot[], after: readonly HostSnapshot[]): readonly string[] {
  const linesOf = (snapshots: readonly HostSnapshot[]): readonly string[] =>
    snapshots.flatMap((snapshot, host) =>
      Object.entries(snapshot).flatMap(
        ([part, lines]) => (lines as readonly string[]).map((line) => `host ${host + 1} ${part}: ${line}`), // every part is a list of lines
      ),
    )
  const [old, now] = [new Set(linesOf(before)), new Set(linesOf(after))]
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ]
}
