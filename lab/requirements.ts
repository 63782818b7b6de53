import { existsSync, readFileSync } from 'node:fs'
import { hierarchies } from './cgroup.ts'
import { LabError } from './lab-error.ts'
import { findTool, toolPath } from './tool-path.ts'

/** One thing the lab needs of a machine; `problem` says what is wrong and what to do, absent when all is well. */
export interface Requirement {
  readonly name: string
  readonly problem?: string
}

/** The system's tools the lab calls, each with the Debian package that has it. */
export const TOOLS: readonly (readonly [tool: string, debianPackage: string])[] = [
  ['systemd-nspawn', 'systemd-container'],
  ['mmdebstrap', 'mmdebstrap'],
  ['mksquashfs', 'squashfs-tools'],
  ['ip', 'iproute2'],
  ['socat', 'socat'],
  ['ssh', 'openssh-client'],
  ['ssh-keygen', 'openssh-client'],
  ['pgrep', 'procps'],
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['flock', 'util-linux'],
  ['setsid', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['mount', 'mount'],
  ['losetup', 'mount'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['nbdkit', 'nbdkit'],
  ['nbdfuse', 'libnbd-bin'],
  ['fusermount3', 'fuse3'],
  ['nft', 'nftables'],
]

/** Fails with one LabError that lists everything the lab misses on this machine. */
export function requireMachine(): void {
  const problems = requirements().flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`  ${name}: ${problem}`],
  )
  const install = installLine(missingPackages(toolPath(process.env.PATH)))
  if (problems.length === 0) return
  throw new LabError(['the lab cannot run on this machine as it is:', ...problems, ...install].join('\n'))
}

/** Fails with a LabError for anyone but root, without whom nothing of the lab can be touched. */
export function requireRoot(): void {
  const { problem } = rootRequirement(process.geteuid?.())
  if (problem !== undefined) throw new LabError(`root: ${problem}`)
}

/** Everything the lab needs, in the order in which a person would mend it. */
export function requirements(): readonly Requirement[] {
  const path = toolPath(process.env.PATH)
  return [
    rootRequirement(process.geteuid?.()),
    ...TOOLS.map((row) => toolRequirement(row, path)),
    ...kernelRequirements(),
  ]
}

/** Debian packages to install for the tools that are not on `path`, sorted, each once. */
export function missingPackages(path: string): readonly string[] {
  const missing = TOOLS.filter(([tool]) => findTool(tool, path) === undefined)
  return [...new Set(missing.map(([, debianPackage]) => debianPackage))].sort()
}

/** The line to type for `packages`, as a list that is empty when there are none. */
export function installLine(packages: readonly string[]): readonly string[] {
  if (packages.length === 0) return []
  return [`Install what is missing: apt-get install --no-install-recommends ${packages.join(' ')}`]
}

function rootRequirement(uid: number | undefined): Requirement {
  if (uid === 0) return { name: 'root' }
  const problem = `namespaces, mounts and cgroups need it, this is user ${uid}: use sudo, e.g. sudo npm run lab -- up etcd3`
  return { name: 'root', problem }
}

function toolRequirement([tool, debianPackage]: readonly [string, string], path: string): Requirement {
  if (findTool(tool, path) !== undefined) return { name: tool }
  return { name: tool, problem: `not on PATH; it is in the Debian package ${debianPackage}` }
}

function kernelRequirements(): readonly Requirement[] {
  const filesystems = readFileSync('/proc/filesystems', 'utf8')
  return [
    ...['overlay', 'squashfs', 'tmpfs'].map((type) => filesystemRequirement(type, filesystems)),
    fileRequirement('network namespaces', '/proc/self/ns/net'),
    fileRequirement('pid namespaces', '/proc/self/ns/pid'),
    fileRequirement('loop devices', '/dev/loop-control'),
    cgroupRequirement(),
  ]
}

function filesystemRequirement(type: string, filesystems: string): Requirement {
  const name = `file system ${type}`
  if (filesystems.split(/\s+/).includes(type)) return { name }
  return { name, problem: `this kernel does not have it (yet): modprobe ${type}` }
}

function fileRequirement(name: string, file: string): Requirement {
  return existsSync(file) ? { name } : { name, problem: `this kernel or container does not have them: no ${file}` }
}

function cgroupRequirement(): Requirement {
  const name = 'cgroup v2 with cgroup.kill'
  const unified = hierarchies().find((hierarchy) => hierarchy.version === 2)
  const mount = 'mount -t cgroup2 none /sys/fs/cgroup/unified'
  if (unified === undefined) return { name, problem: `not mounted under /sys/fs/cgroup: ${mount}` }
  // Only cgroups below the root have cgroup.kill, so the kernel's age has to answer (Linux 5.14).
  return { name }
}
