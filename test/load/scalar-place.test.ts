import { describe, expect, it } from 'vitest'
import { placeInScalar } from '../../src/load/scalar-place.ts'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { childOf } from '../../src/load/yaml-node.ts'

/** Where the first `needle` of the value of `a` is written: "line:column". */
function placeOf(text: string, needle: string): string {
  const parsed = parseYaml('x.yaml', text, 'runbook')
  const node = parsed.ok ? childOf(parsed.value, 'a') : undefined
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') throw new Error('a is no text')
  const start = node.value.indexOf(needle)
  const { line, column, length } = placeInScalar(node, start, start + needle.length)
  return `${line}:${column}+${length}`
}

describe('a place in a value is found in what was written', () => {
  it.each([
    ['plain', 'a: one two\n', '1:8+3'],
    ['plain over lines', 'a: one\n  more two\n', '2:8+3'],
    ['single quotes', "a: 'it''s two'\n", '1:11+3'],
    ['double quotes with escapes', 'a: "\\t\\x41\\u00e9\\" two"\n', '1:20+3'],
    ['a literal block', 'a: |\n  one\n\n    two\n', '4:5+3'],
    ['a literal block with indentation indicator', 'a: |2-\n    one\n  two\n', '3:3+3'],
    ['a folded block', 'a: >\n  one\n  more\n\n  two\n', '5:3+3'],
  ])('%s', (_, text, place) => {
    expect(placeOf(text, 'two')).toBe(place)
  })
})
