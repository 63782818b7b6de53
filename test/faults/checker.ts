import type { Effect, History, PlannedEffect } from './history.ts'
import { type ReadRecord, readJournal } from './read-journal.ts'

// One pure function over what a fault left: notes of the hosts, journals, receipts and everything that was kept.

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9'

export interface Violation {
  readonly invariant: Invariant
  readonly what: string
}

/** What the invariants say, for those who read a violation. */
export const INVARIANTS: Readonly<Record<Invariant, string>> = {
  I1: 'each effect at most once for each approved attempt',
  I2: 'no effect without an intent that was recorded before it',
  I3: 'no effect that is not of the plan, or on a host that is not',
  I4: 'no step begins while one before it is unknown, and no undo while its step may still run',
  I5: 'a run that says it is well has ended all its steps, and nothing happens afterwards',
  I6: 'going on with a run that is over does nothing',
  I7: 'a rollback touches only what the journal says was touched',
  I8: 'the journal can be read, and its chain is whole',
  I9: 'no secret in anything that is kept',
}

/** What an undisturbed run does, and what must be found nowhere. */
export interface Expected {
  readonly planned: readonly PlannedEffect[]
  readonly canary: string
  readonly tries?: number // of a command each time that it is announced; 1 where nothing is said
}

/** Every violation of I1 to I9 in one history; none for one that is in order. */
export function violations(history: History, expected: Expected): readonly Violation[] {
  const story = tell(history)
  return [
    ...oncePerAttempt(story, expected),
    ...receiptsOnce(story, expected),
    ...intended(story, expected),
    ...ofThePlan(story, expected),
    ...stepByStep(story),
    ...notWhileItRuns(story),
    ...endedWell(story),
    ...overIsOver(story),
    ...onlyTouched(story, expected),
    ...broken(history),
    ...secrets(history, expected),
  ]
}

/** A history, read: the run, its rollbacks, and to which of them each effect belongs. */
interface Story {
  readonly history: History
  readonly run: readonly ReadRecord[]
  readonly rollbacks: readonly ReadRecord[]
  readonly done: readonly Effect[]
  readonly undone: readonly Effect[]
}

function tell(history: History): Story {
  const journals = history.journals.map(readJournal)
  const verbOf = (records: readonly ReadRecord[]) => records[0]?.event.verb
  const run = journals.find(({ records }) => verbOf(records) === 'apply')?.records ?? []
  const rollbacks = journals.flatMap(({ records }) => (verbOf(records) === 'rollback' ? records : []))
  // From the first undo on a host on, what happens there is undoing: nothing else may go on besides.
  const isUndoing = ({ host, at }: Effect) =>
    [...run, ...rollbacks].some(
      (record) => record.event.type === 'undo-started' && record.event.host === host && record.at <= at,
    )
  return {
    history,
    run,
    rollbacks,
    done: history.effects.filter((effect) => !isUndoing(effect)),
    undone: history.effects.filter(isUndoing),
  }
}

const one = (invariant: Invariant, what: string): Violation => ({ invariant, what })

const isOf = (type: string) => (record: ReadRecord) => record.event.type === type

const nameOf = ({ host, what }: Pick<Effect, 'host' | 'what'>): string => `${what} on ${host}`

const groups = (effects: readonly Effect[]): ReadonlyMap<string, readonly Effect[]> => Map.groupBy(effects, nameOf)

function oncePerAttempt({ done, undone }: Story, { planned }: Expected): readonly Violation[] {
  const check = (effects: readonly Effect[], phase: PlannedEffect['phase']) =>
    [...groups(effects)].flatMap(([name, found]) => {
      const allowed = planned.filter((plan) => plan.phase === phase && nameOf(plan) === name).length
      return allowed > 0 && found.length > allowed
        ? [one('I1', `${name}: ${found.length} times, planned ${allowed} (${phase})`)]
        : []
    })
  return [...check(done, 'do'), ...check(undone, 'undo')]
}

/** A free command has one receipt for each time that it was announced, or one for each try. */
function receiptsOnce({ history, run }: Story, { tries = 1 }: Expected): readonly Violation[] {
  const commands = run.filter((record) => isOf('step-started')(record) && record.event.change?.verb === 'run')
  const announced = Map.groupBy(commands, ({ event }) => `${event.step} on ${event.host}`)
  return [...announced].flatMap(([name, times]) => {
    const begun = history.receipts.filter((receipt) => receipt.begun && `${receipt.step} on ${receipt.host}` === name)
    return begun.length > times.length * tries
      ? [one('I1', `${name}: begun ${begun.length} times by its receipts, announced ${times.length} times`)]
      : []
  })
}

function intended({ run, rollbacks, done, undone }: Story, { planned }: Expected): readonly Violation[] {
  const check = (effects: readonly Effect[], phase: PlannedEffect['phase'], intents: readonly ReadRecord[]) =>
    [...groups(effects)].flatMap(([name, found]) => {
      const steps = new Set(planned.flatMap((plan) => (plan.phase === phase && nameOf(plan) === name ? plan.step : [])))
      return found.flatMap((effect, index) => {
        const before = intents.filter(({ at, event }) => event.host === effect.host && at <= effect.at)
        const known = new Set(before.flatMap(({ event }) => (steps.has(event.step ?? '') ? [event.step] : [])))
        return steps.size > 0 && known.size <= Math.min(index, steps.size - 1)
          ? [one('I2', `${name}: no record announced it (${phase})`)]
          : []
      })
    })
  return [
    ...check(done, 'do', run.filter(isOf('step-started'))),
    ...check(undone, 'undo', [...run, ...rollbacks].filter(isOf('undo-started'))),
  ]
}

