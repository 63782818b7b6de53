import { expect, test } from 'vitest'
import { renderCommand } from '../../../src/model/command.ts'
import { hostName } from '../../../src/model/id.ts'
import type { Change, Session } from '../../../src/model/module.ts'
import { ProblemError, type ProblemKind } from '../../../src/model/problem.ts'
import { reboot } from '../../../src/modules/system/reboot.ts'
import { lawController } from '../law-host.ts'

// A host that goes down when told, is away for some looks, and comes back as another boot.

type Answer = string | ProblemKind

function hostThat(
  looks: readonly Answer[],
  more: { readonly reconnects?: readonly ProblemKind[]; readonly ready?: readonly number[] } = {},
) {
  const [left, again, ready] = [[...looks], [...(more.reconnects ?? [])], [...(more.ready ?? [])]]
  const did: string[] = []
  let ms = 0
  const replyOf = (code: number, stdout = '') => ({
    code,
    stdout: Buffer.from(stdout),
    stderr: Buffer.from(''),
    truncated: false,
  })
  const session: Session = {
    host: hostName('h1'),
    folder: '/run/step',
    run: async (command) => {
      const text = renderCommand(command)
      if (text.includes('trap')) {
        did.push('down')
        return replyOf(0)
      }
      if (text === 'is-ready') return replyOf(ready.shift() ?? 0)
      const answer = left.length > 1 ? left.shift() : left[0]
      if (answer?.includes(' ')) return replyOf(0, `${answer}\nh1\n`)
      throw new ProblemError({ kind: (answer ?? 'internal') as ProblemKind, message: 'gone' }) // the test's own words
    },
    controller: {
      ...lawController,
      now: () => new Date(ms),
      wait: async (wait) => {
        ms += wait
      },
      reconnect: async () => {
        did.push('reconnect')
        const kind = again.shift()
        if (kind) throw new ProblemError({ kind, message: `no way: ${kind}` })
      },
    },
  }
  return { session, did }
}

const change = { trace: { boot: 'a 1' } } as unknown as Change // of which apply takes the trace alone
const apply = (session: Session, args = {}) => reboot.apply?.(args, change, session)

test('it goes down, is waited for while it is away, and is back by another boot', async () => {
  const { session, did } = hostThat(['a 1', 'a 1', 'connection-lost', 'timeout', 'b 1'], {
    reconnects: ['unreachable', 'auth'],
  })
  expect(await apply(session)).toEqual({ boot: 'b 1' })
  expect(did).toEqual(['down', 'reconnect', 'reconnect'])
})

test('the same boot id with a younger first process is another boot: that of a container', async () => {
  const { session } = hostThat(['a 1', 'a 2'])
  expect(await apply(session)).toEqual({ boot: 'a 2' })
})

test('a host that has booted since the plan is not rebooted once more', async () => {
  const { session, did } = hostThat(['b 1'])
  expect(await apply(session)).toEqual({ boot: 'b 1' })
  expect(did).toEqual([])
})

test('undoing reboots again', async () => {
  const { session, did } = hostThat(['b 1', 'b 1', 'c 1'])
  await reboot.revert?.({}, change, session)
  expect(did).toEqual(['down'])
})

test('undoing goes on with an undoing that was cut off: it reboots once', async () => {
  const { session, did } = hostThat(['b 1', 'c 1'])
  await reboot.revert?.({}, { ...change, undoTrace: { boot: 'b 1' } }, session)
  expect(did).toEqual(['down'])
  await reboot.revert?.({}, { ...change, undoTrace: { boot: 'b 1' } }, session)
  expect(did).toEqual(['down'])
})

test('a host that does not come back is told by its name, with what came last', async () => {
  const { session } = hostThat(['a 1', 'connection-lost'], {
    reconnects: Array.from({ length: 99 }, () => 'unreachable' as const),
  })
  await expect(apply(session, { within: '1m' })).rejects.toThrow(
    /h1 is not back within 1m of its reboot: no way: unreachable/,
  )
})

test('a host that stays up is told', async () => {
  await expect(apply(hostThat(['a 1']).session, { within: '10s' })).rejects.toThrow(
    /h1 is not back.*it has not gone down/,
  )
})

test('another host key ends the waiting at once', async () => {
  const { session, did } = hostThat(['a 1', 'connection-lost'], { reconnects: ['host-key'] })
  await expect(apply(session)).rejects.toThrow(/host-key/)
  expect(did).toEqual(['down', 'reconnect'])
})

test('ready is asked until it is, and told when it is not', async () => {
  const soon = hostThat(['a 1', 'b 1'], { ready: [1, 1, 0] })
  expect(await apply(soon.session, { ready: 'is-ready' })).toEqual({ boot: 'b 1' })
  const never = hostThat(['a 1', 'b 1'], { ready: Array.from({ length: 99 }, () => 1) })
  await expect(apply(never.session, { ready: 'is-ready', within: '20s' })).rejects.toThrow(
    /h1 has booted anew, and is not ready within 20s/,
  )
})
