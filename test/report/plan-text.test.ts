import { expect, test } from 'vitest'
import { hostName } from '../../src/model/id.ts'
import type { Plan } from '../../src/model/plan.ts'
import { planText } from '../../src/report/plan-text.ts'
import { ansiStyle, plainStyle } from '../../src/report/style.ts'
import { HOSTILE, isSafe } from './hostile.ts'
import { change, samplePlan, step } from './samples.ts'

const next = 'runbook apply etcd-tune-timeouts -i inventories/lab.yaml'

test('a plan shows what was seen, what changes and how often', async () => {
  const text = planText(samplePlan, { style: plainStyle, detail: 'changes', next })
  await expect(text).toMatchFileSnapshot('golden/plan.txt')
})

test('with everything, steps without need are shown as well', async () => {
  await expect(planText(samplePlan, { style: plainStyle, detail: 'everything' })).toMatchFileSnapshot(
    'golden/plan-everything.txt',
  )
})

test('colours only add escapes to the same text', () => {
  const look = { detail: 'everything', next } as const
  const coloured = planText(samplePlan, { style: ansiStyle, ...look })
  expect(coloured).toContain('\u001b[32m+ETCD_ELECTION_TIMEOUT=5000')
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(planText(samplePlan, { style: plainStyle, ...look }))
})

test('facts and batches are wrapped at 80 columns', () => {
  const hosts = Array.from({ length: 40 }, (_, index) => hostName(`member-${index}`))
  const facts = Object.fromEntries(
    hosts.map((host) => [host, { settings: { election_ms: 1000, file: '/etc/default/etcd' } }]),
  )
  const plan: Plan = {
    ...samplePlan,
    facts,
    guards: [],
    stages: [{ name: 'All', batches: hosts.map((host) => [host]), steps: [] }],
  }
  const lines = planText(plan, { style: plainStyle, detail: 'everything' }).split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(lines.join('\n')).toContain('member-39')
})

test.each(HOSTILE.map((text) => [JSON.stringify(text), text] as const))(
  '%s in any place of a plan is escaped',
  (_, bad) => {
    const evil = change({
      summary: bad,
      details: [
        { kind: 'diff', diff: bad },
        { kind: 'command', command: bad },
        { kind: 'value', name: bad, before: bad, after: bad },
        { kind: 'note', text: bad },
      ],
      reversible: false,
      irreversibleBecause: bad,
    })
    const plan: Plan = {
      ...samplePlan,
      runbook: { name: bad, file: bad, sha256: '' },
      params: [{ name: bad, value: bad, origin: bad, host: hostName(bad) }],
      facts: { [bad]: { [bad]: { [bad]: bad, list: [bad] } } },
      guards: [step(bad, bad, { kind: 'blocked', message: bad, hint: bad, detail: bad }, { name: bad })],
      measures: [
        {
          measure: bad,
          host: hostName(bad),
          phase: 'before',
          value: 1,
          unit: bad,
          note: bad,
          target: bad,
          verdict: 'pass',
        },
      ],
      stages: [
        {
          name: bad,
          batches: [[hostName(bad)], [hostName(bad)]],
          steps: [
            step(bad, bad, { kind: 'change', change: evil }, { name: bad }),
            step(bad, bad, { kind: 'noop', summary: bad }),
            step(bad, bad, { kind: 'skipped', reason: bad }),
          ],
        },
      ],
    }
    expect(isSafe(planText(plan, { style: plainStyle, detail: 'everything' }))).toBe(true)
  },
)
