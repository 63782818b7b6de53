import { expect, test } from 'vitest'
import { sampleOf } from '../../../src/modules/k8s/container-memory.ts'

test('a limit of cgroup v1 as large as can be is none', () => {
  const text = 'reads 1048576 11534336\nusage 2097152\nlimit 9223372036854771712\nanon 1048576\nfaults 7\nfails 0\n'
  expect(sampleOf(text, 2)).toEqual({
    value: 5,
    usage_mib: 2,
    limit_mib: null,
    own_mib: 1,
    major_faults: 7,
    failures: 0,
  })
})

test('so is "max" of v2', () => {
  expect(sampleOf('reads 0 0\nusage 0\nlimit max\nanon 0\n', 1)).toMatchObject({ limit_mib: null, value: 0 })
})
