import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { programRunner } from '../../src/cli/inventory-program.ts'
import { loadInventory } from '../../src/load/inventory.ts'
import { hostName } from '../../src/model/id.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import type { Problem, Result } from '../../src/model/problem.ts'
import { writeFiles } from '../load/write-files.ts'

/** Loads a program of this text, really run. */
function load(script: string, monotonicMs: () => number = () => 0): Result<Inventory> & { readonly folder: string } {
  const folder = writeFiles({ 'inv.sh': `#!/bin/sh\n${script}\n` })
  chmodSync(join(folder, 'inv.sh'), 0o755)
  const runProgram = programRunner({ env: { PATH: '/usr/bin:/bin' }, cwd: folder, monotonicMs })
  return { ...loadInventory([join(folder, 'inv.sh')], { runProgram }), folder }
}

const firstProblem = (loaded: Result<Inventory>): Problem | undefined => (loaded.ok ? undefined : loaded.problems[0])

const valuesOf = (loaded: Result<Inventory>, host: string) =>
  loaded.ok
    ? Object.fromEntries(
        [...(loaded.value.hosts.get(hostName(host))?.vars ?? [])].map(([name, { value }]) => [name, value]),
      )
    : loaded.problems

describe('a dynamic inventory', () => {
  it('gives groups, their variables and, under _meta, those of hosts', () => {
    const json = {
      etcd: { hosts: ['e1', 'e2'], vars: { v: 1 }, children: ['spare'] },
      web: ['w1'],
      _meta: { hostvars: { e1: { v: 2 } } },
    }
    const loaded = load(`[ "$*" = --list ] && echo '${JSON.stringify(json)}'`)
    expect(valuesOf(loaded, 'e1')).toEqual({ v: 2 })
    expect(valuesOf(loaded, 'e2')).toEqual({ v: 1 })
    expect(loaded.ok && loaded.value.groups.get('etcd')?.children).toEqual(['spare'])
    expect(loaded.ok && loaded.value.groups.get('web')?.hosts).toEqual(['w1'])
  })

  it('is asked for each host where it has no _meta', () => {
    const loaded = load(
      `case $1 in --list) echo '{"g": ["a", "b"]}' ;; --host) [ $2 = b ] || echo '{"name": "'$2'"}' ;; esac`,
    )
    expect([valuesOf(loaded, 'a'), valuesOf(loaded, 'b')]).toEqual([{ name: 'a' }, {}])
  })

  it('that fails is told with what it said', () => {
    expect(firstProblem(load('echo no token >&2; exit 3'))).toMatchObject({
      message: expect.stringContaining('inv.sh --list: failed with exit code 3'),
      detail: 'no token',
    })
  })

  it('whose JSON is broken is told with line, column and the place in it', () => {
    const loaded = load(`printf '{\\n  "g": ["a",]\\n}'`)
    expect(firstProblem(loaded)).toMatchObject({
      message: expect.stringContaining('no JSON here'),
      at: { file: `${loaded.folder}/inv.sh --list`, line: 2, column: 13 },
      detail: `  "g": ["a",]\n${' '.repeat(12)}^`,
    })
    expect(firstProblem(load(`printf '{"g": ['`))?.message).toContain('the JSON ends too early')
    expect(firstProblem(load('true'))?.message).toContain('nothing came back')
    expect(firstProblem(load(`printf '\\377'`))?.message).toContain('not UTF-8')
    expect(firstProblem(load('echo []'))?.message).toContain('must be an object of groups')
  })

  it('may not name a host that is an option, a command or two lines', () => {
    for (const name of ['-oProxyCommand=id', '$(id)', 'a\nb', '']) {
      const json = JSON.stringify({ g: [name] }).replaceAll('\\', '\\\\')
      expect(firstProblem(load(`printf '%b' '${json.replaceAll('\\\\n', '\\\\\\\\n')}'`))?.message, name).toContain(
        'is no name for a host',
      )
    }
  })

  it('that answers too much is stopped', () => {
    expect(firstProblem(load('yes'))?.message).toContain('larger than 16 MiB')
  })

  it('whose time is used up is not asked again', () => {
    const times = [0, 0, 31_000, 31_000]
    const loaded = load(`case $1 in --list) echo '{"g": ["a"]}' ;; *) echo '{}' ;; esac`, () => times.shift() ?? 31_000)
    expect(firstProblem(loaded)?.message).toContain('--host a: no answer within 30 s')
  })

  it('gets its words without a shell', () => {
    const folder = writeFiles({ 'a $(touch x);b/inv': '#!/bin/sh\necho \'{"g": ["h"]}\'\n' })
    const path = join(folder, 'a $(touch x);b', 'inv')
    chmodSync(path, 0o755)
    const runProgram = programRunner({ env: {}, cwd: folder, monotonicMs: () => 0 })
    const loaded = loadInventory([path], { runProgram })
    expect(loaded.ok && [...loaded.value.hosts.keys()]).toEqual(['h'])
  })
})
