import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import type { ApplyInput, PlanInput, RunInput } from '../../src/engine/input.ts'
import { rawText, sh } from '../../src/model/command.ts'
import type { Event } from '../../src/model/event.ts'
import { type HostName, hostName, runId, stepId } from '../../src/model/id.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { defineModule, type Module } from '../../src/model/module.ts'
import { fail, ProblemError, succeed } from '../../src/model/problem.ts'
import type { Bindable, Measure, Rolling, Runbook, Scope, Stage, Step } from '../../src/model/runbook.ts'
import { Type } from '../../src/model/schema.ts'
import { fakeConnection, fakeTransport } from '../fake/fake-transport.ts'
import { journalStoreOf } from './journal-store.ts'

/**
 * A world of hosts that are maps from key to value, with the two commands `get KEY` and `set KEY VALUE`, and modules
 * over them: enough to see what the engine does to hosts, in which order.
 */
export interface World {
  readonly hosts: ReadonlyMap<string, Map<string, string>>
  readonly log: string[] // every `set` and `break`, as `host set key value`
  readonly events: Event[]
  /** How many more times `set KEY` fails on a host, by `e2 KEY`. */
  readonly failing: Map<string, number>
  input(runbook: Runbook, more?: Partial<PlanInput>): PlanInput
  runInput(runbook: Runbook, more?: Partial<ApplyInput>): RunInput
  stop: boolean
}

