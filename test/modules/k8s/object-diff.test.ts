import { expect, test } from 'vitest'
import { stepsOf } from '../../../src/modules/k8s/k8s-get.ts'
import { diffFields, fieldAt, jsonPatch, placeText, wishesOf } from '../../../src/modules/k8s/object-diff.ts'

const set = (limit: string, args: readonly string[]) => ({
  metadata: { name: 'law', resourceVersion: limit, annotations: { 'deprecated.daemonset.template.generation': '1' } },
  spec: { containers: [{ name: 'one', args, resources: { limits: { memory: limit } } }, { name: 'two' }] },
  status: { numberReady: limit.length },
})

test('what the server counts by itself is no difference', () => {
  expect(diffFields(wishesOf(set('50Mi', [])), wishesOf({ ...set('50Mi', []), status: {} }))).toEqual([])
})

test('a member of a list is told by its place, a list of another length as a whole', () => {
  const changes = diffFields(wishesOf(set('50Mi', ['a'])), wishesOf(set('256Mi', ['a', 'b'])))
  expect(changes.map(({ path }) => placeText(path))).toEqual([
    'spec.containers[0].args',
    'spec.containers[0].resources.limits.memory',
  ])
})

test('a JSON patch tests the name of the list member and the old value before it changes anything', () => {
  const before = set('50Mi', [])
  expect(jsonPatch(before, diffFields(wishesOf(before), wishesOf(set('256Mi', []))))).toEqual([
    { op: 'test', path: '/spec/containers/0/name', value: 'one' },
    { op: 'test', path: '/spec/containers/0/resources/limits/memory', value: '50Mi' },
    { op: 'replace', path: '/spec/containers/0/resources/limits/memory', value: '256Mi' },
  ])
})

test('what was not there is added, what is not wanted is removed, keys with a slash are written as the standard says', () => {
  const changes = diffFields({ labels: { 'a/b': 'x' } }, { labels: { 'c~d': 'y' } })
  expect(jsonPatch({ labels: { 'a/b': 'x' } }, changes)).toEqual([
    { op: 'test', path: '/labels/a~1b', value: 'x' },
    { op: 'remove', path: '/labels/a~1b' },
    { op: 'add', path: '/labels/c~0d', value: 'y' },
  ])
})

test('a field that is not there is told from one that is null', () => {
  expect([fieldAt({ a: null }, ['a']), fieldAt({}, ['a'])]).toEqual([{ value: null }, null])
})

test('places of fields may hold names with dots', () => {
  expect(stepsOf('metadata.annotations["flannel.alpha.coreos.com/public-ip"]')).toEqual([
    'metadata',
    'annotations',
    'flannel.alpha.coreos.com/public-ip',
  ])
  expect(stepsOf('spec.containers[0].image')).toEqual(['spec', 'containers', 0, 'image'])
})
