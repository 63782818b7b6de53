import type { Json, JsonObject } from '../../src/model/json.ts'
import type { Change, Module, Session } from '../../src/model/module.ts'
import type { LawCase } from './law-case.ts'
import type { LawHost } from './law-host.ts'
import { snapshot } from './snapshot.ts'

/** One case of one module on one host. */
export interface Trial {
  readonly module: Module
  readonly wanted: LawCase
  readonly host: LawHost
  readonly folder: string
  readonly runFolder: string // of the step, for pre-images
}

export const look = ({ host, folder, wanted }: Trial): Promise<string> => snapshot(host, { ...wanted, folder })

export const argsOf = ({ wanted }: Trial): JsonObject => ({ ...wanted.args, ...wanted.bound })

export const sessionOf = ({ host, runFolder }: Trial): Session => host.session(runFolder)

export const applyOn = async (
  trial: Trial,
  change: Change,
  session: Session = sessionOf(trial),
): Promise<Json | undefined> => trial.module.apply?.(argsOf(trial), change, session)

/** As a rollback by another process does it: nothing but the recorded change is there. */
export const revertOn = async (trial: Trial, change: Change): Promise<void> =>
  trial.module.revert?.(argsOf(trial), asRecorded(change), sessionOf(trial))

/** As a rollback that goes on with another one does it, knowing what the host showed before that. */
export const revertAgainOn = async (trial: Trial, change: Change, undoTrace: JsonObject): Promise<void> =>
  trial.module.revert?.(argsOf(trial), { ...asRecorded(change), undoTrace }, sessionOf(trial))

/** What the host shows now and will not after a restart. */
export async function traceOf(trial: Trial): Promise<JsonObject | undefined> {
  const decision = trial.module.plan(argsOf(trial), await trial.module.read(argsOf(trial), trial.host.probe()))
  return decision.kind === 'change' ? decision.change.trace : undefined
}

export const asRecorded = (change: Change): Change => ({
  ...JSON.parse(JSON.stringify(recorded(change))),
  predicts: {},
})

export function recorded(change: Change): JsonObject {
  const { material: _, predicts: __, trace: ___, ...kept } = change
  return kept as unknown as JsonObject // sealed: what is left is plain data
}
