import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { budgetsOf, heldBy } from '../../../src/modules/k8s/budgets.ts'
import type { NodePod } from '../../../src/modules/k8s/look-node.ts'

const pod = (name: string, labels: JsonObject, more: Partial<NodePod> = {}): NodePod => ({
  name: `shop/${name}`,
  namespace: 'shop',
  hasOwner: true,
  losesData: false,
  labels,
  counts: true,
  ...more,
})

/** As a server of Kubernetes 1.20 gives it, but for what is not looked at. */
const budget = (name: string, selector: JsonObject | undefined, allowed = 0, apiVersion = 'policy/v1beta1') => ({
  apiVersion,
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'shop', generation: 1 },
  spec: { minAvailable: 2, ...(selector ? { selector } : {}) },
  status: {
    ...{ observedGeneration: 1, disruptionsAllowed: allowed },
    ...{ currentHealthy: 2 + allowed, desiredHealthy: 2, expectedPods: 2 },
  },
})

const held = (pods: readonly NodePod[], ...items: readonly object[]): readonly string[] =>
  heldBy(pods, budgetsOf(JSON.stringify({ apiVersion: 'v1', kind: 'List', items })))

const web = { app: 'web' }
const ofWeb = { matchLabels: web }

test('a budget that lets nothing go is told with its numbers and the pods that it holds here', () => {
  const pods = [pod('web-1', web), pod('web-2', web), pod('db-1', { app: 'db' })]
  expect(held(pods, budget('web', ofWeb))).toEqual([
    'shop/web lets no pod go (2 healthy, 2 wanted): shop/web-1, shop/web-2',
  ])
})

test('held is nobody where a pod may go, none is here, it does not run yet, it is being deleted, or lives elsewhere', () => {
  const gone = pod('web-1', web, { counts: false })
  expect(held([pod('web-1', web)], budget('web', ofWeb, 1))).toEqual([])
  expect(held([pod('db-1', { app: 'db' })], budget('web', ofWeb))).toEqual([])
  expect(held([gone], budget('web', ofWeb))).toEqual([])
  expect(held([pod('web-1', web, { namespace: 'other' })], budget('web', ofWeb))).toEqual([])
})

test('a pod of two budgets is never evicted, whatever they allow', () => {
  expect(held([pod('web-1', web)], budget('web', ofWeb, 1), budget('all', { matchLabels: web }, 3))).toEqual([
    'shop/web and shop/all are both for shop/web-1, which is never evicted then',
  ])
})

describe('a selector', () => {
  const isFor = (selector: JsonObject | undefined, version?: string) =>
    held([pod('web-1', { app: 'web', tier: 'front' })], budget('b', selector, 0, version)).length === 1
  const term = (key: string, operator: string, ...values: readonly string[]) => ({
    matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
  })
  test.each([
    ['labels that are all there', { matchLabels: { app: 'web', tier: 'front' } }, true],
    ['a label that is not', { matchLabels: { app: 'web', zone: 'a' } }, false],
    ['In', term('app', 'In', 'db', 'web'), true],
    ['In of others', term('app', 'In', 'db'), false],
    ['NotIn', term('app', 'NotIn', 'db'), true],
    ['NotIn of a label that is not there', term('zone', 'NotIn', 'a'), true],
    ['NotIn of its own', term('app', 'NotIn', 'web'), false],
    ['Exists', term('tier', 'Exists'), true],
    ['Exists of none', term('zone', 'Exists'), false],
    ['DoesNotExist', term('zone', 'DoesNotExist'), true],
    ['labels and expressions', { ...ofWeb, ...term('tier', 'In', 'back') }, false],
  ] as const)('by %s', (_, selector, expected) => {
    expect(isFor(selector as unknown as JsonObject)).toBe(expected) // test data
  })

  test('that is empty means all pods in policy/v1 and none in v1beta1; none at all means none', () => {
    expect([isFor({}, 'policy/v1'), isFor({}, 'policy/v1beta1'), isFor(undefined, 'policy/v1')]).toEqual([
      true,
      false,
      false,
    ])
  })
})
