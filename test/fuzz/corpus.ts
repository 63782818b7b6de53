import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const CORPUS = join(import.meta.dirname, 'corpus')

/** What earlier fuzzing of a target kept: inputs that reached code that no other did, and those that once were findings. */
export const keptInputs = (target: string): readonly Buffer[] =>
  filesOf(join(CORPUS, target)).map((file) => readFileSync(file))

/** Keeps an input under a name of its content. */
export function keepInput(target: string, kind: 'new' | 'finding', input: Buffer): string {
  const folder = join(CORPUS, target)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${kind}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`)
  writeFileSync(file, input)
  return file
}

/** The files of a folder of the checkout whose name ends so, as inputs; none of more than 64 KiB. */
export const inputsIn = (folder: string, ending: RegExp): readonly Buffer[] =>
  filesOf(join(import.meta.dirname, '../..', folder))
    .filter((file) => ending.test(file))
    .map((file) => readFileSync(file))
    .filter((bytes) => bytes.length < 65_536)

const filesOf = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(folder, entry.name))
        .sort()
    : []
