import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadRunbook } from '../../src/load/runbook.ts'
import { isObject, type Json } from '../../src/model/json.ts'
import { unwrap } from '../../src/model/problem.ts'
import type { Runbook, Scope } from '../../src/model/runbook.ts'
import { testModules } from './modules-for-tests.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const TUNE = `name: etcd-tune-timeouts
summary: Raise the timeouts
description: |
  Why it helps.
symptoms: ["failed to send out heartbeat on time"]
hosts: etcd
become: true
params:
  heartbeat_ms: {type: integer, minimum: 1, default: 500, unit: ms, description: about the largest RTT}
  election_ms: {type: integer, maximum: 50000, description: the election timeout}
facts:
  - settings: {}
    as: settings
vars:
  raising: {expr: "election_ms > settings.election_ms"}
  label: "raise to {{ election_ms }} ms"
  fixed: [1, "{{ heartbeat_ms }}", {deep: "{{ settings.file }}"}]
guards:
  - name: Election timeout is at least five heartbeats
    assert: {that: "election_ms >= 5 * heartbeat_ms", message: "{{ election_ms }} ms is too short"}
measure:
  changes: {settings: {}, unit: 1/h, target: "value < 1 && (before == null || value <= before)", description: elections}
rolling: {batch: [1, 25%], order_by: "settings.leader", gate: [{assert: {that: "true"}}], soak: 60s, max_failed: 1}
on_failure: rollback_run
stages:
  - name: Election timeout on every member
    hosts: etcd:!e9
    steps:
      - id: election
        name: Set the election timeout
        env_file: {path: "{{ settings.file }}", set: {ETCD_ELECTION_TIMEOUT: "{{ election_ms }}"}}
        when: "raising && settings.source == 'file'"
        as: changed
      - name: Restart the member
        service: {unit: "{{ settings.unit }}", state: restarted}
        when_changed: election
        become: false
        before_undo: true
        commit: true
  - name: Check
    rolling: {batch: 50%}
    steps:
      - shell: {script: "check {{ settings.unit }}"}
        run_once: true
        irreversible: true
        retry: {times: 3, every: 1.5s}
        timeout: 2m
        when_changed: [election, s1-2-restart-the-member]
        undo: {shell: {script: "undo {{ settings.unit }}"}}
