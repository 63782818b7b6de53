import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openContext, receiptName } from '../../src/engine/host-context.ts'
import { replyOfLast } from '../../src/engine/receipt.ts'
import { makeRunId } from '../../src/journal/run-id.ts'
import { renderCommand } from '../../src/model/command.ts'
import type { RunId } from '../../src/model/id.ts'
import type { RunRecord } from '../../src/model/run-record.ts'
import type { Runner } from '../../src/model/transport.ts'

type Named = Parameters<typeof openContext>[0]

/** The names that one process gives, of a run that goes on for the `resumed`th time, or begins. */
function namesOf(run: RunId, resumed: number, count: number): readonly string[] {
  const context = openContext({} as Named, { open: () => Promise.reject(new Error('not asked')) }) // nothing of it is named
  const past = resumed === 0 ? {} : { past: { resumed: resumed - 1 } as RunRecord } // as its journal folds to
  return Array.from({ length: count }, () => receiptName(context, { run, ...past }))
}

/** A run with its resumptions and the rollbacks of it, by a clock that jumps as it likes. */
function namesInTurn(clock: readonly number[], resumptions: number): readonly string[] {
  const runs: RunId[] = []
  for (const ms of clock) runs.push(makeRunId(new Date(ms), new Uint8Array(10), runs.at(-1)))
  const [run, ...rollbacks] = runs
  if (!run) return []
  const applied = Array.from({ length: resumptions + 1 }, (_, resumed) => namesOf(run, resumed, 11)).flat()
  return [...applied, ...rollbacks.flatMap((one) => namesOf(one, 0, 11))]
}

/** The name of the receipt that is looked at as the last of a folder. */
async function lastOf(names: readonly string[]): Promise<string | undefined> {
  const asked: string[] = []
  const probe: Runner = {
    run: (command) => {
      asked.push(renderCommand(command))
      const stdout = Buffer.from(asked.length === 1 ? names.join('\n') : 'none\n')
      return Promise.resolve({ code: 0, stdout, stderr: Buffer.alloc(0), truncated: false })
    },
  }
  const never = () => Promise.reject(new Error('not asked'))
  const input = { runner: probe, probe, folder: '/f', nextName: () => '', reconnect: never, boot: never }
  await replyOfLast({ ...input, begin: 'written', steadyMs: () => 0 }, {})
  return names.find((name) => asked[1]?.includes(name))
}

const clocks = fc.array(fc.integer({ min: 0, max: 4e12 }), { minLength: 1, maxLength: 4 })

test('whatever the clock is set to, each receipt has a name of its own, and the one that was begun last is known as that', () =>
  fc.assert(
    fc.asyncProperty(clocks, fc.nat(3), fc.infiniteStream(fc.nat()), async (clock, resumptions, random) => {
      const names = namesInTurn(clock, resumptions)
      expect(new Set(names).size).toBe(names.length)
      const shuffled = names.map((name) => [random.next().value, name] as const).sort(([a], [b]) => a - b)
      expect(await lastOf(shuffled.map(([, name]) => name))).toBe(names.at(-1))
    }),
  ))
