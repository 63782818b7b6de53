import { globSync, readFileSync } from 'node:fs'
import { cgroupsLeft, isPopulated } from './cgroup.ts'
import type { LabSettings } from './settings.ts'

/** What is still there of a lab that is down: one line each, empty when all is gone. */
export function leftovers(settings: LabSettings): readonly string[] {
  return [
    ...(isPopulated(settings.id) ? ['processes in its cgroup'] : []),
    ...cgroupsLeft(settings.id).map((folder) => `cgroup ${folder}`),
    ...mountsLeft(settings.id, readFileSync('/proc/self/mountinfo', 'utf8')),
    ...processesLeft(settings.id),
    ...loopsLeft(settings.cacheDir),
  ]
}

/** The mounts in a mountinfo text that belong to the lab: each carries its name as the source. */
export function mountsLeft(id: string, mountinfo: string): readonly string[] {
  const lines = mountinfo.split('\n').filter((line) => line.includes(` lab-${id} `))
  return lines.map((line) => `mount ${line.split(' ')[4]}`)
}

/** Every process that lives in namespaces of the lab sees the lab's /run. */
function processesLeft(id: string): readonly string[] {
  return globSync('/proc/[0-9]*/mountinfo').flatMap((file) => {
    const held = mountsLeft(id, readText(file))
    return held.length === 0 ? [] : [`process ${file.split('/')[2]} in its namespaces`]
  })
}

/** Loop devices on images of the cache that no mount uses: they free themselves with the last mount, or never. */
function loopsLeft(cacheDir: string): readonly string[] {
  const loops = globSync('/sys/block/loop*/loop/backing_file').filter((file) => readText(file).startsWith(cacheDir))
  if (loops.length === 0) return []
  const mounted = globSync('/proc/[0-9]*/mountinfo').map(readText).join('\n')
  return loops.map((file) => `/dev/${file.split('/')[3]}`).filter((device) => !mounted.includes(` ${device} `))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process or device has gone meanwhile
  }
}
