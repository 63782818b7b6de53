import { type Dirent, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { JsonObject } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { isBeside, leavesFolder, MAX_BYTES } from './controller-file.ts'
import { decodeUtf8, readBytes } from './source-text.ts'

const MAX_ENTRIES = 500

/**
 * Everything in a folder beside the runbook, sorted by path: folders, files with their UTF-8 text, links as links. At
 * most 500 entries and 1 MiB together. A path that leaves the runbook's folder, also through a link, is a problem.
 */
export function readControllerFolder(folder: string, name: string): Result<readonly JsonObject[]> {
  if (!isBeside(name)) return fail([leavesFolder(name, 'folder')])
  const root = join(folder, name)
  try {
    if (!isBeside(relative(realpathSync(folder), realpathSync(root)) || '.'))
      return fail([leavesFolder(name, 'folder')])
    return readEntries(root, name)
  } catch (thrown) {
    return fail([unreadable(root, thrown)])
  }
}

function readEntries(root: string, name: string): Result<readonly JsonObject[]> {
  const found: JsonObject[] = []
  let bytes = 0
  const waiting = ['']
  for (let below = waiting.shift(); below !== undefined; below = waiting.shift()) {
    for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
      const path = join(below, entry.name)
      const read = readEntry(join(root, path), path, entry)
      if (!read.ok) return read
      found.push(read.value)
      if (entry.isDirectory()) waiting.push(path)
      bytes += typeof read.value.content === 'string' ? Buffer.byteLength(read.value.content) : 0
      if (bytes > MAX_BYTES) return fail([tooLarge(name, '1 MiB of files')])
      if (found.length > MAX_ENTRIES) return fail([tooLarge(name, `${MAX_ENTRIES} files, folders and links`)])
    }
  }
  return succeed(found.toSorted((a, b) => (String(a.path) < String(b.path) ? -1 : 1)))
}

function readEntry(file: string, path: string, entry: Dirent): Result<JsonObject> {
  if (entry.isSymbolicLink()) return succeed({ path, target: readlinkSync(file) })
  if (entry.isDirectory()) return succeed({ path })
  if (!entry.isFile()) return fail([{ kind: 'io', message: `${file} is no file, folder or link` }])
  const bytes = readBytes(file, 'file')
  if (!bytes.ok) return bytes
  const text = decodeUtf8(bytes.value, file, 'file')
  return text.ok ? succeed({ path, content: text.value }) : text
}

const tooLarge = (name: string, limit: string): Problem => ({
  kind: 'io',
  message: `the folder ${name} has more than ${limit}`,
  hint: 'bring large things as packages or archives, by a command with check',
})

function unreadable(root: string, thrown: unknown): Problem {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
  if (code === 'ENOENT') return { kind: 'reference', message: `there is no folder ${root}` }
  return { kind: 'io', message: `cannot read the folder ${root}: ${code === 'ENOTDIR' ? 'it is a file' : code}` }
}
