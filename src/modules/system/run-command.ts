import { type Command, rawText, renderCommand, script, sh, withStdin } from '../../model/command.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Change, Decision, Module, Probe, Resource, Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { Type } from '../../model/schema.ts'
import type { Reply } from '../../model/transport.ts'
import { fileResource } from '../files/file-state.ts'
import { PathArgument } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'

/** Arguments that `command` and `shell` share. */
export const runArguments = {
  check: Type.Optional(
    Type.String({
      format: 'shell',
      description: 'read-only shell text, run in the plan too: exit 0 already done, 1 not yet, anything else blocks',
    }),
  ),
  creates: Type.Optional(PathArgument('a path that is there once this is done')),
  stdin: Type.Optional(Type.String({ description: 'text for its standard input' })),
  expect: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
      minItems: 1,
      default: [0],
      description: 'exit codes that are good',
    }),
  ),
  read_only: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'it changes nothing: it runs in the plan too, and its output is known',
    }),
  ),
  parse: Type.Optional(Type.Enum(['json'], { description: 'gives the output a member `json`, parsed from stdout' })),
  touches: Type.Optional(
    Type.Array(Type.String({ pattern: '^[a-z_]+:.+$' }), {
      description: 'what it changes, as file:/path or unit:name.service: later steps on these are decided when reached',
    }),
  ),
}

export interface RunArgs {
  readonly check?: string
  readonly creates?: string
  readonly stdin?: string
  readonly expect?: readonly number[]
  readonly read_only?: boolean
  readonly parse?: 'json'
  readonly touches?: readonly string[]
}

/** What there is to know before it runs: nothing, what the check said, or (read_only) all it gave. */
export type RunState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'done'; readonly why: string }
  | { readonly kind: 'open' } // checked: not done yet
  | { readonly kind: 'unclear'; readonly code: number; readonly said: string }
  | { readonly kind: 'looked'; readonly output: JsonObject; readonly said: string }

/** A free command in words for people, and for the host. */
export interface Runnable {
  readonly shown: string
  readonly command: Command
}

export const effectOfRun = ({ read_only }: RunArgs): Module['effect'] => (read_only ? 'reads' : 'changes')

export const resourcesOfRun = ({ creates, touches = [] }: RunArgs): readonly Resource[] => [
  ...(creates === undefined ? [] : [fileResource(creates)]),
  ...(touches as readonly Resource[]), // sealed: the schema's pattern is kind:name
]

export async function readRun(args: RunArgs, { command }: Runnable, probe: Probe): Promise<RunState> {
  if (args.read_only) return look(args, await probe.run(fed(command, args)))
  const [created, checked] = await Promise.all([
    args.creates === undefined ? undefined : probe.run(sh`[ -e ${args.creates} ] || [ -L ${args.creates} ]`),
    args.check === undefined ? undefined : probe.run(rawText(args.check)),
  ])
  if (created?.code === 0) return { kind: 'done', why: `${args.creates} is there` }
  if (checked && checked.code > 1) {
    return { kind: 'unclear', code: checked.code, said: checked.stderr.toString('utf8').trim() }
  }
  if (checked?.code === 0) return { kind: 'done', why: 'its check says that it is done' }
  return created || checked ? { kind: 'open' } : { kind: 'unknown' }
}

export function planRun(args: RunArgs, { shown }: Runnable, state: RunState): Decision {
  switch (state.kind) {
    case 'done':
      return { kind: 'noop', summary: state.why }
    case 'unclear':
      return {
        kind: 'blocked',
        message: `the check of this step failed with exit code ${state.code}, which is neither done (0) nor not yet (1)`,
        ...(state.said === '' ? {} : { detail: state.said }),
      }
    case 'looked':
      return planLook(args, state)
    case 'open':
    case 'unknown':
      return { kind: 'change', change: changeOf(args, shown, state.kind === 'open') }
  }
}

