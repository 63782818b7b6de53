import { realpathSync } from 'node:fs'
import { isAbsolute, join, normalize, relative } from 'node:path'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { decodeUtf8, readBytes } from './source-text.ts'

const MAX_BYTES = 1024 * 1024

/** A file that an argument names, beside the runbook or below its folder. */
export interface ControllerText {
  readonly file: string
  readonly text: string
}

/** Reads UTF-8 text of at most 1 MiB. A path that leaves the folder, also through a link, is a problem. */
export function readControllerFile(folder: string, name: string): Result<ControllerText> {
  const outside = isAbsolute(name) || isOutside(normalize(name))
  if (name === '' || outside) return fail([leaves(name)])
  const file = join(folder, name)
  const bytes = readBytes(file, 'file')
  if (!bytes.ok) return bytes
  if (isOutside(relative(realpathSync(folder), realpathSync(file)))) return fail([leaves(name)])
  if (bytes.value.length > MAX_BYTES) return fail([{ kind: 'io', message: `${name} is larger than 1 MiB` }])
  const text = decodeUtf8(bytes.value, file, 'file')
  return text.ok ? succeed({ file, text: text.value }) : text
}

const isOutside = (path: string): boolean => path === '..' || path.startsWith('../') || isAbsolute(path)

const leaves = (name: string): Problem => ({
  kind: 'reference',
  message: `${JSON.stringify(name)} is not a file beside the runbook`,
  hint: "name a file in the runbook's folder or below it, relative to it",
})
