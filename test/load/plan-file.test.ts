import { expect, it } from 'vitest'
import { parsePlanFile } from '../../src/load/plan-file.ts'
import type { JsonObject } from '../../src/model/json.ts'

const step = {
  host: 'e1',
  step: 's1-1-file',
  name: 'file',
  module: 'file',
  resources: ['file:/a'],
  decision: { kind: 'noop', summary: 'nothing' },
  commit: false,
  at: { file: 'x.yaml', line: 1, column: 1, length: 1 },
}

const plan: JsonObject = {
  format: 1,
  tool: '0.1.0',
  createdAt: '2026-01-01T00:00:00Z',
  runbook: { name: 'x', file: 'x.yaml', sha256: '00' },
  inventory: { sources: [], sha256: '00' },
  params: [{ name: 'n', value: [1], origin: '--set' }],
  hosts: [{ host: 'e1', machineId: 'm', bootId: 'b' }],
  facts: {},
  guards: [step],
  measures: [],
  stages: [{ name: 'one', batches: [['e1']], steps: [step] }],
}

const said = (text: string): readonly string[] => {
  const parsed = parsePlanFile(text, 'p.json')
  return parsed.ok ? [] : parsed.problems.map(({ kind, message }) => `${kind}: ${message}`)
}

it('a plan comes back as it was written', () => {
  expect(parsePlanFile(JSON.stringify(plan), 'p.json')).toEqual({ ok: true, value: plan })
})

it('every cut of a plan is told to be cut', () => {
  const text = JSON.stringify(plan)
  for (let length = 1; length < text.length; length += 1) {
    expect(said(text.slice(0, length))).toEqual(['plan-stale: p.json is cut off: its JSON ends too early'])
  }
})

it.each<[string, string, readonly string[]]>([
  [
    'another format',
    JSON.stringify({ ...plan, format: 2 }),
    ['plan-stale: p.json has plan format 2, and this version reads 1'],
  ],
  ['another kind of file', '{"kind": "Pod"}', ['plan-stale: p.json is no plan of runbook']],
  ['no JSON', 'name: x', ['plan-stale: p.json is no JSON']],
  ['an empty file', '', ['plan-stale: p.json is no JSON']],
  ['a list', '[]', ['plan-stale: p.json is no plan of runbook']],
  [
    'a member missing',
    JSON.stringify({ ...plan, runbook: { name: 'x', file: 'y' } }),
    ['plan-stale: p.json: sha256 is missing in runbook'],
  ],
  ['a wrong type', JSON.stringify({ ...plan, hosts: 'e1' }), ['plan-stale: p.json: hosts must be a list, not "e1"']],
])('%s is refused', (_, text, expected) => {
  expect(said(text)).toEqual(expected)
})
