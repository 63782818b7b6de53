import { type Command, rawText, script, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import { type Frame, frameFunction, frameText, parseFrames } from '../shared/frames.ts'

/** A file of the host's settings, with its time of change in seconds since the epoch. */
export interface SeenFile {
  readonly path: string
  readonly text: string
  readonly mtimeS: number
}

/** What one look at an etcd process shows; nothing is concluded yet. */
export interface SeenProcess {
  readonly pid: number
  readonly words: readonly string[] // command line
  readonly environment: ReadonlyMap<string, string> // ETCD_*, and the files that etcdctl is given
  readonly cgroup: string
  readonly startedS: number | null // since the epoch
  readonly versionText: string // of the running binary, also when its file was replaced since
  readonly unit: string | null // "etcd.service"
  readonly unitShow: string
  readonly unitCat: string
  readonly environmentFiles: readonly SeenFile[]
  readonly missingEnvironmentFiles: readonly string[]
  readonly configFile: SeenFile | null
  readonly bootLog: string // lines of the journal that tell the timeouts at start; '' where there is no journal
}

/** One look at a host that may run etcd. */
export interface SeenEtcd {
  readonly processes: readonly SeenProcess[]
  readonly units: string // `systemctl show` of the unit asked for (or etcd.service) when no process was found
  readonly manifest: SeenFile | null
  readonly manifestNeighbours: readonly string[] // other files of its folder that the kubelet would load, worth a doubt
  readonly nodePaths: readonly string[] // those of CLIENT_FILES and tools that exist
  readonly certificates: readonly string[] // RKE's client certificates
}

export const manifestPath = '/etc/kubernetes/manifests/etcd.yaml'

/** Looks at every etcd process of the host in one round trip. Certificates and foreign processes need root. */
export async function lookEtcd(runner: Runner, unit: string | undefined): Promise<SeenEtcd> {
  const reply = await runner.run(lookCommand(unit), { timeoutMs: 60_000, limitBytes: 4 * 1_048_576 })
  if (reply.code === 0) return parseSeen(parseFrames(reply.stdout))
  throw new ProblemError({
    kind: 'step-failed',
    message: 'cannot look at the etcd of this host',
    detail: reply.stderr.toString('utf8').trim(),
    exitCode: reply.code,
  })
}

/** Exported for tests. */
export const lookCommand = (unit: string | undefined): Command =>
  script(
    sh`unit=${unit === undefined || unit.endsWith('.service') ? (unit ?? '') : `${unit}.service`}`,
    rawText(lookText),
  )

// kubelet loads every file of its folder without a leading dot (pkg/kubelet/config/file.go), so a second file that
// names the pod etcd is a second etcd.
const lookText = `
${frameFunction}
say() { printf '%s\\n' "$2" | frame "$1"; }
seen_file() { # frame path
  [ -f "$2" ] && [ -r "$2" ] || { say "$1.missing" "$2"; return 0; }
  say "$1.path" "$2"; say "$1.mtime" "$(stat -c %Y -- "$2" 2>/dev/null)"; frame "$1.text" <"$2"
}
has() { command -v "$1" >/dev/null 2>&1; }
pids=
if [ -n "$unit" ] && has systemctl; then
  pids=$(systemctl show -p MainPID -- "$unit" 2>/dev/null); pids=\${pids#MainPID=}
  [ "$pids" != 0 ] || pids=
fi
if [ -z "$unit" ]; then
  for comm in /proc/[0-9]*/comm; do
    name=; read -r name <"$comm" 2>/dev/null || continue
    [ "$name" = etcd ] || continue
    pid=\${comm#/proc/}; pid=\${pid%/comm}
    pids="$pids $pid"
  done
fi 2>/dev/null
boot=$(sed -n 's/^btime //p' /proc/stat)
ticks=$(getconf CLK_TCK 2>/dev/null) || ticks=100
for pid in $pids; do
  say process "$pid"
  frame cmdline <"/proc/$pid/cmdline"
  tr '\\000' '\\n' <"/proc/$pid/environ" 2>/dev/null | grep -E '^ETCD_|^ETCDCTL_(CACERT|CERT|KEY)=' | frame environ
  frame cgroup <"/proc/$pid/cgroup"
  say start "$boot $ticks $(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)"
  "/proc/$pid/exe" --version 2>/dev/null | frame version
  own=$(sed -n 's|.*/\\([^/]*\\.service\\)$|\\1|p' "/proc/$pid/cgroup" | head -n 1)
  config=$(tr '\\000' '\\n' <"/proc/$pid/cmdline" | awk '
    found == 1 { print; exit }
    /^--?config-file=/ { sub(/^[^=]*=/, ""); print; exit }
    /^--?config-file$/ { found = 1 }')
  [ -n "$config" ] || config=$(tr '\\000' '\\n' <"/proc/$pid/environ" 2>/dev/null | sed -n 's/^ETCD_CONFIG_FILE=//p')
  if [ -n "$config" ]; then
    case $config in /*) ;; *) config=$(readlink "/proc/$pid/cwd")/$config ;; esac
    if [ ! -f "$config" ] && [ -f "/proc/$pid/root$config" ]; then config=/proc/$pid/root$config; fi
    seen_file config "$config"
  fi
  if [ -n "$own" ] && has systemctl; then
    say unit "$own"
    show=$(systemctl show -p Id -p MainPID -p EnvironmentFiles -p EnvironmentFile -p NeedDaemonReload -- "$own" 2>/dev/null)
    say show "$show"
    systemctl cat --no-pager -- "$own" 2>/dev/null | frame cat
    printf '%s\\n' "$show" | sed -n 's/^EnvironmentFiles\\{0,1\\}=\\(\\/[^(]*[^( ]\\).*/\\1/p' | while IFS= read -r file; do
      seen_file envfile "$file"
    done
  fi
  if has journalctl; then
    journalctl -q -b --no-pager -o cat "_PID=$pid" 2>/dev/null |
      grep -E -m 6 'heartbeat = |election = |starting an etcd server' | frame bootlog
  fi
done
if [ -z "$pids" ] && has systemctl; then
  systemctl show -p Id -p LoadState -p ActiveState -p SubState -p Result -- "\${unit:-etcd.service}" 2>/dev/null | frame units
fi
manifest=${manifestPath}
if [ -f "$manifest" ]; then
  seen_file manifest "$manifest"
  for file in "\${manifest%/*}"/*; do
    [ "$file" != "$manifest" ] && [ -f "$file" ] || continue
    case $file in
      *.yaml|*.yml|*.json) grep -Eq '^  name: etcd *$|component: etcd' "$file" || continue ;;
    esac
    say neighbour "$file"
  done
fi
for path in /etc/kubernetes/pki/etcd/healthcheck-client.crt /etc/kubernetes/pki/etcd/healthcheck-client.key \\
  /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/ssl/kube-ca.pem /var/lib/rancher/rke2 /var/lib/rancher/k3s/server/db/etcd; do
  [ -e "$path" ] && say path "$path"
done
for path in /etc/kubernetes/ssl/kube-etcd-*.pem; do
  [ -e "$path" ] && say certificate "$path"
done
exit 0
`

/** Exported for tests: the look from its frames. */
export function parseSeen(frames: readonly Frame[]): SeenEtcd {
  const starts = frames.flatMap((frame, index) => (frame.name === 'process' ? [index] : []))
  const processes = starts.map((start, order) => parseProcess(frames.slice(start, starts[order + 1])))
  const all = (name: string) => frames.filter((frame) => frame.name === name).map((frame) => frame.text.trim())
  return {
    processes,
    units: frameText(frames, 'units') ?? '',
    manifest: seenFiles(frames, 'manifest')[0] ?? null,
    manifestNeighbours: all('neighbour'),
    nodePaths: all('path'),
    certificates: all('certificate'),
  }
}

function parseProcess(frames: readonly Frame[]): SeenProcess {
  const text = (name: string): string => frameText(frames, name) ?? ''
  return {
    pid: Number(text('process')),
    words: text('cmdline').split('\n').slice(0, -1),
    environment: environmentOf(text('environ')),
    cgroup: text('cgroup'),
    startedS: startOf(text('start')),
    versionText: text('version'),
    unit: text('unit').trim() || null,
    unitShow: text('show'),
    unitCat: text('cat'),
    environmentFiles: seenFiles(frames, 'envfile'),
    missingEnvironmentFiles: frames
      .filter((frame) => frame.name === 'envfile.missing')
      .map((frame) => frame.text.trim()),
    configFile: seenFiles(frames, 'config')[0] ?? null,
    bootLog: text('bootlog'),
  }
}

const environmentOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^(ETCD(?:CTL)?_[A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))

/** Seconds since the epoch from "btime ticks-per-second start-in-ticks". */
function startOf(text: string): number | null {
  const [boot, ticks, start] = text.trim().split(' ').map(Number)
  return boot && ticks && start !== undefined && Number.isFinite(start) ? boot + start / ticks : null
}

function seenFiles(frames: readonly Frame[], name: string): readonly SeenFile[] {
  return frames.flatMap((frame, index) => {
    if (frame.name !== `${name}.path`) return []
    const [mtime, text] = [frames[index + 1]?.text ?? '', frames[index + 2]?.text ?? '']
    return [{ path: frame.text.trim(), mtimeS: Number(mtime), text }]
  })
}