`

const load = (text: string, file = 'runbooks/etcd-tune-timeouts.yaml'): Runbook =>
  unwrap(loadRunbook({ file, text, modules: testModules }))

const SCOPE: Scope = {
  election_ms: 5000,
  heartbeat_ms: 500,
  settings: { file: '/etc/default/etcd', unit: 'etcd', election_ms: 1000, source: 'file', leader: false },
  raising: true,
}

const tune = load(TUNE)
const [first, second] = tune.stages

describe('a runbook is compiled', () => {
  it('with what is said of it as a whole', () => {
    expect(tune).toMatchObject({
      name: 'etcd-tune-timeouts',
      description: 'Why it helps.\n',
      symptoms: ['failed to send out heartbeat on time'],
      hosts: 'etcd',
      become: true,
      onFailure: 'rollback_run',
      text: TUNE,
    })
    expect(tune.notes).toBeUndefined()
  })

  it('with parameters as JSON Schema', () => {
    expect(tune.params[0]).toMatchObject({
      name: 'heartbeat_ms',
      schema: { type: 'integer', minimum: 1 },
      default: 500,
      unit: 'ms',
      description: 'about the largest RTT',
      at: { line: 9, column: 3, length: 12 },
    })
    expect(tune.params[1]).not.toHaveProperty('default')
  })

  it('with everything that a step may say', () => {
    expect(first?.steps[0]).toMatchObject({
      id: 'election',
      name: 'Set the election timeout',
      as: 'changed',
      runOnce: false,
    })
    expect(first?.steps[1]).toMatchObject({
      id: 's1-2-restart-the-member',
      whenChanged: ['election'],
      become: false,
      beforeUndo: true,
      commit: true,
    })
    expect(second?.steps[0]).toMatchObject({
      id: 's2-1-shell',
      name: 'shell',
      whenChanged: ['election', 's1-2-restart-the-member'],
      runOnce: true,
      irreversible: true,
      retry: { times: 3, everyMs: 1500 },
      timeoutMs: 120_000,
    })
    expect(first?.steps[0]?.at).toMatchObject({ file: 'runbooks/etcd-tune-timeouts.yaml', line: 29, column: 9 })
  })

  it('with rolling rules of which a stage replaces its own', () => {
    expect(first).toMatchObject({ hosts: 'etcd:!e9', rolling: { batch: [1, '25%'], maxFailed: 1 } })
    expect(second?.rolling).toMatchObject({ batch: ['50%'], maxFailed: 1 })
    expect(second?.rolling.gate.map(({ id }) => id)).toEqual(['s2-gate-1-assert'])
    expect(second?.rolling.orderBy?.bind(SCOPE)).toEqual({ ok: true, value: false })
    expect(second?.rolling.soak.bind(SCOPE)).toEqual({ ok: true, value: 60_000 })
  })

  it('with steps at the top as one stage, all hosts at once', () => {
    const { stages } = load('name: x\nsummary: One stage\nhosts: all\nsteps:\n  - file: {path: /a}\n')
    expect(stages).toMatchObject([{ name: 'One stage', rolling: { batch: ['100%'], gate: [], maxFailed: 0 } }])
  })
})

describe('bound to a host’s values', () => {
  it('arguments are rendered, and a value alone keeps its type', () => {
    expect(first?.steps[0]?.args.bind(SCOPE)).toEqual({
      ok: true,
      value: { path: '/etc/default/etcd', set: { ETCD_ELECTION_TIMEOUT: 5000 } },
    })
  })

  it('conditions are evaluated, also within arguments', () => {
    expect(first?.steps[0]?.when?.bind(SCOPE)).toEqual({ ok: true, value: true })
    expect(tune.guards[0]?.args.bind(SCOPE)).toEqual({
      ok: true,
      value: { that: true, message: '5000 ms is too short' },
    })
  })

  it('vars are expressions, templates, and values with templates in them', () => {
    const values = tune.vars.map(({ name, value }): [string, Json] => [name, unwrap(value.bind(SCOPE))])
    expect(Object.fromEntries(values)).toEqual({
      raising: true,
      label: 'raise to 5000 ms',
      fixed: [1, 500, { deep: '/etc/default/etcd' }],
    })
  })

  it('targets see the value and the one before', () => {
    const target = tune.measures[0]?.target
    expect([target?.bind({ value: 0, before: null }), target?.bind({ value: 0.5, before: 0.2 })]).toEqual([
      { ok: true, value: true },
      { ok: true, value: false },
    ])
  })

  it('shell text has its values quoted, in undo too', () => {
    const scope = { ...SCOPE, settings: { unit: 'a; b' } }
    expect(second?.steps[0]?.args.bind(scope)).toEqual({ ok: true, value: { script: "check 'a; b'" } })
    expect(second?.steps[0]?.undo?.args.bind(scope)).toEqual({ ok: true, value: { script: "undo 'a; b'" } })
  })

  it('each says which names it needs', () => {
    expect(first?.steps[0]?.args.names).toEqual(['settings', 'election_ms'])
    expect(first?.steps[0]?.when?.names).toEqual(['raising', 'settings'])
    expect(second?.steps[0]?.undo?.args.names).toEqual(['settings'])
  })

  const told = (scope: Scope): string => {
    const bound = first?.steps[0]?.args.bind(scope)
    return bound && !bound.ok ? problemText(bound.problems) : ''
  }

  it('what is missing is told with the place that needs it', () => {
    expect(told({ settings: { fill: '/a' } })).toBe(
      '31:30+13 reference: settings has no member file\n    did you mean fill?\n' +
        '31:82+11 reference: there is no variable election_ms\n    there are: settings\n',
    )
  })

  it('values that do not fit the module are told with the place of the template', () => {
    expect(told({ ...SCOPE, settings: { file: ['/a'] } })).toBe(
      '31:26+21 schema: env_file: path must be text, not a list\n',
    )
  })

  it('a number becomes text where only text is taken', () => {
    const scope = { ...SCOPE, settings: { file: 5 } }
    expect(first?.steps[0]?.args.bind(scope)).toMatchObject({ ok: true, value: { path: '5' } })
  })

  it('a value that looks like a template stays text', () => {
    const scope = { ...SCOPE, settings: { file: '/{{ election_ms }}' } }
    expect(first?.steps[0]?.args.bind(scope)).toMatchObject({ ok: true, value: { path: '/{{ election_ms }}' } })
  })
})

describe('names', () => {
  const step = (body: string): string => `name: x\nsummary: x\nhosts: all\nsteps:\n  - ${body}\n`
  const loaded = (text: string, inventoryNames?: ReadonlySet<string>) =>
    loadRunbook({ file: 'x.yaml', text, modules: testModules, ...(inventoryNames ? { inventoryNames } : {}) })

  it('that the runbook does not declare may be the inventory’s, and are looked for when bound', () => {
    const text = step('file: {path: "{{ data_dir }}"}')
    const runbook = unwrap(loaded(text))
    expect(runbook.stages[0]?.steps[0]?.args.bind({ data_dir: '/d' })).toMatchObject({ ok: true })
    expect(loaded(text, new Set(['data_dir'])).ok).toBe(true)
    expect(loaded(text, new Set(['data_dirs'])).ok).toBe(false)
  })

  it('of every host are known', () => {
    const text = step(
      'file: {path: "{{ inventory_hostname }}"}\n    when: "size(hosts) > 1 && \'etcd\' in group_names && params.x"',
    )
    expect(loaded(text, new Set()).ok).toBe(true)
  })

  it('are outputs of earlier steps, in later ones and in their gates', () => {
    const text = `name: x\nsummary: x\nhosts: all\nstages:
  - {name: a, steps: [{settings: {}, as: found}, {file: {path: "{{ found.path }}"}}]}
  - {name: b, rolling: {gate: [{assert: {that: "found.ok"}}]}, steps: [{file: {path: /a}}]}\n`
    expect(loaded(text, new Set()).ok).toBe(true)
  })
})

describe('files beside the runbook', () => {
  const TEXT = `name: x\nsummary: x\nhosts: all\nsteps:
  - file: {path: /a, src: files/motd}
  - file: {path: /b, template: files/conf.tmpl}\n`

  const steps = (files: Readonly<Record<string, string | Uint8Array>>) => {
    const folder = writeFiles({ 'x.yaml': '', ...files })
    return { folder, loaded: loadRunbook({ file: join(folder, 'x.yaml'), text: TEXT, modules: testModules }) }
  }

  it('are read when the runbook is loaded and bound as content; templates are rendered', () => {
    const { loaded } = steps({ 'files/motd': 'hello {{ name }}\n', 'files/conf.tmpl': 'port={{ port }}\n' })
    const [motd, conf] = unwrap(loaded).stages[0]?.steps ?? []
    expect(motd?.args.bind({})).toEqual({ ok: true, value: { path: '/a', content: 'hello {{ name }}\n' } })
    expect(conf?.args.bind({ port: 80 })).toEqual({ ok: true, value: { path: '/b', content: 'port=80\n' } })
    expect(conf?.args.names).toEqual(['port'])
  })

  it('have their own places in problems', () => {
    const { folder, loaded } = steps({ 'files/motd': 'x', 'files/conf.tmpl': 'a=1\nb={{ c | d }}\n' })
    expect(loaded.ok).toBe(false)
    if (!loaded.ok)
      expect(loaded.problems[0].at).toEqual({ file: join(folder, 'files/conf.tmpl'), line: 2, column: 3, length: 11 })
  })

  it('must be UTF-8 text of at most 1 MiB', () => {
    const { loaded } = steps({
      'files/motd': new Uint8Array([0xff, 0xfe]),
      'files/conf.tmpl': 'x'.repeat(1024 * 1024 + 1),
    })
    expect(loaded.ok ? [] : loaded.problems.map(({ kind }) => kind)).toEqual(['io', 'io'])
  })
})

it('raw values in shell text are noted, and stop nothing', () => {
  const text = 'name: x\nsummary: x\nhosts: all\nsteps:\n  - shell: {script: "ls {{{ flags }}}"}\n'
  expect(problemText(load(text, 'x.yaml').notes ?? [])).toBe(
    '5:25+13 template: {{{ flags }}} goes into shell text without quotes\n    write {{ }} unless the value is shell text itself\n',
  )
})

it('steps whose module may change hosts are told by their arguments', () => {
  const shell = testModules.get('shell')
  const effectOf = (args: unknown) => (isObject(args) && args.script === 'look' ? 'reads' : 'changes')
  const modules = shell ? new Map([...testModules, ['shell', { ...shell, effectOf }]]) : testModules
  const loaded = (script: string) =>
    loadRunbook({
      file: 'x.yaml',
      modules,
      text: `name: x\nsummary: x\nhosts: all\nguards:\n  - shell: {script: ${script}}\n`,
    })
  expect([loaded('look').ok, loaded('touch').ok]).toEqual([true, false])
})

it('a name that is not that of the file is noted', () => {
  const text = 'name: x\nsummary: x\nhosts: all\nsteps:\n  - file: {path: /a}\n'
  expect(load(text, 'runbooks/y.yaml').notes?.[0]?.message).toBe('the name x differs from that of its file, y')
  expect(load(text, 'runbooks/x.runbook.yml').notes).toBeUndefined()
})
