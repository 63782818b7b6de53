import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { makeCgroups } from './cgroup.ts'
import { LabError } from './lab-error.ts'
import { labPaths } from './paths.ts'
import { identify, type ProcessId } from './process-id.ts'
import { type Argv, mustRun, toolEnv } from './run-tool.ts'
import type { LabSettings } from './settings.ts'

export interface Supervisor {
  readonly supervisor: ProcessId
  readonly init: ProcessId
}

/** An image as the lab mounts it: its name and its squashfs file. */
export interface ImageMount {
  readonly name: string
  readonly file: string
}

/**
 * Starts the lab's namespaces with their bridge and images. Everything of the lab is born inside them: killing the
 * supervisor or the lab's PID 1 takes all hosts, mounts, loop devices and interfaces with it.
 */
export async function startSupervisor(settings: LabSettings, images: readonly ImageMount[]): Promise<Supervisor> {
  const paths = labPaths(settings.stateDir)
  const cgroups = makeCgroups(settings.id, 'supervisor')
  mkdirSync(paths.logs, { recursive: true })
  const log = openSync(join(paths.logs, 'supervisor.log'), 'w')
  const [tool, ...args] = supervisorArgv(settings, cgroups, images)
  const child = spawn(tool, args, { env: toolEnv(), detached: true, cwd: '/', stdio: ['ignore', 'pipe', log] })
  closeSync(log)
  const pid = await untilReady(child, join(paths.logs, 'supervisor.log'))
  child.unref()
  return { supervisor: certain(pid), init: certain(await onlyChild(pid)) }
}

/** Argument list of the supervisor: it enters the lab's cgroups, then new namespaces, and runs the lab's PID 1. */
export function supervisorArgv(
  settings: Pick<LabSettings, 'id' | 'ttlSeconds'>,
  cgroups: readonly string[],
  images: readonly ImageMount[],
): Argv {
  const enter = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs"; shift; done; shift; exec "$@"'
  const unshare = [
    'unshare',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation',
    'slave',
  ]
  const mounts = images.map((image) => `${image.name}=${image.file}`)
  return [
    'sh',
    '-ec',
    enter,
    'enter',
    ...cgroups,
    '--',
    ...unshare,
    'sh',
    '-ec',
    INIT,
    `lab-${settings.id}`,
    `${settings.ttlSeconds}`,
    ...mounts,
  ]
}

/**
 * The lab's PID 1: private /run and /tmp, images, bridge; then it waits for its end and reaps orphans meanwhile.
 * The bridge's hardware address is given, as else it changes with its ports and the hosts talk to the old one for 45 s.
 * The last command is no `sleep`, lest the shell become it and reap no more.
 */
const INIT = `
ttl=$1; shift
mount -t tmpfs -o mode=755 "$0" /run
mkdir -p /run/netns /run/lab/hosts /run/lab/forward
for image; do
  folder=/run/lab/images/\${image%%=*}
  mkdir -p "$folder"
  mount -t squashfs -o ro,loop "\${image#*=}" "$folder"
done
mount -t tmpfs -o mode=1777 "$0" /tmp
ip link set lo up
ip link add lab0 address 02:00:0a:4d:00:01 type bridge
ip addr add 10.77.0.1/24 dev lab0
ip link set lab0 up
ip link add lab1 type bridge
ip link set lab1 up
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables; fi
echo ready
exec > /dev/null
sleep "$ttl"
exit 0
`

/** Puts a command into the lab's namespaces: its mounts, network and processes. Not the way for people's commands. */
export function insideArgv(init: ProcessId, argv: Argv): Argv {
  return ['nsenter', '--target', `${init.pid}`, '--mount', '--net', '--pid', '--', ...argv]
}

/** Puts a command into the lab's network only: folder, environment, files and signals stay the caller's. */
export function networkArgv(init: ProcessId, argv: Argv): Argv {
  return ['nsenter', '--target', `${init.pid}`, '--net', '--', ...argv]
}

/** Puts a command among the lab's processes and mounts, so that it ends with the lab, but into the machine's network. */
export function processesArgv(init: ProcessId, argv: Argv): Argv {
  return ['nsenter', '--target', `${init.pid}`, '--mount', '--pid', '--', ...argv]
}

/** A path inside the lab's mount namespace, as this machine can open it. */
export function seenFromOutside(init: ProcessId, path: string): string {
  return `/proc/${init.pid}/root${path}`
}

async function untilReady(child: ReturnType<typeof spawn>, log: string): Promise<number> {
  const { stdout, pid } = child
  if (stdout === null || pid === undefined) throw new LabError('the lab could not be started: sh or unshare is missing')
  const lines = createInterface({ input: stdout })
  const [first] = await Promise.race([once(lines, 'line'), once(lines, 'close').then(() => [''])])
  stdout.destroy()
  if (first === 'ready') return pid
  throw new LabError(`the lab's namespaces could not be made:\n${readFileSync(log, 'utf8').trim()}`)
}

async function onlyChild(pid: number): Promise<number> {
  return Number((await mustRun(['pgrep', '-P', `${pid}`], "looking for the lab's PID 1")).trim())
}

function certain(pid: number): ProcessId {
  const found = identify(pid)
  if (found !== undefined) return found
  throw new LabError(`the lab's process ${pid} ended at once`)
}
