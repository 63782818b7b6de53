import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Expected, INVARIANTS, type Invariant, violations } from './checker.ts'
import type { Effect, FoundReceipt, History, PlannedEffect, StoredJournal } from './history.ts'

// A history in order, and what each invariant looks like when it is broken: a checker that sees nothing proves nothing.

const CANARY = 'the "secret" é'

const planned: readonly PlannedEffect[] = [
  { host: 'h1', step: 'file', phase: 'do', what: 'mv /etc/a' },
  { host: 'h1', step: 'run', phase: 'do', what: 'begin run' },
  { host: 'h1', step: 'run', phase: 'do', what: 'end run' },
  { host: 'h2', step: 'file', phase: 'do', what: 'mv /etc/a' },
  { host: 'h1', step: 'file', phase: 'undo', what: 'rm /etc/a' },
  { host: 'h2', step: 'file', phase: 'undo', what: 'rm /etc/a' },
]
const expected: Expected = { planned, canary: CANARY }

interface Written {
  readonly at: number
  readonly type: string
  readonly [name: string]: unknown
}

/** A journal as the program writes it. */
function journal(run: string, events: readonly Written[]): StoredJournal {
  let prev = '0'.repeat(64)
  const lines = events.map(({ at, ...event }, seq) => {
    const body = JSON.stringify({ v: 1, seq, time: new Date(at).toISOString(), event, prev })
    prev = createHash('sha256').update(body).digest('hex')
    return `${body.slice(0, -1)},"h":"${prev}"}\n`
  })
  return { run, text: lines.join('') }
}

const run = { change: { verb: 'run' } }
const file = { change: { verb: 'edit' } }
const on = (at: number, type: string, host: string, step: string, more = {}): Written => ({
  at,
  type,
  host,
  step,
  ...more,
})
const start: Written = { at: 0, type: 'run-started', verb: 'apply', hosts: ['h1', 'h2'] }
const rollback: Written = { at: 200, type: 'run-started', verb: 'rollback', of: 'A', hosts: ['h1', 'h2'] }
const finish: Written = { at: 100, type: 'run-finished', outcome: 'applied' }

const WORK: readonly Written[] = [
  start,
  on(10, 'step-started', 'h1', 'file', file),
  on(20, 'step-finished', 'h1', 'file'),
  on(30, 'step-started', 'h1', 'run', run),
  on(40, 'step-finished', 'h1', 'run'),
  on(50, 'step-started', 'h2', 'file', file),
  on(60, 'step-finished', 'h2', 'file'),
]
const EFFECTS: readonly Effect[] = [
  { host: 'h1', at: 15, what: 'mv /etc/a' },
  { host: 'h1', at: 33, what: 'begin run' },
  { host: 'h1', at: 37, what: 'end run' },
  { host: 'h2', at: 55, what: 'mv /etc/a' },
]
const UNDO: readonly Written[] = [
  rollback,
  on(210, 'undo-started', 'h1', 'file'),
  on(220, 'undo-finished', 'h1', 'file'),
]
const UNDONE: Effect = { host: 'h1', at: 215, what: 'rm /etc/a' }
const receipt = (name: string): FoundReceipt => ({ host: 'h1', run: 'A', step: 'run', name, begun: true, code: '0' })

/** A history in order but for what is given. */
const history = (
  {
    work = [...WORK, finish],
    undo = UNDO,
    effects = [...EFFECTS, UNDONE],
  }: {
    readonly work?: readonly Written[]
    readonly undo?: readonly Written[]
    readonly effects?: readonly Effect[]
  },
  more: Partial<History> = {},
): History => ({
  journals: [journal('A', work), journal('B', undo)],
  effects,
  receipts: [receipt('1.1.run')],
  artefacts: [{ where: 'journal', text: 'nothing to hide' }],
  ...more,
})

const seen = (found: History): readonly string[] => [
  ...new Set(violations(found, expected).map(({ invariant }) => invariant)),
]

test('a history in order has no violation', () => {
  expect(violations(history({}), expected)).toEqual([])
})

test('a run that was killed, resumed, and undone later is in order', () => {
  const work = [
    ...WORK.slice(0, 4),
    { at: 45, type: 'run-resumed' },
    on(46, 'step-finished', 'h1', 'run'),
    ...WORK.slice(5),
    finish,
  ]
  expect(violations(history({ work }), expected)).toEqual([])
})

