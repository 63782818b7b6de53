import { Ajv } from 'ajv'
import { expect } from 'vitest'
import { canonical, isObject, type JsonObject } from '../../src/model/json.ts'
import type { Change, Decision, Detail, Module } from '../../src/model/module.ts'
import { ProblemError } from '../../src/model/problem.ts'
import { unreachable } from '../../src/model/unreachable.ts'
import { type FileEntry, readFileState } from '../../src/modules/files/file-state.ts'
import { readUnitState } from '../../src/modules/system/unit-state.ts'
import { type LawCase, placed } from './law-case.ts'
import type { LawHost } from './law-host.ts'
import { applyOn, argsOf, look, recorded, type Trial } from './trial.ts'
import { undoDone, undoFromEverywhere } from './undo-laws.ts'

let made = 0 // folders of cases must differ within a run

/**
 * The five laws on one case: reading is harmless, planning is pure, doing settles, undoing restores, arguments are
 * guarded. Undoing is tried from wherever a change can have come to (undo-laws.ts).
 */
export async function obeyLaws(module: Module, lawCase: LawCase, host: LawHost): Promise<void> {
  made += 1
  const number = made
  const folder = `${host.scratch}/case-${number}`
  const runFolder = `${host.scratch}/run-${number}/step`
  const wanted = placed(lawCase, folder)
  await succeed(host.run(`mkdir -p ${folder}`, '/'), 'making the folder')
  try {
    await succeed(host.run(wanted.setup ?? ':', folder), 'set-up')
    guardArguments(module, wanted.args)
    await obeyOn({ module, wanted, host, folder, runFolder })
  } finally {
    await host.run(
      `${wanted.teardown ?? ':'}\ncd /; chattr -R -i ${folder} 2>/dev/null; rm -rf ${folder} ${host.scratch}/run-${number}`,
      folder,
    )
  }
}

async function obeyOn(trial: Trial): Promise<void> {
  const { wanted } = trial
  const start = await look(trial)
  if (wanted.expect === 'fails') {
    await expect(decideOn(trial)).rejects.toThrow(ProblemError)
    await expect(decideOn(trial)).rejects.toThrow(new RegExp(wanted.says ?? ''))
    return
  }
  const decision = await decideOn(trial)
  expect(await look(trial), 'reading is harmless').toBe(start)
  expect(decision.kind, tell(decision).text).toBe(wanted.expect)
  if (wanted.says !== undefined) expect(tell(decision).text).toMatch(new RegExp(wanted.says))
  if (wanted.output && decision.kind === 'noop') expect(decision.output).toMatchObject(wanted.output)
  if (decision.kind !== 'change') return
  expect(trial.module.effect, 'only modules that change may plan a change').toBe('changes')
  if (wanted.shows !== undefined) expect(shown(decision.change)).toMatch(new RegExp(wanted.shows, 'm'))
  expect(canonical(recorded(decision.change)), 'a change can be journaled').toBe(
    canonical(JSON.parse(JSON.stringify(recorded(decision.change)))),
  )
  if (wanted.refuses !== undefined) await refuseToApply(trial, decision.change, wanted.refuses)
  else await doAndUndo(trial, decision.change, start)
}

async function refuseToApply(trial: Trial, change: Change, refuses: string): Promise<void> {
  await succeed(trial.host.run(trial.wanted.before ?? ':', trial.folder), 'the text before applying')
  const start = await look(trial)
  await expect(applyOn(trial, change)).rejects.toThrow(new RegExp(refuses))
  expect(await look(trial), 'what is refused changes nothing').toBe(start)
}

