import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from './lab-error.ts'
import { untilTrue } from './until.ts'

/** A mounted cgroup hierarchy; a machine has one (v2), or several v1 ones with a v2 one beside them. */
export interface Hierarchy {
  readonly path: string
  readonly version: 1 | 2
}

/** Reads the hierarchies under /sys/fs/cgroup out of a mountinfo text (proc(5)). */
export function parseHierarchies(mountinfo: string): readonly Hierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const path = before.split(' ')[4] ?? ''
    const type = after.split(' ')[0]
    if (!path.startsWith('/sys/fs/cgroup') || (type !== 'cgroup' && type !== 'cgroup2')) return []
    return [{ path, version: type === 'cgroup2' ? 2 : 1 } as const]
  })
}

/** The hierarchies of this machine. */
export function hierarchies(): readonly Hierarchy[] {
  return parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'))
}

/** The folder of a lab in a hierarchy; names are the lab's id, so that a sweep finds it without any note. */
export function labCgroup(hierarchy: Hierarchy, id: string): string {
  return join(hierarchy.path, `runbook-lab-${id}`)
}

/** Makes a cgroup (a host, or the supervisor) of a lab in every hierarchy and gives its folders. */
export function makeCgroups(id: string, name: string): readonly string[] {
  return hierarchies().map((hierarchy) => {
    const lab = labCgroup(hierarchy, id)
    const own = join(lab, name)
    mkdirSync(own, { recursive: true })
    if (hierarchy.version === 2) delegateControllers(lab)
    else inheritCpuset(hierarchy.path, [lab, own])
    return own
  })
}

/** Kills every process of a lab, or of one of its hosts, at once, and waits until none is left. */
export async function killCgroup(id: string, name = ''): Promise<void> {
  const cgroup = join(labCgroup(killable(), id), name)
  if (!existsSync(cgroup)) return
  writeFileSync(join(cgroup, 'cgroup.kill'), '1')
  await untilTrue(() => !isPopulated(id, name), { what: `the end of the processes in ${cgroup}` })
}

/** Whether any process lives in that cgroup of the lab. */
export function isPopulated(id: string, name = ''): boolean {
  try {
    const events = readFileSync(join(labCgroup(killable(), id), name, 'cgroup.events'), 'utf8')
    return events.includes('populated 1')
  } catch {
    return false
  }
}

/** Numbers of the processes of a cgroup itself and of those beneath it. */
export function processesOf(id: string, name: string): readonly number[] {
  return foldersBeneath(join(labCgroup(killable(), id), name)).flatMap((folder) =>
    readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
  )
}

/** Bytes of memory a host is charged with, where a memory controller counts them. */
export function memoryOf(id: string, name: string): number | undefined {
  const files = hierarchies().flatMap((hierarchy) =>
    ['memory.usage_in_bytes', 'memory.current'].map((file) => join(labCgroup(hierarchy, id), name, file)),
  )
  const file = files.find((candidate) => existsSync(candidate))
  return file === undefined ? undefined : Number(readFileSync(file, 'utf8'))
}

/** Removes a lab's folders in every hierarchy, deepest first; its processes have to be dead. */
export async function removeCgroups(id: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const lab = labCgroup(hierarchy, id)
    await untilTrue(() => tryRemove(lab), { what: `${lab} to be free` })
  }
}

/** The cgroup folders of a lab that exist, for the check that nothing is left. */
export function cgroupsLeft(id: string): readonly string[] {
  return hierarchies()
    .map((hierarchy) => labCgroup(hierarchy, id))
    .filter((folder) => existsSync(folder))
}

/** The hierarchy that can kill: version 2, with `cgroup.kill` (Linux 5.14). */
function killable(): Hierarchy {
  const found = hierarchies().find((hierarchy) => hierarchy.version === 2)
  if (found !== undefined) return found
  throw new LabError(
    'no cgroup v2 hierarchy is mounted under /sys/fs/cgroup (mount -t cgroup2 none /sys/fs/cgroup/unified)',
  )
}

function foldersBeneath(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [folder, ...inner.flatMap((entry) => foldersBeneath(join(folder, entry.name)))]
}

/** A host dying in another process's eyes may still hold its folder for a moment: false, ask again. */
function tryRemove(folder: string): boolean {
  try {
    for (const inner of foldersBeneath(folder).toReversed()) rmdirSync(inner)
    return true
  } catch {
    return false
  }
}

/** A v1 cpuset is born empty, and no process may enter an empty one. */
function inheritCpuset(hierarchy: string, folders: readonly string[]): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems'])
    if (existsSync(join(hierarchy, file)))
      for (const folder of folders) writeFileSync(join(folder, file), readFileSync(join(hierarchy, file)))
}

/** On v2 a host's systemd can limit its units only with the controllers its parent hands down. */
function delegateControllers(lab: string): void {
  const controllers = readFileSync(join(lab, 'cgroup.controllers'), 'utf8').trim().split(' ').filter(Boolean)
  for (const controller of controllers) {
    try {
      writeFileSync(join(lab, 'cgroup.subtree_control'), `+${controller}`)
    } catch {
      // A controller that cannot be handed down is missing in the hosts; nothing else depends on it.
    }
  }
}
