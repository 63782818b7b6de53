import { expect, test } from 'vitest'
import { makeStopSwitch } from '../../src/cli/stop-switch.ts'
import { hostName } from '../../src/model/id.ts'
import { fakeWorld } from './fake-world.ts'

const setUp = (during: 'looking' | 'changing') => {
  const world = fakeWorld()
  const said: string[] = []
  const released = Promise.withResolvers<void>()
  const stop = makeStopSwitch(world, {
    during,
    say: (line) => said.push(line),
    release: () => {
      released.resolve()
      return Promise.resolve()
    },
    next: 'runbook rollback R',
  })
  return { world, said, stop, released: released.promise }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('while changing, the first Ctrl-C asks to stop and says so; the program goes on', async () => {
  const { world, said, stop } = setUp('changing')
  expect(stop.requested()).toBe(false)
  world.interrupt()
  await settled()
  expect(stop.requested()).toBe(true)
  expect(said).toEqual([expect.stringContaining('Once more')])
  expect(world.exits).toEqual([])
})

test('the second one gives the terminal back, says how to undo, and ends with 130', async () => {
  const { world, released } = setUp('changing')
  world.interrupt()
  world.interrupt()
  await released
  await settled()
  expect(world.exits).toEqual([130])
  expect(world.told().stderr).toContain('runbook rollback R')
})

test('the second one first ends what runs on the hosts, and tells how that went; one that cannot be ended holds nothing up', async () => {
  const { world, stop, released } = setUp('changing')
  const ended = Promise.withResolvers<string>()
  stop.atWork.add({ host: hostName('e1'), label: 'mv /a /b', end: () => ended.promise })
  stop.atWork.add({ host: hostName('e2'), label: 'sleep 9', end: () => Promise.reject(new Error('no route')) })
  world.interrupt()
  world.interrupt()
  await settled()
  expect(world.exits).toEqual([])
  ended.resolve('it was killed')
  await released
  await settled()
  expect(world.exits).toEqual([130])
  expect(world.told().stderr).toContain('e1: mv /a /b: it was killed\ne2: sleep 9: it may still run: no route\n')
})

test('while only looking, the first one ends the program', async () => {
  const { world } = setUp('looking')
  world.interrupt()
  await settled()
  expect(world.exits).toEqual([130])
  expect(world.told().stderr).toContain('nothing was changed')
})

test('disposed, it hears nothing', async () => {
  const { world, stop } = setUp('looking')
  stop.dispose()
  world.interrupt()
  await settled()
  expect(world.exits).toEqual([])
})