async function doAndUndo(trial: Trial, change: Change, start: string): Promise<void> {
  const { wanted, host, folder } = trial
  await undoFromEverywhere(trial, change, start)
  const output = await applyOn(trial, change)
  if (wanted.output) expect(output).toMatchObject(wanted.output)
  if (wanted.holds !== undefined) await succeed(host.run(wanted.holds, folder), 'what must hold after applying')
  await holdPredictions(change, host)
  if (change.settles) {
    expect(await decideOn(trial), 'doing settles').toMatchObject({ kind: 'noop' })
    await applyOn(trial, change)
    expect(await decideOn(trial), 'doing twice is doing once').toMatchObject({ kind: 'noop' })
  }
  if (!change.reversible) return
  expect(trial.module.revert, 'what is reversible has a revert').toBeTypeOf('function')
  await undoDone(trial, change, start)
  if (!change.settles) return
  const again = await decideOn(trial)
  expect(again.kind === 'change' && canonical(again.change.before), 'after undoing, the same is to be done').toBe(
    canonical(change.before),
  )
}

/** What later steps of a plan were told is what they then find. */
async function holdPredictions({ predicts }: Change, host: LawHost): Promise<void> {
  for (const [resource, predicted] of Object.entries(predicts)) {
    const [kind, ...rest] = resource.split(':')
    const name = rest.join(':')
    if (!isObject(predicted)) continue
    if (kind === 'file') {
      const { entry } = await readFileState(name, host.probe())
      const { uid: _, gid: __, mtimeS: ___, links: ____, sizeBytes: _____, ...known } = predicted.entry as FileEntry // sealed: `file:` is predicted by this type
      expect(entry, `${resource} as predicted`).toMatchObject({
        ...known,
        ...numbered(entry, known),
      })
    } else if (kind === 'unit') {
      const { load, active, file } = await readUnitState(name, host.probe())
      expect({ active, file }, `${resource} as predicted`).toEqual({ active: predicted.active, file: predicted.file })
      expect(load).toBe('loaded')
    }
  }
}

/** An owner given by its number is found by its name. */
const numbered = (entry: FileEntry | null, known: Pick<FileEntry, 'owner' | 'group'>): Partial<FileEntry> => ({
  ...(known.owner === String(entry?.uid) && entry ? { owner: entry.owner } : {}),
  ...(known.group === String(entry?.gid) && entry ? { group: entry.group } : {}),
})

async function decideOn(trial: Trial): Promise<Decision> {
  const args = frozen(argsOf(trial))
  const state = await trial.module.read(args, trial.host.probe())
  const decision = trial.module.plan(args, frozen(state))
  expect(plain(trial.module.plan(args, state)), 'planning is pure').toEqual(plain(decision))
  return decision
}

/** The details of a change as text, one after another. */
const shown = ({ details }: Change): string => details.map(detailText).join('\n')

function detailText(detail: Detail): string {
  switch (detail.kind) {
    case 'diff':
      return detail.diff
    case 'command':
      return detail.command
    case 'note':
      return detail.text
    case 'value':
      return `${detail.name}: ${detail.before} -> ${detail.after}`
    default:
      return unreachable(detail)
  }
}

const plain = (decision: Decision): unknown =>
  decision.kind === 'change' ? { ...decision, change: recorded(decision.change) } : decision

const tell = (decision: Decision): { readonly text: string } => ({
  text:
    decision.kind === 'blocked'
      ? [decision.message, decision.hint, decision.detail].filter(Boolean).join('\n')
      : decision.kind === 'change'
        ? decision.change.summary
        : decision.summary,
})

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}

const ajv = new Ajv({ strict: true, allErrors: true, strictTypes: false })
for (const format of ['cel', 'shell', 'controller-file', 'controller-folder', 'controller-template'])
  ajv.addFormat(format, true)

function guardArguments(module: Module, args: JsonObject): void {
  const check = ajv.compile(module.args)
  expect(check(args), `the schema takes ${JSON.stringify(args)}: ${ajv.errorsText(check.errors)}`).toBe(true)
  expect(check({ ...args, 'no-such-argument': 1 }), 'an argument that there is not').toBe(false)
}

async function succeed(
  replying: Promise<{ readonly code: number; readonly stderr: Buffer; readonly stdout: Buffer }>,
  what: string,
): Promise<void> {
  const { code, stderr, stdout } = await replying
  expect(code, `${what}: ${stderr.toString('utf8')}${stdout.toString('utf8')}`).toBe(0)
}
