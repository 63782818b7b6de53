import { type Command, displayCommand, quote, renderCommand } from '../model/command.ts'
import { Secret } from '../model/secret.ts'
import type { Reply, Runner, RunOptions } from '../model/transport.ts'
import type { Job } from './job.ts'

const defaults = { timeoutMs: 30_000, limitBytes: 1_048_576 }
const labelLength = 160

/** A Runner that hands its commands, as jobs, to `submit`; a command that cannot be sent at all rejects. */
export const createRunner = (by: Job['by'], submit: (job: Job) => void): Runner => ({
  run: (command, options = {}) =>
    new Promise<Reply>((resolve, reject) => {
      submit({ by, ...jobText(command, options), ...limits(options), onOutput: options.onOutput, resolve, reject })
    }),
})

const limits = (options: RunOptions) => ({
  timeoutMs: options.timeoutMs ?? defaults.timeoutMs,
  limitBytes: options.limitBytes ?? defaults.limitBytes,
})

const jobText = (command: Command, { label }: RunOptions) => ({
  word: quote(renderCommand(command)), // throws on NUL, before anything is sent
  label: labelText(label ?? displayCommand(command)),
  stdin: command.stdin instanceof Secret ? Buffer.from(command.stdin.reveal()) : command.stdin,
})

function labelText(text: string): string {
  const [line = '', ...more] = text.trim().split('\n')
  return more.length > 0 || line.length > labelLength ? `${line.slice(0, labelLength)} ...` : line
}
