import { createReadStream } from 'node:fs'
import path from 'node:path'
import { listSymptoms } from '../load/find-runbook.ts'
import { ProblemError } from '../model/problem.ts'
import { tallyText } from '../report/tally-text.ts'
import { eachLine } from '../symptoms/each-line.ts'
import { makeTallying, type Tally } from '../symptoms/tally.ts'
import type { CommandOf } from './command.ts'
import { styleFor } from './look.ts'
import { runbookFolders } from './runbook-folders.ts'
import { inSteadyHeap } from './steady-heap.ts'
import type { World } from './world.ts'

/** `runbook match`: which runbooks the lines of a log speak of, counted; `-` is standard input. */
export async function matchCommand({ files, output }: CommandOf<'match'>, world: World): Promise<0> {
  const tally = await inSteadyHeap(() => tallyOf(files, world))
  world.stdout.write(
    output.format === 'json'
      ? `${JSON.stringify(tally, undefined, 2)}\n`
      : tallyText(tally, styleFor(world.stdout, { world, output })),
  )
  return 0
}

async function tallyOf(files: readonly string[], world: World): Promise<Tally> {
  const tallying = makeTallying(listSymptoms(runbookFolders(world)))
  for (const file of files) {
    try {
      await eachLine(file === '-' ? world.stdin : createReadStream(path.resolve(world.cwd, file)), tallying.take)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new ProblemError({ kind: 'io', message: `${file} cannot be read`, detail: why })
    }
  }
  return tallying.result()
}
