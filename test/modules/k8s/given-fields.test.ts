import { expect, test } from 'vitest'
import { ownFields } from '../../../src/modules/k8s/given-fields.ts'

const service = (more: object, port: object) => ({
  kind: 'Service',
  metadata: { name: 'law', resourceVersion: '7', labels: { app: 'law' } },
  spec: { type: 'NodePort', selector: { app: 'law' }, ...more, ports: [{ port: 80, ...port }] },
})

test('addresses and ports that the cluster gives are no wish of anybody', () => {
  const given = service({ clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'] }, { nodePort: 30_123 })
  expect(ownFields(given)).toEqual(ownFields(service({}, {})))
})

test('a port, a selector and a label of another are', () => {
  const own = ownFields(service({}, {}))
  expect(ownFields(service({}, { port: 81 }))).not.toEqual(own)
  expect(ownFields(service({ selector: {} }, {}))).not.toEqual(own)
  expect(ownFields({ ...service({}, {}), metadata: { name: 'law' } })).not.toEqual(own)
})

test('tokens of a ServiceAccount come by themselves, what a ConfigMap holds does not', () => {
  expect(ownFields({ kind: 'ServiceAccount', secrets: [{ name: 'law-token-x1' }] })).toEqual({ kind: 'ServiceAccount' })
  expect(ownFields({ kind: 'ConfigMap', metadata: { name: 'law' }, data: { a: 'b' } })).toMatchObject({
    data: { a: 'b' },
  })
})
