import type { RecordedEvent } from '../model/event.ts'
import type { HostName, StepId } from '../model/id.ts'
import { ProblemError, type ProblemKind } from '../model/problem.ts'
import type { ChangeRecord, OwedRestart, RunRecord } from '../model/run-record.ts'

/** What a run's events come to. `rollbacks`: the events of later runs that undid it, oldest first. */
export function foldRun(
  events: readonly RecordedEvent[],
  rollbacks: readonly (readonly RecordedEvent[])[] = [],
): RunRecord {
  const [first, ...rest] = events
  if (first?.type !== 'run-started') {
    throw new ProblemError({ kind: 'io', message: 'the journal does not begin with the start of a run' })
  }
  const { type: _, ...started } = first
  const empty: RunRecord = {
    run: first.run,
    started,
    resumed: 0,
    stages: [],
    changes: [],
    unchanged: 0,
    finished: [],
    owed: [],
    readings: [],
    problems: [],
  }
  const own = rest.reduce(apply, empty)
  return rollbacks.flat().filter(isUndo).reduce(apply, own)
}

const isUndo = (event: RecordedEvent): boolean =>
  event.type === 'undo-started' ||
  event.type === 'undo-finished' ||
  event.type === 'undo-failed' ||
  event.type === 'undo-disarmed'

function apply(record: RunRecord, event: RecordedEvent): RunRecord {
  switch (event.type) {
    case 'run-started':
      return record
    case 'run-resumed': {
      const { outcome: _, finishedAt: __, ...open } = record
      const started = { ...record.started, runbook: event.runbook }
      return { ...open, started, resumed: record.resumed + 1, problems: [] }
    }
    case 'stage-started':
      return {
        ...record,
        stages: [...record.stages, { name: event.name, batches: event.batches }],
        ...(event.facts ? { facts: { stage: event.stage, hosts: event.facts } } : {}),
      }
    case 'step-started': {
      const { type: _, ...change } = event
      return { ...record, changes: [...record.changes, { ...change, state: 'started' }] }
    }
    case 'step-finished':
      return finished(record, event)
    case 'step-failed':
      return failed(record, event)
    case 'restart-owed':
      return {
        ...record,
        owed: [...record.owed, { host: event.host, stage: event.stage, step: event.step, because: event.because }],
      }
    case 'undo-started':
      return settle(record, event, { undoOpen: true, ...(event.trace ? { undoTrace: event.trace } : {}) })
    case 'file-kept': {
      const { file, bytes, sha256 } = event
      return settle(record, event, { kept: { file, bytes, sha256 } })
    }
    case 'undo-armed':
      return settle(record, event, { armed: { name: event.name, withinMs: event.withinMs, covers: event.covers } })
    case 'undo-disarmed':
      return settle(record, event, {}, 'disarmed')
    case 'undo-finished':
      return pay(
        settle(unfinished(record, event), event, { state: 'undone' }, 'disarmed'),
        (owed) => owed.because === event.step && sameHost(owed, event),
      )
    case 'undo-failed':
      return undoFailed(record, event)
    case 'run-cleaned':
      return { ...record, cleaned: [...(record.cleaned ?? []), ...event.hosts] }
    case 'measured':
      return { ...record, readings: [...record.readings, event.reading] }
    case 'run-finished':
      return {
        ...record,
        outcome: event.outcome,
        finishedAt: event.finishedAt,
        problems: event.problems.length > 0 ? event.problems : record.problems,
      }
    default:
      return unknown(event)
  }
}

/** Guessing what a newer version meant would undo too little. */
function unknown(event: never): never {
  const { type } = event as { readonly type?: unknown } // a journal of a newer version
  throw new ProblemError({
    kind: 'io',
    message: `the journal holds an event that this version does not know: ${JSON.stringify(type)}`,
    hint: 'go on with the version of runbook that wrote it, or a newer one',
  })
}

interface Place {
  readonly host: HostName
  readonly stage: number
  readonly step: StepId
}

