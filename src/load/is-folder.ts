import { statSync } from 'node:fs'

/** Whether a path leads to a folder; false when nothing is there. */
export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
