import { expect, test } from 'vitest'
import { etcdStaticPodRestarted } from '../../../src/modules/etcd/etcd-static-pod-restarted.ts'

const none = { kind: 'none', message: 'no etcd process runs on this host', hint: 'start it' }
const plan = (found: object, hasManifest: boolean) => etcdStaticPodRestarted.plan({}, { found, hasManifest }).kind

test('an etcd that the kubelet has taken down by now is waited for, where there is a manifest to start it from', () => {
  expect(plan({ ...none, stopped: true }, true)).toBe('change')
  expect(plan({ ...none, stopped: true }, false)).toBe('blocked')
  expect(plan(none, true)).toBe('blocked') // several processes, or k3s: nobody's to wait for
})
