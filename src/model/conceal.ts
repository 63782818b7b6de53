import { slowHash } from './digest.ts'
import type { Event } from './event.ts'
import type { Json, JsonObject } from './json.ts'
import type { Detail } from './module.ts'
import type { Plan, PlannedDecision, PlannedStep, RecordedChange } from './plan.ts'
import { mapTexts, REDACTED, type Redactor } from './redact.ts'

/** Takes secrets out of what is made to be shown, compared or kept. */
export interface Concealing {
  plan(plan: Plan): Plan
  change(change: RecordedChange): RecordedChange
  event(event: Event): Event
}

/**
 * Secrets become `***`. In a change that shows one, what is taken away (it may be the secret of before, which nobody
 * knows any more) becomes `***` too, and a hash of a whole file becomes a salted one that takes long to guess by.
 */
export function makeConcealing(redactor: Redactor, salt: string): Concealing {
  const sealed = new Map<string, string>()
  const seal = (hash: string): string => {
    const found = sealed.get(hash) ?? `salted:${slowHash(hash, salt)}`
    sealed.set(hash, found)
    return found
  }
  const json = <T>(value: T): T => redactor.json(value as Json) as T // sealed: a value of Json keeps its shape
  const change = (plain: RecordedChange): RecordedChange => {
    const shown = json(plain)
    if (JSON.stringify(shown) === JSON.stringify(plain)) return plain
    return {
      ...shown,
      details: plain.details.map((detail) => concealedDetail(detail, redactor)),
      before: mapTexts(shown.before, (text) => hashesIn(text, seal)) as JsonObject, // sealed: an object stays one
      after: shown.after && (mapTexts(shown.after, (text) => hashesIn(text, seal)) as JsonObject), // as above
    }
  }
  const step = (plain: PlannedStep): PlannedStep => ({
    ...plain,
    resources: json(plain.resources),
    decision: decided(plain.decision),
  })
  const decided = (plain: PlannedDecision): PlannedDecision =>
    plain.kind === 'change' ? { ...plain, change: change(plain.change) } : json(plain)
  return {
    change,
    plan: (plan) => ({
      ...plan,
      facts: mapMembers(plan.facts, json),
      guards: plan.guards.map(step),
      measures: plan.measures.map((reading) => concealedMembers(reading, json)),
      stages: plan.stages.map((stage) => ({ ...stage, steps: stage.steps.map(step) })),
    }),
    event: (event) => {
      if (event.type !== 'step-started') return concealedMembers(event, json)
      return { ...concealedMembers({ ...event, change: null }, json), change: change(event.change) } as Event // sealed: as it was
    },
  }
}

/** SHA-256 in hex, as states of files hold it. */
const hashesIn = (text: string, seal: (hash: string) => string): string => text.replaceAll(/\b[0-9a-f]{64}\b/g, seal)

function concealedDetail(detail: Detail, redactor: Redactor): Detail {
  switch (detail.kind) {
    case 'diff': {
      const diff = redactor.text(detail.diff)
      return { ...detail, diff: diff === detail.diff ? diff : withoutRemoved(diff) }
    }
    case 'value': {
      const after = redactor.text(detail.after)
      return { ...detail, after, before: after === detail.after ? redactor.text(detail.before) : REDACTED }
    }
    case 'command':
      return { ...detail, command: redactor.text(detail.command) }
    case 'note':
      return { ...detail, text: redactor.text(detail.text) }
  }
}

/** A unified diff whose removed lines are hidden; its head stays. */
function withoutRemoved(diff: string): string {
  let inHunk = false
  return diff
    .split('\n')
    .map((line) => {
      inHunk ||= line.startsWith('@@')
      return inHunk && line.startsWith('-') ? `-${REDACTED}` : line
    })
    .join('\n')
}

/** What names things and is looked up by: it stays, and holds no value. */
const NAMES: ReadonlySet<string> = new Set([
  ...['type', 'run', 'of', 'verb', 'tool', 'startedAt', 'resumedAt', 'finishedAt', 'salt', 'runbook', 'inventory'],
  ...['host', 'hosts', 'stage', 'step', 'because', 'batch', 'batches', 'folder', 'module', 'become', 'result'],
  ...['stream', 'phase', 'ms', 'outcome', 'measure', 'unit', 'value', 'verdict'],
])

const concealedMembers = <T extends object>(value: T, json: <V>(value: V) => V): T =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [key, NAMES.has(key) ? member : json(member)])) as T // sealed: the same members

const mapMembers = (value: Plan['facts'], json: <V>(value: V) => V): Plan['facts'] =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [key, json(member)]))
