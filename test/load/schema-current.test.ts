import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runbookSchema } from '../../src/load/runbook-schema.ts'
import { schemaFaults } from '../../src/load/schema-check.ts'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { toJson } from '../../src/load/yaml-node.ts'
import { createModules } from '../../src/modules/index.ts'
import { testModules } from './modules-for-tests.ts'

it('schema/runbook.schema.json is that of the modules: node src/main.ts schema > schema/runbook.schema.json', () => {
  const committed: unknown = JSON.parse(readFileSync('schema/runbook.schema.json', 'utf8'))
  expect(committed).toEqual(JSON.parse(JSON.stringify(runbookSchema(createModules()))))
})

describe('the schema for editors', () => {
  const schema = runbookSchema(testModules)
  const faults = (steps: string): readonly string[] => {
    const parsed = parseYaml('x.yaml', `name: x\nsummary: x\nhosts: all\nsteps:\n${steps}\n`, 'runbook')
    return parsed.ok ? schemaFaults(schema, toJson(parsed.value), 'none').map(({ message }) => message) : ['yaml']
  }

  it('takes a template in place of any value', () => {
    expect(faults('  - file: {path: "{{ a }}", state: "{{ b }}", mode: "{{ c }}"}')).toEqual([])
    expect(faults('  - shell: {script: "x", count: "{{ n }}"}')).toEqual([])
  })

  it.each([
    ['a wrong value', '  - service: {unit: x, state: restartet}'],
    ['an unknown argument', '  - file: {path: /a, stat: x}'],
    ['two modules', '  - file: {path: /a}\n    settings: {}'],
    ['no module', '  - name: x'],
    ['an unknown keyword', '  - file: {path: /a}\n    wehn: x'],
  ])('refuses %s', (_, steps) => {
    expect(faults(steps)).not.toEqual([])
  })

  it('explains every keyword, module and argument where an editor shows it', () => {
    const text = JSON.stringify(schema)
    expect(text).toContain('CEL condition; the step is skipped on hosts where it is false')
    expect(text).toContain('A file and its content')
  })
})
