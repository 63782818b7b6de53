import { expect, test } from 'vitest'
import { probeBefore } from '../../../src/modules/kubelet/failed-probes.ts'

const found = { from: 100, to: 100, said: 'Liveness probe failed: HTTP probe failed with statuscode: 500' }
const kills = { from: 101, to: 101, said: 'Container x failed liveness probe, will be restarted' }
const before = (endedAt: number, source = 'docker') => probeBefore({ source, endedAt }, [found, kills])

test('a container that ends within its grace after a failed probe is told what the probe found', () => {
  expect(before(131.5)).toEqual({ probe: found.said })
  expect(probeBefore({ source: 'crictl', endedAt: 131 }, [kills])).toEqual({ probe: kills.said })
})

test('one that ends later or earlier, and a unit of systemd, did not end of it', () => {
  expect(before(162)).toEqual({})
  expect(before(98)).toEqual({})
  expect(before(131.5, 'unit')).toEqual({})
})

test('an event that came again covers what ended in between: it is told once, with its first time and its last', () => {
  const again = { from: 100, to: 400, said: found.said }
  expect(probeBefore({ source: 'docker', endedAt: 250 }, [again])).toEqual({ probe: found.said })
  expect(probeBefore({ source: 'docker', endedAt: 90 }, [again])).toEqual({})
})
