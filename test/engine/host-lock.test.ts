import { expect, test } from 'vitest'
import type { Workplace } from '../../src/engine/host-context.ts'
import { fenced, takeHostLocks } from '../../src/engine/host-lock.ts'
import { FENCED } from '../../src/engine/host-lock-text.ts'
import type { Holder } from '../../src/engine/input.ts'
import { rawText } from '../../src/model/command.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { type HostName, hostName, type RunId, runId } from '../../src/model/id.ts'
import { fakeConnection } from '../fake/fake-transport.ts'
import { makeWorld, names, restart, runbook, stage, step } from './world.ts'

const REFUSAL = `refused 3 gone /held
ff00 01M7Z5RAVG5BTB4X59XXD2WDY2
anna@ops1
2026-11-21T10:00:00.000Z
tune
apply
1 2 3
`
const holder: Holder = { lock: 'aa11', owner: 'bert@ops2' }
const book = () => runbook([stage('one', [step('r', restart, { unit: 'x' })])])

/** Hosts that answer to being taken, and note in one list what they are asked. */
async function hosts(answers: Readonly<Record<string, string>>, kept: readonly HostName[] = []) {
  const asked: string[] = []
  const world = await makeWorld(Object.keys(answers), {})
  const input = world.runInput(book())
  const places = input.hosts.map((target): Workplace => {
    const connection = fakeConnection((text) => {
      const what = text.includes('me=') ? 'take' : 'release'
      asked.push(`${target.name} ${what}`)
      if (text.includes('over=ff00')) return 'held 4 /held\n'
      return what === 'take' ? answers[target.name] : ''
    }, target.name)
    const link = { ...connection, reconnect: () => Promise.resolve(), renew: () => Promise.resolve() }
    const state = { ready: () => Promise.resolve(), isAwaited: () => false }
    return { target, connection: { ...link, ...state, identity: () => Promise.reject(new Error('not asked')) } }
  })
  const errand = { input, holder, run: input.run, doing: 'apply', kept: new Set(kept) } as const
  const identities = places.map(({ target }, index) => ({
    host: target.name,
    machineId: `m${9 - index}`, // the last host is the first in the order of machine-ids
    bootId: '',
  }))
  return { asked, places, identities, errand, events: world.events }
}

test('the first by machine-id is taken alone: who is refused there has taken nothing', async () => {
  const { asked, places, identities, errand } = await hosts({ h1: 'held 1 /held\n', h2: REFUSAL })
  await expect(takeHostLocks(errand, places, identities)).rejects.toMatchObject({
    problems: [
      {
        kind: 'locked',
        host: 'h2',
        message: 'anna@ops1 is at it: apply of tune, run 01M7Z5RAVG5BTB4X59XXD2WDY2',
        hint: expect.stringContaining('runbook unlock ff00 -i test.yaml'),
      },
    ],
  })
  expect(asked).toEqual(['h2 take'])
})

test('all or none: one refused host gives back the others', async () => {
  const { asked, places, identities, errand } = await hosts({
    h1: 'held 1 /held\n',
    h2: REFUSAL,
    h3: 'held 1 /held\n',
  })
  await expect(takeHostLocks(errand, places, identities)).rejects.toThrow('is at it')
  expect(asked.slice(0, 3)).toEqual(['h3 take', 'h2 take', 'h1 take'])
  expect(asked.slice(3).toSorted()).toEqual(['h1 release', 'h3 release'])
})

test('what an interrupted run held before stays its own when it may not go on', async () => {
  const answers = { h1: 'held 1 /held\n', h2: REFUSAL, h3: 'held 1 /held\n' }
  const { asked, places, identities, errand } = await hosts(answers, names('h1'))
  await expect(takeHostLocks(errand, places, identities)).rejects.toThrow('is at it')
  expect(asked.slice(3)).toEqual(['h3 release'])
})

test('a lock that a run of this controller left is taken over once it and its rollbacks have ended, and not before', async () => {
  const { places, identities, errand } = await hosts({ h1: REFUSAL })
  const { journals } = errand.input
  const take = () => takeHostLocks(errand, places, identities)
  const [own, rollback] = [runId('01M7Z5RAVG5BTB4X59XXD2WDY2'), runId('01M7Z5RAVG5BTB4X59XXD2WDY3')]
  const begin = async (run: RunId, more: object) => {
    const journal = await journals.create(run)
    await journal.append({ type: 'run-started', run, ...more } as RecordedEvent) // what is asked of it
    return journal
  }
  const end = { type: 'run-finished', outcome: 'applied', finishedAt: '', problems: [] } as const
  const applied = await begin(own, { verb: 'apply' })
  await expect(take()).rejects.toMatchObject({
    problems: [{ hint: expect.stringContaining(`interrupted: runbook resume ${own}`) }],
  })
  await applied.append(end)
  const undone = await begin(rollback, { verb: 'rollback', of: own })
  await expect(take()).rejects.toThrow('is at it')
  await undone.append({ ...end, outcome: 'rolled-back' })
  expect((await take()).of(hostName('h1'))).toMatchObject({ token: 4 })
  await Promise.all([applied.close(), undone.close()])
})

test('a machine that is kept under one name is not given back under the other', async () => {
  const { asked, places, identities, errand } = await hosts({ h1: 'held 1 /held\n', h2: 'held 1 /held\n' })
  const same = identities.map((identity) => ({ ...identity, machineId: 'm' }))
  const locks = await takeHostLocks(errand, places, same)
  await locks.release(new Set(names('h1')))
  expect(asked).toEqual(['h1 take', 'h2 take'])
})

test('a host that cannot be written is told, and a host that answers something else is not taken', async () => {
  const full = await hosts({ h1: 'unheld\n' })
  const locks = await takeHostLocks(full.errand, full.places, full.identities)
  expect(locks.of(hostName('h1'))).toBeUndefined()
  expect(full.events).toContainEqual({ type: 'not-held', host: 'h1' })
  const odd = await hosts({ h1: REFUSAL.replace('ff00', 'ff00;reboot') })
  await expect(takeHostLocks(odd.errand, odd.places, odd.identities)).rejects.toMatchObject({
    problems: [{ kind: 'blocked', message: 'the lock of this host could not be taken' }],
  })
})

test('an exit code of a command is its own unless the host was taken since', async () => {
  const own = fakeConnection(() => ({ code: FENCED }))
  const held = () => Promise.resolve({ lock: 'aa11', token: 1, folder: '/held' })
  const answering = (code: number) => fakeConnection(() => ({ code })).probe('login')
  const untouched = fenced(own.session('login'), { held, probe: answering(1) })
  expect(await untouched.run(rawText('exit 97'))).toMatchObject({ code: FENCED })
  const taken = fenced(own.session('login'), { held, probe: answering(0) })
  await expect(taken.run(rawText('exit 97'))).rejects.toMatchObject({ problems: [{ kind: 'locked' }] })
})
