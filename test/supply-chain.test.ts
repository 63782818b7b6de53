import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

// What of others is installed with the program, and by which text.

const root = path.join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

interface Locked {
  readonly hasInstallScript?: boolean
  readonly integrity?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
const manifest = JSON.parse(read('package.json')) as Locked & { allowScripts: Readonly<Record<string, boolean>> } // npm's
const packages = Object.entries(
  (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages,
)
const others = packages.filter(([folder]) => folder !== '')
const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)

test('every package that wants to run something when it is installed is allowed or denied by name, and the program needs none of them to', () => {
  const wanting = new Set(
    others.flatMap(([folder, { hasInstallScript }]) => (hasInstallScript ? [nameOf(folder)] : [])),
  )
  expect(Object.keys(manifest.allowScripts).toSorted()).toEqual([...wanting].toSorted())
  const allowed = Object.entries(manifest.allowScripts).flatMap(([name, yes]) => (yes ? [name] : []))
  expect(allowed.filter((name) => name in (manifest.dependencies ?? {}))).toEqual([])
})

test('what is installed is what the lockfile says, byte by byte', () => {
  expect(others.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  const [, own] = packages.find(([folder]) => folder === '') ?? []
  expect([own?.dependencies, own?.devDependencies]).toEqual([manifest.dependencies, manifest.devDependencies])
  expect(read('.ci/run')).toMatch(/^npm ci\b/m)
  expect(read('.ci/run')).not.toMatch(/npm (?:install|i|update)\b/)
})
