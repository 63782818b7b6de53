import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeTypedParser, parseExpression } from '../../src/load/expression.ts'
import type { Json } from '../../src/model/json.ts'
import type { Scope } from '../../src/model/runbook.ts'

const evaluate = (source: string, scope: Scope = {}): Json => {
  const parsed = parseExpression(source)
  if (!parsed.ok) return `parse: ${parsed.fault.problem.message}`
  const found = parsed.expression.evaluate(scope)
  return found.ok ? found.value : `${found.fault.problem.kind}: ${found.fault.problem.message}`
}

const hosts = { e1: { ms: 5, up: true }, e2: { ms: 7.5, up: true } }

describe('an expression gives', () => {
  it.each<[string, Scope, Json]>([
    ['a > b', { a: 2, b: 1.5 }, true],
    ['a == 1', { a: 1 }, true],
    ['a + 1.5', { a: 1 }, 2.5],
    ['a * 2 - 1', { a: 1.25 }, 1.5],
    ['a / 2', { a: 5 }, 2],
    ['a / 2.0', { a: 5 }, 2.5],
    ['a.b.c', { a: { b: { c: 'x' } } }, 'x'],
    ['has(a.b)', { a: {} }, false],
    ['a[0] + size(a)', { a: [1, 2] }, 3],
    ['hosts.all(h, hosts[h].up)', { hosts }, true],
    ['hosts.exists(h, hosts[h].ms > 7)', { hosts }, true],
    ['hosts.filter(h, hosts[h].ms < 6)', { hosts }, ['e1']],
    ['hosts.map(h, hosts[h].ms)', { hosts }, [5, 7.5]],
    ['size(hosts) == 2', { hosts }, true],
    ['a ? "x" : "y"', { a: false }, 'y'],
    ['a == null', { a: null }, true],
    ['"etcd" in groups', { groups: ['etcd', 'web'] }, true],
    ['{"a": 1, "b": [1.5]}', {}, { a: 1, b: [1.5] }],
    ['name.startsWith("e") && name.matches("^e[0-9]$")', { name: 'e1' }, true],
    ['9007199254740991 + 0', {}, 9007199254740991],
  ])('%s', (source, scope, value) => {
    expect(evaluate(source, scope)).toEqual(value)
  })
})

describe('an expression fails with what is missing', () => {
  it.each<[string, Scope, string]>([
    ['nope == 1', {}, 'reference: there is no variable nope'],
    ['a.b.d == 1', { a: { b: { c: 1 } } }, 'reference: a.b has no member d'],
    ['a.constructor', { a: {} }, 'reference: a has no member constructor'],
    ['a + "x"', { a: 1 }, 'expression: these do not go together: int + string'],
    ['a ? 1 : 2', { a: 1 }, "expression: ternary condition must be bool, got 'int'"],
    ['duration("5s")', {}, 'expression: `duration("5s")` gives Duration, which is no JSON value'],
    [
      '9007199254740991 * 3',
      {},
      'expression: `9007199254740991 * 3` gives the integer 27021597764222973, which is no JSON value',
    ],
  ])('%s', (source, scope, said) => {
    expect(evaluate(source, scope)).toBe(said)
  })

  it('and names what was probably meant', () => {
    const parsed = parseExpression('a.electoin_ms > 1')
    const found = parsed.ok && parsed.expression.evaluate({ a: { election_ms: 5 } })
    expect(found).toMatchObject({
      ok: false,
      fault: { problem: { hint: 'did you mean election_ms?' }, start: 2, end: 13 },
    })
  })
})

it('may be parsed beside parameters that are called as a type of the language is', () => {
  const parse = makeTypedParser(
    new Map([
      ['type', 'string'],
      ['int', 'int'],
      ['size', 'int'],
      ['unit', 'string'],
    ]),
  )
  expect(parse('unit == "ms" && type(size) == int')).toMatchObject({ ok: true })
  expect(parse('unit == 1')).toMatchObject({ ok: false })
})

describe('the names that an expression needs', () => {
  it.each<[string, readonly string[]]>([
    ['a.b + c["d"] + size(e)', ['a', 'c', 'e']],
    ['xs.all(x, x > limit)', ['xs', 'limit']],
    ['xs.map(x, x > 1, x * f)', ['xs', 'f']],
    ['xs.all(x, ys.exists(y, x == y)) && x', ['xs', 'ys', 'x']],
    ['has(a.b) ? {"k": v} : {"k": w}', ['a', 'v', 'w']],
  ])('%s', (source, names) => {
    const parsed = parseExpression(source)
    expect(parsed.ok && parsed.expression.names.map(({ name }) => name)).toEqual(names)
  })
})

it('parsing any text answers and never throws', () => {
  const pieces = fc.constantFrom(
    ...'a b . [ ] ( ) { } && || ! == = < + - * / % ? : , "x" \' " 1 1.5 in null true \\ {{ @ \n # all'.split(' '),
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const parsed = parseExpression(parts.join(' '))
      if (!parsed.ok) return parsed.fault.problem.message !== ''
      parsed.expression.evaluate({ a: 1, b: {} })
      return true
    }),
    { numRuns: 2000 },
  )
})
