import { realpathSync } from 'node:fs'
import { isAbsolute, join, normalize, relative } from 'node:path'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { decodeUtf8, readBytes } from './source-text.ts'

/** Of a file, and of the files of a folder together. */
export const MAX_BYTES = 1024 * 1024

/** A file that an argument names, beside the runbook or below its folder. */
export interface ControllerText {
  readonly file: string
  readonly text: string
}

/** Reads UTF-8 text of at most 1 MiB. A path that leaves the folder, also through a link, is a problem. */
export function readControllerFile(folder: string, name: string): Result<ControllerText> {
  if (!isBeside(name)) return fail([leavesFolder(name, 'file')])
  const file = join(folder, name)
  const bytes = readBytes(file, 'file')
  if (!bytes.ok) return bytes
  if (!isBeside(relative(realpathSync(folder), realpathSync(file)))) return fail([leavesFolder(name, 'file')])
  if (bytes.value.length > MAX_BYTES) return fail([{ kind: 'io', message: `${name} is larger than 1 MiB` }])
  const text = decodeUtf8(bytes.value, file, 'file')
  return text.ok ? succeed({ file, text: text.value }) : text
}

/** Whether a relative path stays in its folder. */
export function isBeside(path: string): boolean {
  const plain = normalize(path)
  return path !== '' && plain !== '..' && !plain.startsWith('../') && !isAbsolute(plain)
}

export const leavesFolder = (name: string, what: 'file' | 'folder'): Problem => ({
  kind: 'reference',
  message: `${JSON.stringify(name)} is not a ${what} beside the runbook`,
  hint: `name a ${what} in the runbook's folder or below it, relative to it`,
})
