import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { failureOf } from '../shared/host-script.ts'

/** One mount, as proc(5) has it for /proc/self/mountinfo. */
export type Mount = {
  readonly path: string
  readonly root: string // what of the file system is mounted; other than / for bind mounts
  readonly source: string
  readonly fstype: string
  readonly options: readonly string[] // of the mount, then of the file system
}

/** What a path lies on: itself a mount or not, links in it followed. */
export interface MountView {
  readonly exists: boolean
  readonly at: string // the path without links
  readonly mount: Mount | undefined // the one that holds it; the uppermost where several lie on each other
}

export async function readMount(path: string, probe: Probe): Promise<MountView> {
  const [where, table] = await Promise.all([
    probe.run(sh`readlink -f -- ${path} && [ -e ${path} ]`),
    probe.run(sh`cat /proc/self/mountinfo`, { limitBytes: 16_777_216 }), // hosts of containers have thousands
  ])
  if (table.code !== 0) throw new ProblemError(failureOf(table, 'reading /proc/self/mountinfo'))
  const at = where.stdout.toString('utf8').replace(/\n$/, '') || path
  return { exists: where.code === 0, at, mount: mountOf(parseMounts(table.stdout.toString('utf8')), at) }
}

/** The last mount listed at the longest of a path's own folders: what is mounted later hides what was there. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  const holding = mounts.filter((mount) => path === mount.path || path.startsWith(mount.path.replace(/\/?$/, '/')))
  const longest = Math.max(...holding.map((mount) => mount.path.length))
  return holding.findLast((mount) => mount.path.length === longest)
}

export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [own = '', rest = ''] = line.split(' - ')
    const [, , , root, path, options] = own.split(' ')
    const [fstype, source, superOptions] = rest.split(' ')
    if (root === undefined || path === undefined || fstype === undefined) return []
    return [
      {
        path: plainWord(path),
        root: plainWord(root),
        source: plainWord(source ?? ''),
        fstype,
        options: [...new Set([...(options ?? '').split(','), ...(superOptions ?? '').split(',')])].filter(Boolean),
      },
    ]
  })
}

/** Blanks, line ends and backslashes come as three octal digits; other characters as the bytes they are. */
const plainWord = (word: string): string =>
  word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
