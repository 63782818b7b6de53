import { expect, it } from 'vitest'
import { lintRunbook } from '../../src/load/lint.ts'
import { compileRunbook, loadRunbook } from '../../src/load/runbook.ts'
import { unwrap } from '../../src/model/problem.ts'
import { testModules } from './modules-for-tests.ts'
import { writeFiles } from './write-files.ts'

const INNER = `name: inner
summary: Inner
hosts: etcd
become: true
params:
  size: {type: integer, default: 3, description: how large}
steps:
  - file: {path: /etc/size, content: "{{ size }} {{ data_dir }}"}
    become: false
  - shell: {script: "true"}
    irreversible: true
`
const OUTER = `name: outer
summary: Outer
hosts: all
params:
  big: {type: boolean, default: true, description: how}
stages:
  - name: own
    steps:
      - settings: {}
  - include: inner
    when: big
    params: {size: "{{ data_dir }}"}
`

const sourceIn = (folder: string) => ({ file: `${folder}/outer.yaml`, text: OUTER, modules: testModules })

it('finds what is included beside the runbook, and counts it for its digest', () => {
  const folder = writeFiles({ 'inner.yaml': INNER })
  const runbook = unwrap(loadRunbook(sourceIn(folder)))
  expect(runbook.included).toEqual([{ name: 'inner', file: `${folder}/inner.yaml`, text: INNER }])
  expect(runbook.stages[1]).toMatchObject({ name: 'inner: Inner', within: ['etcd'], include: 'inner' })
  expect(runbook.stages[1]?.steps).toMatchObject([{ id: 'inner.s1-1-file', become: false }, { become: true }])
  const kept = unwrap(loadRunbook({ ...sourceIn('/nowhere'), texts: runbook.included ?? [] }))
  expect(kept.sha256).toBe(runbook.sha256)
  const other = writeFiles({ 'inner.yaml': INNER.replace('default: 3', 'default: 4') })
  expect(unwrap(loadRunbook(sourceIn(other))).sha256).not.toBe(runbook.sha256)
})

it('tells problems of an included runbook in its own file', () => {
  const folder = writeFiles({ 'inner.yaml': INNER.replace('become: false', 'becom: false') })
  expect(loadRunbook(sourceIn(folder))).toMatchObject({
    ok: false,
    problems: [{ message: 'unknown keyword becom', at: { file: `${folder}/inner.yaml`, line: 9 } }],
  })
})

it('checks bound parameters by the schema of the included runbook, and tells it where they are given', () => {
  const runbook = unwrap(loadRunbook(sourceIn(writeFiles({ 'inner.yaml': INNER }))))
  const [include] = runbook.includes ?? []
  expect(include?.params.bind({ big: true, data_dir: 7 })).toEqual({ ok: true, value: { size: 7 } })
  expect(include?.params.bind({ big: false, data_dir: 'x' })).toEqual({ ok: true, value: null })
  expect(include?.params.bind({ big: true, data_dir: '/srv' })).toMatchObject({
    ok: false,
    problems: [{ message: 'inner: size must be a whole number, not "/srv"', at: { line: 12 } }],
  })
})

it('is used by what the include says, and its own rules are told in its own file only', () => {
  const folder = writeFiles({ 'inner.yaml': INNER })
  const compiled = unwrap(compileRunbook(sourceIn(folder)))
  expect(lintRunbook(compiled)).toEqual([])
  const inner = unwrap(compileRunbook({ file: `${folder}/inner.yaml`, text: INNER, modules: testModules }))
  expect(lintRunbook(inner).map(({ rule }) => rule)).toContain('shell-without-check')
})
