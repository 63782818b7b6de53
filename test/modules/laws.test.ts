import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModules } from '../../src/modules/index.ts'
import { type LawCase, readCaseFiles } from './law-case.ts'
import { type LawHost, lawHostOver, openLocal, throughShell } from './law-host.ts'
import { obeyLaws } from './laws.ts'
import { killedHalfWay, talliesText } from './undo-laws.ts'

const modules = createModules()
const files = readCaseFiles()
const scratch = mkdtempSync(path.join(tmpdir(), 'laws-'))
const applets = path.join(scratch, 'applets')
const isRoot = process.getuid?.() === 0
const debianPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What this machine does not lend: such cases are tried on the hosts of the lab. */
const onlyInTheLab = new Set(['systemd', 'etcd', 'http', 'dnf', 'zypper', 'libvirt', 'k8s', 'docker'])

const isHere = ({ needs = [] }: LawCase): boolean => !needs.some((need) => onlyInTheLab.has(need))
const here = files
  .map((file) => ({ ...file, cases: file.cases.filter(isHere) }))
  .filter(({ cases }) => cases.length > 0)

/** These hold all scripts of ours; the other modules differ in what they decide, not in what they run. */
const only: readonly string[] | undefined = [
  'command',
  'copy',
  'fetch',
  'file',
  'fsync_probe',
  'gather',
  'http',
  'mount',
  'package',
  'service',
  'sysctl',
  'wait_for',
]

const gnu = ['gnu', ...has('getfacl', 'acl'), ...has('losetup', 'loop')]

/** The shells that hosts have; busybox stands for a host with none but its own tools. */
const shells = [
  { name: 'dash', argv: ['dash'], path: debianPath, offers: gnu, only: undefined },
  { name: 'bash', argv: ['bash', '--posix'], path: debianPath, offers: gnu, only },
  { name: 'busybox', argv: ['ash'], path: applets, offers: ['busybox'], only },
].filter(({ name }) => has(name).length > 0)

function has(tool: string, offer = tool): readonly string[] {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${tool}`])
    return [offer]
  } catch {
    return []
  }
}

beforeAll(() => {
  if (has('busybox').length > 0) execFileSync('/bin/sh', ['-c', `mkdir ${applets} && busybox --install -s ${applets}`])
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
  console.info(talliesText())
}, 60_000)

test('every module has a case file, and every case file its module', () => {
  expect(files.map((file) => file.module).sort()).toEqual([...modules.keys()].sort())
})

describe.each(shells)('with $name', ({ name, argv, path: tools, offers, only: some }) => {
  let host: LawHost
  beforeAll(async () => {
    const connection = await openLocal()
    host = lawHostOver(connection, {
      name,
      scratch,
      offers: [...offers, ...(isRoot ? ['root'] : [])],
      through: throughShell(argv, tools),
    })
  })
  afterAll(() => host.close())

  for (const { module: moduleName, cases } of here.filter((one) => some?.includes(one.module) ?? true)) {
    describe(moduleName, () => {
      for (const lawCase of cases) {
        const lacks = (lawCase.needs ?? []).filter((need) => ![...offers, ...(isRoot ? ['root'] : [])].includes(need))
        test.skipIf(lacks.length > 0)(lawCase.name, async () => {
          const module = modules.get(moduleName)
          if (!module) throw new Error(`there is no module ${moduleName}`)
          await obeyLaws(module, lawCase, host)
        })
      }
    })
  }
})

test('changes were killed in the middle of their scripts', () => {
  expect(killedHalfWay()).toBeGreaterThan(10)
})
