import { expect, test } from 'vitest'
import { parseDocker } from '../../../src/modules/docker/docker-seen.ts'

const lines = (...rows: readonly (readonly [string, string])[]): string => rows.map((row) => row.join('\t')).join('\n')
const hash = 'a'.repeat(64)

test.each([
  ['5:19.03.15~3-0~debian-stretch', '19.03.15'],
  ['18.06.3~ce~3-0~ubuntu', '18.06.3'],
  ['18.06.3.ce-3.el7', '18.06.3'],
  ['20.10.24+dfsg1-1+deb12u1+b6', '20.10.24'],
])('the version of the daemon in the package version %s is %s', (target, version) => {
  expect(parseDocker('', target).target_server).toBe(version)
})

test('a container of Kubernetes, one of somebody else, and one that goes when it ends', () => {
  const { containers } = parseDocker(
    lines(
      ['container', `${hash} /k8s_etcd running no false 1234-uid.`],
      ['container', `${hash} /web running always false .`],
      ['container', `${hash} /job exited no true <no value>.`],
    ),
    '',
  )
  expect(
    containers.map(({ name, policy, of_kubernetes, auto_remove }) => [name, policy, of_kubernetes, auto_remove]),
  ).toEqual([
    ['k8s_etcd', 'no', true, false],
    ['web', 'always', false, false],
    ['job', 'no', false, true],
  ])
})

test('a shim that is older than the daemon is told apart', () => {
  const seen = parseDocker(
    lines(['shim', '12 before docker-containerd-shim x'], ['shim', '34 now containerd-shim y']),
    '',
  )
  expect(seen.shims).toEqual(['12 docker-containerd-shim x', '34 containerd-shim y'])
  expect(seen.old_shims).toEqual(['12 docker-containerd-shim x'])
})

test('any call that hangs is a docker that hangs, though its version was told', () => {
  expect(parseDocker(lines(['answer', '0 30'], ['server', '18.03.1-ce'], ['answer', '124 0']), '')).toMatchObject({
    hangs: true,
    answers: false,
    runs: '18.03.1',
  })
})

test("what kubelet is told runs its containers, docker's own socket apart", () => {
  const runtime = (flags: string): string =>
    parseDocker(lines(['daemon', '7'], ['kubelet', `/usr/bin/kubelet ${flags}`]), '').runtime
  expect(runtime('--container-runtime-endpoint=unix:///run/containerd/containerd.sock')).toBe('containerd')
  expect(runtime('--container-runtime-endpoint unix:///var/run/dockershim.sock')).toBe('docker')
  expect(runtime('')).toBe('docker')
  expect(parseDocker(lines(['containerd', '5']), '').runtime).toBe('containerd')
})

test('a pin is a version with a priority of 1000 and more', () => {
  const rows = (priority: number): string =>
    lines(['package', 'docker.io 20.10.5 held'], ['available', `20.10.5 ${priority}`], ['available', '26.1.5 500'])
  expect(parseDocker(rows(1001), '')).toMatchObject({ pinned_to: '20.10.5', package: { held: true } })
  expect(parseDocker(rows(990), '').pinned_to).toBeNull()
})
