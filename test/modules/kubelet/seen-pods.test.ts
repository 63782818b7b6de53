import { expect, test } from 'vitest'
import { sha256 } from '../../../src/model/digest.ts'
import { parseSeenPods } from '../../../src/modules/kubelet/seen-pods.ts'

const uid = '22222222-2222-4222-8222-222222222222'
const other = '33333333-3333-4333-8333-333333333333'
const place = `/var/lib/kubelet/pods/${uid}/volumes`
const lines = (...rows: readonly (readonly string[])[]): string => rows.map((row) => row.join('\t')).join('\n')
const whyOf = (tmpfs: 'none' | 'tmpfs', ...rows: readonly (readonly string[])[]): string | null | undefined =>
  parseSeenPods(lines(['dead', uid], ...rows), tmpfs).dead[0]?.why

// The forms of kubelet 1.7 to 1.20, 1.20, and from 1.21 on.
test.each([
  [
    `E0521 16:45:28.353927 58235 kubelet_volumes.go:140] Orphaned pod "${uid}" found, but volume paths are still present on disk : There were a total of 8549 errors similar to this. Turn up verbosity to see them.`,
    8549,
  ],
  [
    `E1210 16:36:18.360278 14390 kubelet_volumes.go:179] orphaned pod "${uid}" found, but failed to rmdir() subpath at path /x: not a directory : There were a total of 2 errors similar to this.`,
    2,
  ],
  [
    `E1007 12:46:32.359145 7310 kubelet_volumes.go:245] "There were many similar errors. Turn up verbosity to see them." err="orphaned pod \\"${uid}\\" found, but error not a directory occurred when trying to remove the volumes dir" numErrs=3`,
    3,
  ],
  [
    `E0508 00:36:34.697341 469 kubelet_volumes.go:114] Orphaned pod "${uid}" found, but volume paths are still present on disk.`,
    1,
  ],
])('who is named, and how many kubelet counts, is read from %s', (line, complaints) => {
  expect(parseSeenPods(lines(['log', line]), 'none')).toMatchObject({ named: [uid], complaints })
})

test('the last line counts', () => {
  const log = (pod: string, count: number): readonly string[] => [
    'log',
    `err="orphaned pod \\"${pod}\\" found, but x" numErrs=${count}`,
  ]
  expect(parseSeenPods(lines(log(uid, 5), log(other, 4), log(other, 4)), 'none')).toMatchObject({
    named: [uid, other],
    complaints: 4,
  })
})

test('a mount of any kind keeps a pod; secrets and the like may be asked away, memory of others not', () => {
  const secret = ['mount', uid, '1', 'tmpfs', '0:99', `${place}/kubernetes.io~secret/token`]
  const memory = ['mount', uid, '1', 'tmpfs', '0:98', `${place}/kubernetes.io~empty-dir/cache`]
  const nfs = ['mount', uid, '1', 'nfs4', '0:97', `${place}/kubernetes.io~nfs/pv`]
  expect(whyOf('none', secret)).toMatch(/^tmpfs is mounted on/)
  expect(whyOf('tmpfs', secret)).toBeNull()
  expect(whyOf('tmpfs', secret, memory)).toMatch(/empty-dir/)
  expect(whyOf('tmpfs', secret, nfs)).toMatch(/^nfs4 is mounted on/)
})

test('a copy of the same mount in another namespace goes with it; one that the host has no more does not', () => {
  const at = `${place}/kubernetes.io~secret/token`
  const own = ['mount', uid, '1', 'tmpfs', '0:99', at]
  expect(whyOf('tmpfs', own, ['mount', uid, '0', 'tmpfs', '0:99', at])).toBeNull()
  expect(whyOf('tmpfs', own, ['mount', uid, '0', 'tmpfs', '0:55', at])).toMatch(/mounted elsewhere too/)
  expect(whyOf('none', ['mount', uid, '0', 'bind', '8:1', '/data'])).toBe('it is mounted elsewhere too, on /data')
})

test('a volume of CSI keeps its pod while it is staged or attached, or nobody tells', () => {
  const json = (more: object = {}): readonly string[] => [
    'csi',
    uid,
    JSON.stringify({
      attachmentID: 'csi-1',
      specVolID: 'pv-1',
      volumeHandle: 'disk-1',
      volumeLifecycleMode: 'Persistent',
      ...more,
    }),
  ]
  const none = ['attachments', 'csi-2']
  expect(whyOf('none', json(), none)).toBeNull()
  expect(whyOf('none', json())).toMatch(/^nobody tells/)
  expect(whyOf('none', json(), ['attachments', 'csi-2', 'csi-1'])).toMatch(/still attached \(VolumeAttachment csi-1\)/)
  expect(whyOf('none', json(), none, ['global', 'pv-1'])).toMatch(/still staged/)
  expect(whyOf('none', json(), none, ['global', sha256('disk-1')])).toMatch(/still staged/)
  expect(whyOf('none', json({ volumeLifecycleMode: 'Ephemeral' }))).toBeNull()
  expect(whyOf('none', ['csi', uid, '{"volumeHandle"'], none)).toMatch(/cannot be read/)
})