function planLook({ expect, parse }: RunArgs, { output, said }: Extract<RunState, { kind: 'looked' }>): Decision {
  const detail = said === '' ? {} : { detail: said }
  if (!(expect ?? [0]).includes(Number(output.code))) {
    return { kind: 'blocked', message: `the command failed with exit code ${output.code}`, ...detail }
  }
  if (parse === 'json' && output.json === undefined) {
    return { kind: 'blocked', message: 'the output of the command is no JSON', detail: String(output.stdout) }
  }
  return { kind: 'noop', summary: `looked: exit code ${output.code}`, output }
}

function changeOf({ touches, creates, stdin }: RunArgs, shown: string, isChecked: boolean): Change {
  const touched = Object.fromEntries(
    resourcesOfRun({ touches: touches ?? [], ...(creates ? { creates } : {}) }).map((name) => [name, null]),
  )
  return {
    verb: 'run',
    summary: `run ${firstLine(shown)}`,
    details: [
      { kind: 'command', command: shown },
      ...(stdin === undefined ? [] : [{ kind: 'note' as const, text: `with ${stdin.length} characters on its input` }]),
      ...(isChecked ? [] : [{ kind: 'note' as const, text: 'effect unknown: it has neither check nor creates' }]),
    ],
    before: {},
    after: null,
    settles: isChecked,
    reversible: false,
    irreversibleBecause: 'a free command has no inverse; declare one with undo',
    predicts: touched,
  }
}

/** Runs it for real. Throws ProblemError where its exit code is not an expected one. */
export async function applyRun(args: RunArgs, { shown, command }: Runnable, session: Session): Promise<Json> {
  const reply = await session.run(fed(command, args))
  if (!(args.expect ?? [0]).includes(reply.code)) throw new ProblemError(failureOf(reply, firstLine(shown)))
  const output = outputOf(args, reply)
  if (args.parse === 'json' && output.json === undefined) {
    throw new ProblemError({
      kind: 'step-failed',
      message: `the output of ${firstLine(shown)} is no JSON`,
      detail: reply.stdout.toString('utf8'),
    })
  }
  return output
}

/** What applyRun does, as a script that looks by itself first: what is done already is not done. Exits with 0 where good. */
export function applyRunText({ creates, check, stdin, expect = [0] }: RunArgs, { command }: Runnable): Command {
  return script(
    ...(creates === undefined ? [] : [sh`if [ -e ${creates} ] || [ -L ${creates} ]; then exit 0; fi`]),
    ...(check === undefined ? [] : [sh`if ( eval ${check} ); then exit 0; fi`]),
    sh`${stdin === undefined ? sh`` : sh`printf %s ${stdin} | `}( eval ${renderCommand(command)} )`,
    rawText(`case $? in ${expect.join('|')}) ;; *) exit 1 ;; esac`),
  )
}

const look = (args: RunArgs, reply: Reply): RunState => ({
  kind: 'looked',
  output: outputOf(args, reply),
  said: reply.stderr.toString('utf8').trim(),
})

/** Bytes that are no UTF-8 come as U+FFFD; the last line's end is taken off. */
function outputOf({ parse }: RunArgs, reply: Reply): JsonObject {
  const [stdout, stderr] = [textOf(reply.stdout), textOf(reply.stderr)]
  const json = parse === 'json' ? parseJson(stdout) : undefined
  return {
    stdout,
    stderr,
    code: reply.code,
    ...(reply.truncated ? { truncated: true } : {}),
    ...(json === undefined ? {} : { json }),
  }
}

const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/\r?\n$/, '')

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json // sealed: JSON.parse gives nothing else
  } catch {
    return undefined
  }
}

const fed = (command: Command, { stdin }: RunArgs): Command =>
  stdin === undefined ? command : withStdin(command, stdin)

function firstLine(text: string): string {
  const [line = '', ...more] = text.trim().split('\n')
  return more.length > 0 || line.length > 100 ? `${line.slice(0, 100)} ...` : line
}