export async function makeWorld(
  names: readonly string[],
  start: Readonly<Record<string, string>>,
  others: readonly string[] = [], // hosts that are there and not of the run
): Promise<World> {
  const all = [...names, ...others]
  const hosts = new Map(all.map((name) => [name, new Map(Object.entries(start))]))
  const log: string[] = []
  const events: Event[] = []
  const failing = new Map<string, number>()
  const folder = await mkdtemp(path.join(tmpdir(), 'world-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const journals = journalStoreOf(folder)
  const connections = () => all.map((name) => fakeHost(name, { hosts, log, failing }))
  let runs = 0
  const world: World = {
    hosts,
    log,
    events,
    failing,
    stop: false,
    input: (runbook, more) => ({
      runbook,
      inventory: { sources: ['test.yaml'], sha256: 'i' },
      params: [],
      hosts: names.map((name) => targetOf(name)),
      stageHosts: new Map(),
      targetOf: (host) =>
        all.includes(host)
          ? succeed(targetOf(host))
          : fail([{ kind: 'reference', message: `the inventory has no host ${host}` }]),
      transport: fakeTransport(connections()),
      clock: { now: () => new Date(0), steadyMs: () => 0, sleep: () => Promise.resolve() },
      emit: (event) => events.push(event),
      tool: 'test',
      forks: 4,
      owed: [],
      ...more,
    }),
    runInput: (runbook, more) => ({
      ...world.input(runbook, more),
      run: runId(`0000000000000000000000000${++runs}`),
      journals,
      hostFolder: '/var/lib/runbook',
      stopRequested: () => world.stop,
      allowIrreversible: false,
      ...more,
    }),
  }
  return world
}

function fakeHost(name: string, world: { hosts: World['hosts']; log: string[]; failing: Map<string, number> }) {
  const values = world.hosts.get(name) ?? new Map<string, string>()
  return fakeConnection((text) => {
    if (text.includes('/etc/machine-id')) return `machine-${name}\nboot\n`
    const own = withoutMark(text)
    const [verb, key = '', ...value] = own.split(' ')
    if (verb === 'get') return values.get(key) ?? ''
    if (verb !== 'set') return undefined
    const left = world.failing.get(`${name} ${key}`) ?? 0
    world.failing.set(`${name} ${key}`, left - 1)
    if (left > 0) return { code: 1, stderr: 'no space left' }
    world.log.push(`${name} ${own}`)
    values.set(key, value.join(' '))
    return ''
  }, hostName(name))
}

/** A step's command out of the script that runs it under a receipt. */
function withoutMark(text: string): string {
  const word = /\nrun (.*)$/s.exec(text)?.[1]
  return word === undefined ? text : unquoted(unquoted(word).replace(/^text=/, ''))
}

const unquoted = (word: string): string => word.replace(/^'|'$/g, '').replaceAll("'\\''", "'")

const targetOf = (name: string) => ({
  name: hostName(name),
  endpoint: {
    host: hostName(name),
    transport: 'ssh2' as const,
    address: name,
    port: 22,
    user: 'root',
    identityFiles: [],
    knownHostsFiles: [],
    connectTimeoutMs: 1,
  },
  variables: { inventory_hostname: name },
  params: {},
})

const pair = Type.Object({ key: Type.String(), to: Type.String() })

/** Sets a key like a file: predictable, reversible. */
export const setKey: Module = defineModule({
  name: 'set_key',
  summary: 'sets a key',
  example: '',
  effect: 'changes',
  args: pair,
  resources: ({ key }) => [`file:${key}`],
  read: async ({ key }, probe) => probe.predicted(`file:${key}`) ?? (await probe.run(sh`get ${key}`)).stdout.toString(),
  plan: ({ key, to }, state) =>
    state === to
      ? { kind: 'noop', summary: `${key} is ${to}` }
      : {
          kind: 'change',
          change: {
            verb: 'update',
            summary: `set ${key} to ${to}`,
            details: [{ kind: 'value', name: key, before: String(state), after: to }],
            before: { value: state },
            after: { value: to },
            settles: true,
            reversible: true,
            predicts: { [`file:${key}`]: to },
          },
        },
  apply: async ({ key, to }, _change, session) => setOn(session, key, to),
  revert: async ({ key }, change, session) => {
    await setOn(session, key, String(change.before.value))
  },
})

/** Counts a restart; the running value follows the file. */
export const restart: Module = defineModule({
  name: 'restart',
  summary: 'restarts',
  example: '',
  effect: 'changes',
  args: Type.Object({ unit: Type.String() }),
  resources: ({ unit }) => [`unit:${unit}`],
  read: async ({ unit }, probe) => (await probe.run(sh`get running-${unit}`)).stdout.toString(),
  plan: ({ unit }, running) => ({
    kind: 'change',
    change: {
      verb: 'restart',
      summary: `restart ${unit}`,
      details: [],
      before: {},
      trace: { running },
      after: null,
      settles: false,
      reversible: true,
      predicts: { [`unit:${unit}`]: null },
    },
  }),
  apply: async ({ unit }, _change, session) => restartOn(session, unit),
  revert: async ({ unit }, { undoTrace }, session) => {
    const running = (await session.run(sh`get running-${unit}`)).stdout.toString()
    if (undoTrace === undefined || undoTrace.running === running) await restartOn(session, unit)
  },
})

/** Looks at a key of anything but a file. */
export const look: Module = defineModule({
  name: 'look',
  summary: 'looks',
  example: '',
  effect: 'reads',
  args: Type.Object({ key: Type.String(), is: Type.Optional(Type.String()) }),
  resources: ({ key }) => [`cluster:${key}`],
  read: async ({ key }, probe) => (await probe.run(sh`get ${key}`)).stdout.toString(),
  plan: ({ key, is }, state) =>
    is !== undefined && state !== is
      ? { kind: 'blocked', message: `${key} is ${state}, not ${is}` }
      : { kind: 'noop', summary: `${key} is ${state}`, output: Number.isNaN(Number(state)) ? state : Number(state) },
  patience: () => ({ timeoutMs: 0, everyMs: 1 }),
})

async function setOn(
  session: Parameters<NonNullable<Module['apply']>>[2],
  key: string,
  value: string,
): Promise<undefined> {
  const reply = await session.run(rawText(`set ${key} ${value}`))
  if (reply.code !== 0)
    throw new ProblemError({ kind: 'step-failed', message: `cannot set ${key}`, detail: reply.stderr.toString() })
}

async function restartOn(session: Parameters<NonNullable<Module['apply']>>[2], unit: string): Promise<undefined> {
  const file = (await session.run(sh`get ${unit}`)).stdout.toString()
  await setOn(session, `running-${unit}`, file)
}

const at = { file: 'test.yaml', line: 1, column: 1, length: 1 }

/** Arguments where `$name` stands for the value of a name in scope. */
function args(template: JsonObject): Bindable<JsonObject> {
  const names = Object.values(template).flatMap((value) => (isReference(value) ? [value.slice(1)] : []))
  const bind = (scope: Scope) => {
    const missing = names.find((name) => scope[name] === undefined)
    if (missing !== undefined) return fail([{ kind: 'reference', message: `no ${missing}` }])
    return succeed(
      Object.fromEntries(
        Object.entries(template).map(([key, value]) => [
          key,
          isReference(value) ? (scope[value.slice(1)] as Json) : value,
        ]),
      ),
    )
  }
  return { source: JSON.stringify(template), names, at, bind }
}

const isReference = (value: Json): value is string => typeof value === 'string' && value.startsWith('$')

export const bindable = <T>(names: readonly string[], value: (scope: Scope) => T): Bindable<T> => ({
  source: value.toString(),
  names,
  at,
  bind: (scope) => succeed(value(scope)),
})

export function step(
  id: string,
  module: Module,
  template: JsonObject,
  more: Partial<Omit<Step, 'whenChanged'>> & { whenChanged?: readonly string[] } = {},
): Step {
  const { whenChanged, ...rest } = more
  return {
    id: stepId(id),
    name: id,
    module,
    args: args(template),
    whenChanged: (whenChanged ?? []).map(stepId),
    runOnce: false,
    irreversible: false,
    beforeUndo: false,
    commit: false,
    at,
    ...rest,
  }
}

export const rolling = (more: Partial<Rolling> = {}): Rolling => ({
  batch: [1],
  gate: [],
  soak: bindable([], () => 0),
  maxFailed: 0,
  ...more,
})

export const stage = (name: string, steps: readonly Step[], more: Partial<Rolling> = {}): Stage => ({
  name,
  rolling: rolling(more),
  steps,
})

export const measure = (name: string, read: Step, target?: Measure['target']): Measure => ({
  name,
  read,
  unit: 'ms',
  ...(target ? { target } : {}),
})

export const runbook = (stages: readonly Stage[], more: Partial<Runbook> = {}): Runbook => ({
  name: 'test',
  summary: 'test',
  symptoms: [],
  file: 'test.yaml',
  text: '',
  sha256: 'r',
  hosts: 'all',
  become: false,
  params: [],
  vars: [],
  facts: [],
  guards: [],
  measures: [],
  stages,
  onFailure: 'rollback_run',
  onMissedTarget: 'keep',
  ...more,
})

export const names = (...hosts: string[]): HostName[] => hosts.map(hostName)
