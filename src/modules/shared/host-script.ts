import { type Command, rawText, script } from '../../model/command.ts'
import { type Problem, ProblemError, type ProblemKind } from '../../model/problem.ts'
import type { Reply, Runner, RunOptions } from '../../model/transport.ts'

/** A script of ours for a POSIX sh, with data as shell variables in front: data and text never mix. */
export const scriptWith = (variables: Readonly<Record<string, string>>, text: string): Command =>
  script(...Object.entries(variables).map(([name, value]) => assign(name, value)), rawText(text))

const assign = (name: string, value: string): Command => ({
  parts: [
    { kind: 'text', text: `${name}=` },
    { kind: 'value', value },
  ],
})

/** What our scripts exit with when they refuse; the first line on stdout then says why: one word, then facts. */
export const refusedCode = 90

/** A refusal of a script of ours. */
export interface Refusal {
  readonly word: string
  readonly facts: string // the rest of the line
  readonly detail: string // stderr
}

/** Runs a script that may refuse. Any other exit code than 0 throws ProblemError naming `what` was being done. */
export async function runScript(
  runner: Runner,
  command: Command,
  { what, ...options }: RunOptions & { readonly what: string },
): Promise<{ readonly stdout: string } | { readonly refusal: Refusal }> {
  const reply = await runner.run(command, options)
  if (reply.code === 0) return { stdout: reply.stdout.toString('utf8') }
  if (reply.code !== refusedCode) throw new ProblemError(failureOf(reply, what))
  const [line = ''] = reply.stdout.toString('utf8').split('\n')
  const [word = '', ...facts] = line.split(' ')
  return { refusal: { word, facts: facts.join(' '), detail: reply.stderr.toString('utf8').trim() } }
}

/** The problem of a command that failed: its exit code and what it said. */
export function failureOf(reply: Reply, what: string, kind: ProblemKind = 'step-failed'): Problem {
  const said = reply.stderr.toString('utf8').trim() || reply.stdout.toString('utf8').trim()
  return {
    kind,
    message: `${what}: exit code ${reply.code}`,
    exitCode: reply.code,
    ...(said === '' ? {} : { detail: said }),
  }
}

/** The problem of a program that the host lacks. */
export const missingTool = (tool: string, why: string): ProblemError =>
  new ProblemError({
    kind: 'missing-tool',
    message: `the host has no ${tool}, needed to ${why}`,
    hint: `install the package that has ${tool}`,
  })
