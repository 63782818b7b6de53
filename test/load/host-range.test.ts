import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandHostRange } from '../../src/load/host-range.ts'

const names = (entry: string): readonly string[] | string => {
  const expanded = expandHostRange(entry)
  return expanded.ok ? expanded.names : expanded.message
}

/** The examples of Ansible's inventory guide, and what its own expander gave when asked. */
describe('ranges as Ansible documents them', () => {
  it.each<[string, readonly string[]]>([
    ['e1', ['e1']],
    ['www[01:03].example.com', ['www01.example.com', 'www02.example.com', 'www03.example.com']],
    ['www[01:05:2]', ['www01', 'www03', 'www05']],
    ['db-[a:c]', ['db-a', 'db-b', 'db-c']],
    ['db-[a:f:2]', ['db-a', 'db-c', 'db-e']],
    ['x[:2]', ['x0', 'x1', 'x2']],
    ['x[8:11]', ['x8', 'x9', 'x10', 'x11']],
    ['x[9:010]', ['x9', 'x10']],
    ['x[08:10]', ['x08', 'x09', 'x10']],
    ['x[5:5]', ['x5']],
    ['r[1:2]n[a:b]', ['r1na', 'r1nb', 'r2na', 'r2nb']],
  ])('%s', (entry, expected) => {
    expect(names(entry)).toEqual(expected)
  })

  it('a range has its begin, its end, and a member for each step in between', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 20 }), (begin, more, step) => {
        const expanded = expandHostRange(`h[${begin}:${begin + more}:${step}]`)
        const wanted = Array.from({ length: Math.floor(more / step) + 1 }, (_, index) => `h${begin + index * step}`)
        expect(expanded).toEqual({ ok: true, names: wanted })
      }),
    )
  })

  it('whatever the entry, the answer has no bracket left in it', () => {
    const pieces = fc.constantFrom('[', ']', ':', '1', '09', 'a', 'Z', '-', '.')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const expanded = expandHostRange(parts.join(''))
        return expanded.ok ? expanded.names.every((name) => !/[[\]]/.test(name)) : expanded.message !== ''
      }),
      { numRuns: 1000 },
    )
  })
})