function finished(before: RunRecord, event: Extract<RecordedEvent, { type: 'step-finished' }>): RunRecord {
  const { host, step, output } = event
  const done = {
    host,
    step,
    ...(output === undefined ? {} : { output }),
    ...(event.result === 'skipped' ? { skipped: true as const } : {}),
  }
  const record = { ...before, finished: [...before.finished, done] }
  if (event.result !== 'changed') return { ...record, unchanged: record.unchanged + 1 }
  const settled = settle(earlierEnded(record, event), event, {
    state: 'changed',
    ...(output === undefined ? {} : { output }),
  })
  return pay(settled, (owed) => owed.step === event.step && sameHost(owed, event))
}

/** What an interrupted attempt began, the one that was made after it has ended: it is no longer in doubt. */
function earlierEnded(record: RunRecord, place: Place): RunRecord {
  const ended = (change: ChangeRecord): ChangeRecord => {
    const { problem: _, ...rest } = change
    return isAt(place)(change) && (change.state === 'started' || change.state === 'failed')
      ? { ...rest, state: 'changed' }
      : change
  }
  return { ...record, changes: record.changes.map(ended) }
}

/** What was undone is to be done again where the run goes on. */
const unfinished = (record: RunRecord, { host, step }: Place): RunRecord => ({
  ...record,
  finished: record.finished.filter((one) => one.host !== host || one.step !== step),
})

function undoFailed(before: RunRecord, event: Extract<RecordedEvent, { type: 'undo-failed' }>): RunRecord {
  const { problem } = event
  const record = { ...before, problems: [...before.problems, problem] }
  const isOpen = UNHEARD.has(problem.kind) && latestOf(before, event)?.undoOpen
  const failed = settle(record, event, { state: 'undo-failed', problem }, 'disarmed')
  return isOpen ? settle(failed, event, { undoOpen: true }) : failed
}

/** Nobody heard how what was begun ended. */
const UNHEARD: ReadonlySet<ProblemKind> = new Set([
  ...(['connection-lost', 'unreachable', 'timeout', 'interrupted', 'in-doubt'] as const),
])

/** A step that its host has undone by itself has failed besides: undone it stays. */
function failed(record: RunRecord, event: Extract<RecordedEvent, { type: 'step-failed' }>): RunRecord {
  const { problem } = event
  const state = latestOf(record, event)?.state
  const isUndone = state === 'undone' || state === 'undo-failed'
  const next = { ...record, problems: [...record.problems, problem] }
  return settle(next, event, { problem, ...(isUndone ? {} : { state: 'failed' }) })
}

const sameHost = (a: Place, b: Place): boolean => a.host === b.host && a.stage === b.stage

const pay = (record: RunRecord, paid: (owed: OwedRestart) => boolean): RunRecord => ({
  ...record,
  owed: record.owed.filter((owed) => !paid(owed)),
})

/** The latest change of that place gets its new state. */
function settle(
  record: RunRecord,
  place: Place,
  news: Partial<ChangeRecord>,
  undo: 'disarmed' | 'as it was' = 'as it was',
): RunRecord {
  const latest = latestOf(record, place)
  const settled = (change: ChangeRecord): ChangeRecord => {
    const { armed, undoOpen, ...rest } = { ...change, ...news }
    return undo === 'disarmed' ? rest : { ...rest, ...(armed ? { armed } : {}), ...(undoOpen ? { undoOpen } : {}) }
  }
  return { ...record, changes: record.changes.map((change) => (change === latest ? settled(change) : change)) }
}

/** Of several attempts of a step the newest is undone first: what is told then is told of those that are left. */
const latestOf = ({ changes }: RunRecord, place: Place): ChangeRecord | undefined =>
  changes.findLast((change) => isAt(place)(change) && change.state !== 'undone') ?? changes.findLast(isAt(place))

const isAt =
  (place: Place) =>
  (change: ChangeRecord): boolean =>
    sameHost(change, place) && change.step === place.step

/** The restarts that the runs together still owe; `records` of one runbook, oldest first. A later run pays for an earlier one. */
export function owedAcross(records: readonly RunRecord[]): readonly OwedRestart[] {
  return records.reduce<readonly OwedRestart[]>((owed, record) => {
    const paid = (restart: OwedRestart): boolean =>
      record.changes.some(
        (change) => change.state === 'changed' && change.host === restart.host && change.step === restart.step,
      )
    return [...owed.filter((restart) => !paid(restart)), ...record.owed]
  }, [])
}
