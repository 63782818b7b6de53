import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** The PATH the lab looks for tools on: the caller's, and the sbin folders that an ordinary user's PATH lacks. */
export function toolPath(path: string | undefined): string {
  const folders = (path ?? '/usr/bin:/bin').split(':').filter((folder) => folder !== '')
  const sbin = ['/usr/sbin', '/sbin'].filter((folder) => !folders.includes(folder))
  return [...folders, ...sbin].join(':')
}

/** Where `tool` lies on `path`, or undefined. */
export function findTool(tool: string, path: string): string | undefined {
  return path
    .split(':')
    .map((folder) => join(folder, tool))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