function ofThePlan({ run, done, undone }: Story, { planned }: Expected): readonly Violation[] {
  const hosts = run[0]?.event.hosts ?? []
  const check = (effects: readonly Effect[], phase: PlannedEffect['phase']) =>
    effects.flatMap((effect) => {
      if (!hosts.includes(effect.host)) return [one('I3', `${nameOf(effect)}: the host is not of the run`)]
      const isPlanned = planned.some((plan) => plan.phase === phase && nameOf(plan) === nameOf(effect))
      return isPlanned ? [] : [one('I3', `${nameOf(effect)}: not of the plan (${phase})`)]
    })
  return [...check(done, 'do'), ...check(undone, 'undo')]
}

/** Announced and not known to be over: nothing else may begin on that host. */
function stepByStep({ run, done }: Story): readonly Violation[] {
  const open = new Map<string, string>() // by host
  return run.flatMap((record) => {
    const { type, host = '', step = '' } = record.event
    const before = open.get(host)
    if (type === 'step-started') open.set(host, step)
    if (before === step && CLOSING.has(type) && !isCutOff(record)) open.delete(host)
    if (type !== 'step-started') return []
    const late = done.filter(
      (effect) => effect.host === host && effect.what.startsWith('end ') && effect.at > record.at,
    )
    const other = late.filter(({ what }) => what !== `end ${step}` && beganBefore(done, { host, what }, record.at))
    return [
      ...(before !== undefined && before !== step
        ? [one('I4', `${step} on ${host} began while ${before} was unknown`)]
        : []),
      ...other.map(({ what }) => one('I4', `${step} on ${host} began before "${what}"`)),
    ]
  })
}

const CLOSING = new Set(['step-finished', 'step-failed', 'undo-finished'])

const isCutOff = ({ event }: ReadRecord): boolean => event.problem?.kind === 'connection-lost'

const beganBefore = (effects: readonly Effect[], { host, what }: Pick<Effect, 'host' | 'what'>, at: number): boolean =>
  effects.some((effect) => effect.host === host && effect.what === what.replace('end ', 'begin ') && effect.at < at)

/** What a step does is over before its undoing begins. */
function notWhileItRuns({ history, run, rollbacks }: Story): readonly Violation[] {
  const firsts = new Map<string, number>()
  for (const { at, event } of [...run, ...rollbacks].filter(isOf('undo-started')))
    firsts.set(event.host ?? '', Math.min(firsts.get(event.host ?? '') ?? at, at))
  return history.effects.flatMap(({ host, what, at }) => {
    const first = firsts.get(host)
    return first !== undefined && what.startsWith('end ') && at > first
      ? [one('I4', `undoing on ${host} began before "${what}"`)]
      : []
  })
}

const WELL = new Set(['applied', 'nothing-to-do'])

function endedWell({ run, done }: Story): readonly Violation[] {
  const end = run.findLast((record) => isOf('run-finished')(record) && WELL.has(record.event.outcome ?? ''))
  if (!end) return []
  const before = run.slice(0, run.indexOf(end))
  const open = before.filter((record, index) => {
    const isSame = ({ event }: ReadRecord) => event.host === record.event.host && event.step === record.event.step
    return (
      isOf('step-started')(record) &&
      !before.slice(index).some((later) => CLOSING.has(later.event.type) && isSame(later))
    )
  })
  return [
    ...open.map(({ event }) => one('I5', `it says that it is well, and ${event.step} on ${event.host} is open`)),
    ...done
      .filter(({ at }) => at > end.at + 1)
      .map((effect) => one('I5', `${nameOf(effect)} after it said that it was well`)),
  ]
}

function overIsOver({ run }: Story): readonly Violation[] {
  const end = run.findIndex((record) => isOf('run-finished')(record) && WELL.has(record.event.outcome ?? ''))
  return end < 0 ? [] : run.slice(end + 1).map(({ event }) => one('I6', `${event.type} after the run was over`))
}

function onlyTouched({ run, rollbacks, undone }: Story, { planned }: Expected): readonly Violation[] {
  const touched = new Set(run.filter(isOf('step-started')).map(({ event }) => `${event.step} on ${event.host}`))
  const undoing = rollbacks.filter(isOf('undo-started')).map(({ event }) => `${event.step} on ${event.host}`)
  const effects = undone.filter((effect) => {
    const owners = planned.filter((plan) => plan.phase === 'undo' && nameOf(plan) === nameOf(effect))
    return owners.length > 0 && !owners.some(({ step, host }) => touched.has(`${step} on ${host}`))
  })
  return [
    ...undoing.filter((name) => !touched.has(name)).map((name) => one('I7', `${name} is undone and was never begun`)),
    ...effects.map((effect) => one('I7', `${nameOf(effect)} undoes what was never begun`)),
  ]
}

const broken = ({ journals }: History): readonly Violation[] =>
  journals.flatMap((journal) => {
    const { run, records, torn, broken: where } = readJournal(journal)
    if (where !== undefined) return [one('I8', `journal of ${run}: ${where}`)]
    // A torn tail may lie where a killed run was undone by another one; who goes on with a run sets it aside first.
    return torn && records.at(-1)?.event.type === 'run-finished'
      ? [one('I8', `journal of ${run}: torn after its end`)]
      : []
  })

function secrets({ artefacts }: History, { canary }: Expected): readonly Violation[] {
  const forms = [
    canary,
    JSON.stringify(canary).slice(1, -1),
    encodeURIComponent(canary),
    Buffer.from(canary).toString('base64').replace(/=+$/, ''),
    Buffer.from(canary).toString('hex'),
  ]
  return artefacts.flatMap(({ where, text }) =>
    forms.some((form) => text.includes(form)) ? [one('I9', `the secret lies in ${where}`)] : [],
  )
}
