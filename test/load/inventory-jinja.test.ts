import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { resolveVariables } from '../../src/load/variables.ts'
import { unwrap } from '../../src/model/problem.ts'
import { testModules } from './modules-for-tests.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const INVENTORY = `
g:
  hosts: {h: }
  vars:
    plain: text
    computed: "{{ plain | upper }}"
    deep: {list: ["{% if x %}"]}
    here: "{{ inventory_dir }}/{{ inventory_hostname }}"
    port: "{{ base_port + 1 }}"
`

function resolve(condition: string, set: readonly string[] = []) {
  const folder = writeFiles({ 'hosts.yaml': INVENTORY })
  const inventory = unwrap(loadInventory([join(folder, 'hosts.yaml')]))
  const param = 'params:\n  port: {type: integer, default: 1, description: where}\n'
  const text = `name: x\nsummary: x\nhosts: all\n${param}steps:\n  - assert: {that: '${condition}', message: no}\n`
  const runbook = unwrap(loadRunbook({ file: 'x.yaml', text, modules: testModules }))
  const hosts = [...inventory.hosts.keys()]
  const resolved = resolveVariables({ runbook, inventory, hosts, varsFiles: [], set })
  return { folder, resolved }
}

it('Jinja in an inventory does no harm while nothing uses it, and the two names that are known are replaced', () => {
  const { folder, resolved } = resolve('here == plain', ['port=2'])
  const [host] = [...unwrap(resolved).hosts.values()]
  expect(host?.variables).toMatchObject({ here: `${folder}/h`, computed: '{{ plain | upper }}' })
})

it('what uses it is told where, and where it comes from', () => {
  const { folder, resolved } = resolve('computed == plain && size(deep) > 0')
  expect(resolved.ok ? '' : problemText(resolved.problems).replaceAll(folder, '')).toBe(
    [
      '5:3+4 parameter: h: port holds Jinja, which is not run: {{ base_port + 1 }}, from group g (/hosts.yaml:9:5)',
      '    write the value out, or give it: --set port=...',
      '7:21+8 parameter: h: computed holds Jinja, which is not run: {{ plain | upper }}, from group g (/hosts.yaml:6:5)',
      '    write the value out, or give it: --set computed=...',
      '7:47+4 parameter: h: deep holds Jinja, which is not run: {% if x %}, from group g (/hosts.yaml:7:5)',
      '    write the value out, or give it: --set deep=...',
      '',
    ].join('\n'),
  )
})
