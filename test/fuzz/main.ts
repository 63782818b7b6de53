import { type ChildProcess, fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { News } from './campaign.ts'
import { keepInput } from './corpus.ts'

// `node test/fuzz/main.ts --minutes 10 --seed 1 [TARGET ...]`: fuzzes what reads files of others, and prints what it did.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
  },
})
const MOST_SILENT_S = 30 // seconds of the worker's own processor time without a word: a loaded machine is no hang

interface Figures {
  inputs: number
  blocks: number
  kept: number
  findings: number
}

const figures = new Map<string, Figures>()
let last: { readonly target: string; readonly inputs: readonly string[] } | undefined
let heard = 0 // when the worker last said something, in its own processor time

function take(news: News & { readonly target: string }): void {
  heard = secondsUsed(child)
  const before = figures.get(news.target) ?? { inputs: 0, blocks: 0, kept: 0, findings: 0 }
  figures.set(news.target, before)
  if (news.kind === 'batch') last = news
  else if (news.kind === 'finding') {
    before.findings += 1
    process.stdout.write(`FINDING ${news.target}: ${news.message}\n  ${news.file}\n`)
  } else {
    before.inputs += news.inputs
    before.blocks += news.blocks
    before.kept = news.kept
  }
}

function start(seed: number): ChildProcess {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [String(seed), ...positionals])
  child.on('message', (news) => take(news as News & { readonly target: string })) // what worker.ts sends
  return child
}

/** Processor time of a process so far: user and system, in ticks of 10 ms (proc(5)). */
function secondsUsed({ pid }: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0 // it has ended
  }
}

/** Its last batch hung, or ended the process: each of the batch is kept, for a look by hand. */
function died(why: string): void {
  const { target = '?', inputs = [] } = last ?? {}
  const files = inputs.map((input) => keepInput(target, 'finding', Buffer.from(input, 'base64')))
  process.stdout.write(`FINDING ${target}: ${why} in one of\n  ${files.join('\n  ')}\n`)
  const found = figures.get(target)
  if (found) found.findings += 1
}

let seed = Number(values.seed)
process.stdout.write(`seed ${seed}\n`)
const end = Date.now() + Number(values.minutes) * 60_000
let child = start(seed)
const watch = setInterval(() => {
  const isOver = Date.now() > end
  const isGone = child.exitCode !== null || child.signalCode !== null
  const isSilent = secondsUsed(child) - heard > MOST_SILENT_S
  if (!isOver && !isGone && !isSilent) return
  child.kill('SIGKILL')
  if (!isOver) {
    died(isGone ? 'the process ended' : 'it went silent')
    heard = 0
    seed += 1
    child = start(seed)
    return
  }
  clearInterval(watch)
  finish()
}, 500)

function finish(): void {
  const rows = [...figures].map(([target, { inputs, blocks, kept, findings }]) => {
    return `${target.padEnd(16)} ${inputs} inputs, ${Math.round(blocks / Math.max(1, inputs))} blocks each, ${kept} kept, ${findings} findings`
  })
  const sum = [...figures.values()].reduce((all, one) => all + one.inputs, 0)
  const found = [...figures.values()].reduce((all, one) => all + one.findings, 0)
  process.stdout.write(`${rows.join('\n')}\n${sum} inputs in ${values.minutes} minutes, ${found} findings\n`)
  process.exitCode = found === 0 ? 0 : 1
}
