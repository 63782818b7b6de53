import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { canonical, type Json } from '../../../src/model/json.ts'
import { setFlag, unsetFlag } from '../../../src/modules/yaml/yaml-flags.ts'
import { parseYamlPath } from '../../../src/modules/yaml/yaml-path.ts'
import { parsed, valueOfNode, withValue, YamlEditError } from '../../../src/modules/yaml/yaml-place.ts'
import { setAt } from '../../../src/modules/yaml/yaml-set.ts'
import { parseYamlText } from '../../../src/modules/yaml/yaml-text.ts'
import { unsetAt } from '../../../src/modules/yaml/yaml-unset.ts'

const name = fc.constantFrom('a', 'b', 'cpu', 'on', 'x-y', '1')
const scalar = fc.oneof(
  fc.constantFrom<Json>(
    'text',
    'on',
    '0755',
    '1:30',
    '',
    ' padded ',
    'a: b',
    '# no',
    '- x',
    'two\nlines\n',
    '--f=1',
    '~',
    '{}',
    'é',
  ),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)
const { data } = fc.letrec<{ data: Json }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.dictionary(name, tie('data'), { maxKeys: 3 }).map((members) => members as Json),
    fc.array(tie('data'), { maxLength: 3 }) as fc.Arbitrary<Json>,
  ),
}))
const root = fc.dictionary(name, data, { minKeys: 1, maxKeys: 4 })
const layout = fc.record({ indent: fc.constantFrom(2, 4), indentSeq: fc.boolean(), flow: fc.boolean() })

const written = (
  value: Json,
  { indent, indentSeq, flow }: { indent: number; indentSeq: boolean; flow: boolean },
): string =>
  `# head\n${stringify(value, { indent, indentSeq, ...(flow ? { collectionStyle: 'flow' as const } : {}), lineWidth: 0 })}# tail\n`

const pathsIn = (value: Json): readonly (readonly (string | number)[])[] =>
  Array.isArray(value)
    ? value.flatMap((item, index) => [[index], ...pathsIn(item).map((rest) => [index, ...rest])])
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => [[key], ...pathsIn(item).map((rest) => [key, ...rest])])
      : []

/** The result, or undefined where the edit is refused, which is always allowed. */
function attempt(work: () => string): string | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof YamlEditError) return undefined
    throw error
  }
}

test('setting a place changes that place and nothing else', () => {
  let edits = 0
  fc.assert(
    fc.property(root, layout, scalar, fc.nat(), fc.boolean(), (value, style, wanted, pick, extend) => {
      const text = written(value, style)
      const paths = pathsIn(value)
      const chosen = paths[pick % paths.length] ?? []
      const at = extend ? [...chosen.filter((step) => typeof step === 'string'), 'new', 'er'] : chosen
      const result = attempt(() => setAt(at, wanted)(text, parseYamlText))
      if (result === undefined) return
      edits += 1
      expect(canonical(valueOfNode(parsed(result, parseYamlText)))).toBe(canonical(withValue(value, at, wanted)))
      expect(result.startsWith('# head\n') && result.endsWith('# tail\n')).toBe(true)
      expect(setAt(at, wanted)(result, parseYamlText)).toBe(result)
    }),
    { numRuns: 500 },
  )
  expect(edits).toBeGreaterThan(100)
})

test('lines away from the place that is set stay byte for byte', () => {
  fc.assert(
    fc.property(root, layout, fc.integer(), fc.nat(), (value, style, wanted, pick) => {
      const text = written(value, style)
      const paths = pathsIn(value).filter(
        (path) => typeof at(value, path) === 'boolean' || typeof at(value, path) === 'number',
      )
      const chosen = paths[pick % paths.length]
      if (!chosen) return
      const result = setAt(chosen, wanted)(text, parseYamlText)
      const [before, after] = [text.split('\n'), result.split('\n')]
      expect(after.length).toBe(before.length)
      expect(after.filter((line, index) => line !== before[index]).length).toBeLessThanOrEqual(1)
    }),
  )
})

const at = (value: Json, path: readonly (string | number)[]): Json | undefined => {
  const [step, ...rest] = path
  if (step === undefined) return value
  const inner = (value as { readonly [key: string]: Json })[step] // a path that pathsIn gave
  return inner === undefined ? undefined : at(inner, rest)
}

test('removing a place removes that place and nothing else', () => {
  let edits = 0
  fc.assert(
    fc.property(root, layout, fc.nat(), (value, style, pick) => {
      const text = written(value, style)
      const paths = pathsIn(value)
      const chosen = paths[pick % paths.length] ?? []
      const result = attempt(() => unsetAt(chosen)(text, parseYamlText))
      if (result === undefined) return
      edits += 1
      expect(canonical(valueOfNode(parsed(result, parseYamlText)))).toBe(canonical(withValue(value, chosen, undefined)))
      expect(result.startsWith('# head\n') && result.endsWith('# tail\n')).toBe(true)
    }),
    { numRuns: 500 },
  )
  expect(edits).toBeGreaterThan(100)
})

test('a flag that is set has its value, and setting it again changes nothing', () => {
  const word = fc.constantFrom('etcd', '--a=1', '--a', '--b', 'x', '--c=2', '-d', '--a=3', 'true')
  const value = fc.constantFrom('5', 'on', 'a b', 'https://h:1,x', '')
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), layout, value, (words, style, wanted) => {
      const text = written({ spec: { command: words, rest: 1 } }, style)
      const result = attempt(() => setFlag(['spec', 'command'], '--a', wanted)(text, parseYamlText))
      if (result === undefined) return
      expect(setFlag(['spec', 'command'], '--a', wanted)(result, parseYamlText)).toBe(result)
      const gone = unsetFlag(['spec', 'command'], '--a')(result, parseYamlText)
      expect(gone).not.toMatch(/--a\b/)
    }),
  )
})

test('any text is edited or refused, and never crashes', () => {
  const noise = fc.string({ unit: fc.constantFrom(...'ab:-[]{}#&*!|>\'"% \n\t?,') })
  fc.assert(
    fc.property(noise, (text) => {
      attempt(() => setAt(['a', 'b'], 1)(text, parseYamlText))
      attempt(() => unsetAt(['a'])(text, parseYamlText))
    }),
    { numRuns: 1000 },
  )
})

test('texts that YAML 1.1 readers take for something else are quoted', () => {
  const quoted = (value: string): string => setAt(['k'], value)('k: 1\n', parseYamlText)
  for (const word of ['on', 'yes', 'n', '0755', '1:30', '1_000', '~', 'null', '2020-01-01', '500m', '0x1f', '=']) {
    expect(quoted(word)).toBe(`k: "${word}"\n`)
  }
  expect(quoted('registry.k8s.io/etcd:3.5.10-0')).toBe('k: registry.k8s.io/etcd:3.5.10-0\n')
})

test('paths name keys and places in lists', () => {
  expect(parseYamlPath('spec.containers[0].args')).toEqual(['spec', 'containers', 0, 'args'])
  expect(parseYamlPath('metadata.annotations["example.org/a.b"]')).toEqual([
    'metadata',
    'annotations',
    'example.org/a.b',
  ])
  expect(parseYamlPath('heartbeat-interval')).toEqual(['heartbeat-interval'])
})

test('a text that is deeper than the stack is refused', () => {
  for (const part of ['"b": ', '[', '- '])
    expect(parseYamlText(part.repeat(40_000))).toMatchObject({ kind: 'refused', message: expect.stringMatching(/./) })
})
