import { expect, test } from 'vitest'
import { withReceipts } from '../../src/engine/receipt.ts'
import { sh } from '../../src/model/command.ts'
import { ProblemError, type ProblemKind } from '../../src/model/problem.ts'
import type { Reply, Runner } from '../../src/model/transport.ts'

// What is made of losing the connection: the scripts themselves are tried in real shells beside this.

type Answer = { readonly code?: number; readonly out?: string } | ProblemKind

/** Replies in order, whatever is asked; a lost one has passed on its output before. */
function hostSaying(
  answers: readonly Answer[],
  states: readonly string[] = [],
  { isEnded = false, refusal }: { readonly isEnded?: boolean; readonly refusal?: ProblemKind } = {},
) {
  const [left, said, asked] = [[...answers], [...states], [] as string[]]
  let reconnected = 0
  const reply = (code: number, text: string): Reply => ({
    code,
    stdout: Buffer.from(text),
    stderr: Buffer.alloc(0),
    truncated: false,
  })
  const runner: Runner = {
    run: async (command, options) => {
      asked.push(
        command.parts
          .map((part) => (part.kind === 'text' ? part.text : part.kind === 'value' ? part.value : '***'))
          .join(''),
      )
      const answer = left.shift() ?? 'internal'
      if (typeof answer === 'string') throw new ProblemError({ kind: answer, message: answer })
      if (answer.out !== undefined) options?.onOutput?.('stdout', Buffer.from(answer.out))
      if (answer.code === undefined) throw new ProblemError({ kind: 'connection-lost', message: 'cut' })
      return reply(answer.code, answer.out ?? '')
    },
  }
  const receipted = withReceipts({
    runner,
    probe: { run: () => Promise.resolve(reply(0, `${said.shift() ?? ''}\n`)) },
    folder: '/runs/r/step',
    nextName: () => `${asked.length}.run`,
    reconnect: () => {
      reconnected += 1
      return refusal ? Promise.reject(new ProblemError({ kind: refusal, message: refusal })) : Promise.resolve()
    },
    boot: () => Promise.resolve('boot'),
    begin: 'written',
    steadyMs: () => 0,
    atWork: () => ({ isEnded: () => isEnded, over: () => undefined }),
  })
  return { run: () => receipted.run(sh`do it`), asked, reconnections: () => reconnected }
}

test('a connection that is cut is made anew, and the output goes on where it stopped', async () => {
  const host = hostSaying([{ out: 'abc' }, { out: 'de' }, { code: 4, out: 'f' }])
  expect(await host.run()).toMatchObject({ code: 4, stdout: Buffer.from('abcdef') })
  expect(host.reconnections()).toBe(2)
  expect(host.asked.map((text) => /\nfollow (\d+) (\d+)\n/.exec(text)?.slice(1))).toEqual([
    undefined,
    ['3', '0'],
    ['5', '0'],
  ])
})

test('what passes output on may die by itself: that is no exit code of a command that runs on', async () => {
  const host = hostSaying(
    [
      { code: 137, out: 'abc' },
      { code: 0, out: 'def' },
    ],
    ['running'],
  )
  expect(await host.run()).toMatchObject({ code: 0, stdout: Buffer.from('abcdef') })
  expect(host.asked).toHaveLength(2)
  const dead = hostSaying([{ code: 2 }], ['dead'])
  await expect(dead.run()).rejects.toMatchObject({ problems: [{ kind: 'connection-lost' }] })
})

test('what had not begun is begun anew, under another name', async () => {
  const host = hostSaying(['connection-lost', { code: 213 }, { code: 0, out: 'ran' }], ['void'])
  expect(await host.run()).toMatchObject({ code: 0, stdout: Buffer.from('ran') })
  expect(host.asked).toHaveLength(3)
  expect(host.asked[2]).toContain('/2.run')
})

test('what began and left no exit code is not done again: nobody knows', async () => {
  const host = hostSaying(['connection-lost', { code: 213 }], ['dead'])
  await expect(host.run()).rejects.toMatchObject({
    problems: [{ kind: 'connection-lost', message: 'nobody knows how it ended: do it' }],
  })
  expect(host.asked).toHaveLength(2)
})

test.each(['host-key', 'auth', 'plan-drifted'] as const)(
  'what was lost and cannot be looked at any more (%s) has not failed: nobody knows',
  async (refusal) => {
    await expect(hostSaying(['connection-lost'], [], { refusal }).run()).rejects.toMatchObject({
      problems: [{ kind: 'connection-lost', message: refusal }],
    })
  },
)

test('sudo that says no before anything began has failed; afterwards nobody knows', async () => {
  await expect(hostSaying(['become']).run()).rejects.toMatchObject({ problems: [{ kind: 'become' }] })
  await expect(hostSaying(['connection-lost', 'become']).run()).rejects.toMatchObject({
    problems: [{ kind: 'connection-lost' }],
  })
})

test('a command may end with our own code', async () => {
  expect(await hostSaying([{ code: 213 }], ['done']).run()).toMatchObject({ code: 213 })
})

test('a receipt that is gone tells nothing: nobody knows', async () => {
  await expect(hostSaying([{ code: 213 }], ['none']).run()).rejects.toMatchObject({
    problems: [{ kind: 'connection-lost', detail: expect.stringContaining('its receipt is gone') }],
  })
})

test('the deadline ends what runs on the host, and says whether that went well', async () => {
  const host = hostSaying(['timeout', { code: 0 }])
  await expect(host.run()).rejects.toMatchObject({ problems: [{ kind: 'timeout', detail: 'it was killed' }] })
  const stubborn = hostSaying(['timeout', { code: 1, out: 'still alive: 7' }])
  await expect(stubborn.run()).rejects.toMatchObject({
    problems: [{ detail: 'it could not be killed: still alive: 7' }],
  })
})

test('what was ended on request is told as that, not as a failure', async () => {
  await expect(hostSaying([{ code: 213 }], ['dead'], { isEnded: true }).run()).rejects.toMatchObject({
    problems: [{ kind: 'interrupted', message: 'ended on request, nobody knows how far it came: do it' }],
  })
})