test('a tail that was torn by the kill is in order where another run undid it', () => {
  const whole = journal('A', WORK.slice(0, 6))
  const journals = [{ ...whole, text: `${whole.text}{"v":1,"se` }, journal('B', UNDO)]
  const effects = [...EFFECTS.slice(0, 3), UNDONE]
  expect(violations(history({ effects }, { journals }), expected)).toEqual([])
})

const BROKEN: readonly (readonly [Invariant, string, History])[] = [
  ['I1', 'an effect twice', history({ effects: [...EFFECTS, { host: 'h1', at: 16, what: 'mv /etc/a' }, UNDONE] })],
  ['I1', 'an undoing twice', history({ effects: [...EFFECTS, UNDONE, { ...UNDONE, at: 216 }] })],
  ['I1', 'a command with two receipts', history({}, { receipts: [receipt('1.1.run'), receipt('2.1.run')] })],
  [
    'I2',
    'an effect before its record',
    history({ effects: [{ host: 'h1', at: 5, what: 'mv /etc/a' }, ...EFFECTS.slice(1), UNDONE] }),
  ],
  [
    'I2',
    'an effect without a record',
    history({ work: [start, ...WORK.slice(3), finish], undo: [rollback], effects: EFFECTS }),
  ],
  [
    'I3',
    'an effect that no step has',
    history({ effects: [...EFFECTS, { host: 'h1', at: 36, what: 'mv /etc/b' }, UNDONE] }),
  ],
  [
    'I3',
    'an effect on a host that is not of the run',
    history({ effects: [...EFFECTS, { host: 'h3', at: 36, what: 'mv /etc/a' }, UNDONE] }),
  ],
  ['I4', 'a step after one of unknown end', history({ work: [start, ...WORK.slice(1, 2), ...WORK.slice(3), finish] })],
  [
    'I4',
    'a step while the one before it runs',
    history({
      work: [...WORK, on(70, 'step-started', 'h1', 'file', file), on(80, 'step-finished', 'h1', 'file'), finish],
      effects: [...EFFECTS.filter(({ what }) => what !== 'end run'), { host: 'h1', at: 75, what: 'end run' }, UNDONE],
    }),
  ],
  [
    'I4',
    'an undoing while its step runs',
    history({
      effects: [...EFFECTS.filter(({ what }) => what !== 'end run'), { host: 'h1', at: 212, what: 'end run' }, UNDONE],
    }),
  ],
  ['I5', 'well with a step open', history({ work: [...WORK.slice(0, 6), finish] })],
  [
    'I5',
    'an effect after it was well',
    history({ effects: [...EFFECTS.slice(0, 3), { host: 'h2', at: 150, what: 'mv /etc/a' }, UNDONE] }),
  ],
  ['I6', 'a run that goes on after its end', history({ work: [...WORK, finish, { at: 150, type: 'run-resumed' }] })],
  [
    'I7',
    'the undoing of what was never begun',
    history({
      work: WORK.slice(0, 5),
      effects: [...EFFECTS.slice(0, 3), UNDONE, { host: 'h2', at: 235, what: 'rm /etc/a' }],
      undo: [...UNDO, on(230, 'undo-started', 'h2', 'file'), on(240, 'undo-finished', 'h2', 'file')],
    }),
  ],
  ['I8', 'a record that was changed', changedRecord()],
  ['I8', 'a record that is missing', missingRecord()],
  ...[CANARY, JSON.stringify({ CANARY }), encodeURIComponent(CANARY), Buffer.from(CANARY).toString('base64')].map(
    (text) => ['I9', `the secret as ${text}`, history({}, { artefacts: [{ where: 'h1:run folders', text }] })] as const,
  ),
]

function changedRecord(): History {
  const [first, second] = history({}).journals
  const journals = [first, second].flatMap((one) => (one ? [{ ...one, text: one.text.replace('"h1"', '"h2"') }] : []))
  return history({}, { journals })
}

function missingRecord(): History {
  const journals = history({}).journals.map((one) => ({
    ...one,
    text: one.text.replace(/^.*\n.*\n/, (two) => `${two.split('\n')[0]}\n`),
  }))
  return history({}, { journals })
}

describe('a violation is seen', () => {
  test.each(BROKEN)('%s: %s', (invariant, _, found) => {
    expect(seen(found)).toContain(invariant)
  })

  test('of each invariant', () => {
    expect(Object.keys(INVARIANTS).filter((name) => !BROKEN.some(([invariant]) => invariant === name))).toEqual([])
  })
})
