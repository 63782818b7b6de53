import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { fail, type Problem, ProblemError, type Result } from '../model/problem.ts'
import { matchesWildcard } from '../model/wildcard.ts'
import { type Includes, parseSshConfig, type SshConfig } from './ssh-config.ts'

/** Where a config file stands: in its owner's folder, which nobody else may write to, or where a flag points. */
export interface ConfigPlace {
  readonly file: string // absolute
  readonly includeFolder: string // what a relative Include begins at
  readonly home: string
  readonly trust: 'owner-only' | 'as-given'
  readonly whenMissing: 'empty' | 'problem'
}

/** Reads an ssh_config with what it includes. One that others could write is refused, as OpenSSH does. */
export function loadSshConfig(place: ConfigPlace): Result<SshConfig> {
  try {
    const text = readChecked(place.file, place)
    if (text === undefined && place.whenMissing === 'problem')
      return fail([{ kind: 'io', message: `there is no ssh_config ${place.file}` }])
    return parseSshConfig(place.file, text ?? '', includesFrom(place))
  } catch (thrown) {
    if (thrown instanceof ProblemError) return fail(thrown.problems)
    throw thrown
  }
}

const includesFrom =
  (place: ConfigPlace): Includes =>
  (pattern) => {
    const path = pattern.startsWith('~/') ? join(place.home, pattern.slice(2)) : pattern
    const files = filesLike(isAbsolute(path) ? path : join(place.includeFolder, path))
    return files.flatMap((file) => {
      const text = readChecked(file, place)
      return text === undefined ? [] : [{ file, text }]
    })
  }

/** As glob(7), sorted. Nearly every system says `Include ssh_config.d/*.conf`, and loading Node's glob costs milliseconds. */
function filesLike(path: string): readonly string[] {
  const [folder, name] = [dirname(path), basename(path)]
  if (/[[\]{}()!+@\\]/.test(name) || /[*?[\]{}()!+@\\]/.test(folder)) return globSync(path).sort()
  const names = namesIn(folder).filter((entry) => name.startsWith('.') === entry.startsWith('.'))
  return names
    .filter((entry) => matchesWildcard(entry, name))
    .map((entry) => join(folder, entry))
    .sort()
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // as a pattern without a match
  }
}

function readChecked(file: string, { trust }: ConfigPlace): string | undefined {
  try {
    const { mode, uid } = statSync(file)
    const isSafe = (uid === 0 || uid === userInfo().uid) && (mode & 0o022) === 0
    if (trust === 'owner-only' && !isSafe) throw new ProblemError(unsafe(file))
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown) {
      if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') return undefined
      throw new ProblemError({ kind: 'io', message: `cannot read ${file}: ${String(thrown.code)}` })
    }
    throw thrown
  }
}

const unsafe = (file: string): Problem => ({
  kind: 'io',
  message: `${file} could have been written by others, and says how hosts are reached`,
  hint: `chown it to yourself, and chmod go-w ${file}`,
})
