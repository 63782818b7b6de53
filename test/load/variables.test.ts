import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadInventory } from '../../src/load/inventory.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { resolveVariables } from '../../src/load/variables.ts'
import { hostName } from '../../src/model/id.ts'
import { unwrap } from '../../src/model/problem.ts'
import { testModules } from './modules-for-tests.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const RUNBOOK = `name: tune
summary: Tune
hosts: etcd
params:
  heartbeat_ms: {type: integer, minimum: 50, default: 100, description: the heartbeat}
  election_ms: {type: integer, maximum: 50000, description: the election timeout}
  label: {type: string, default: none, description: a label}
  ratio: {type: number, default: 1, description: a ratio}
  force: {type: boolean, default: false, description: do it}
  peers: {type: array, items: {type: string}, default: [], description: the peers}
  limits: {type: object, default: {}, description: the limits}
steps:
  - file: {path: /a}
`
const HOSTS = `etcd:
  hosts:
    e1: {election_ms: 1000, rack: r1}
    e2: {rack: r2, ansible_password: hunter2}
  vars: {election_ms: 5000, ansible_become_password: hunter3, label: from group}
`

interface Given {
  readonly set?: readonly string[]
  readonly varsFile?: string
  readonly hosts?: string
}

function resolve({ set = [], varsFile, hosts = HOSTS }: Given = {}) {
  const folder = writeFiles({ 'h.yaml': hosts, ...(varsFile === undefined ? {} : { 'v.yaml': varsFile }) })
  const file = join(folder, 'h.yaml')
  const inventory = unwrap(loadInventory([file]))
  const runbook = unwrap(loadRunbook({ file: 'tune.yaml', text: RUNBOOK, modules: testModules }))
  const varsFiles = varsFile === undefined ? [] : [join(folder, 'v.yaml')]
  const resolved = resolveVariables({ runbook, inventory, hosts: [...inventory.hosts.keys()], varsFiles, set })
  return { resolved, folder }
}

const hostOf = (given: Given, name: string) => unwrap(resolve(given).resolved).hosts.get(hostName(name))

const problems = (given: Given): string => {
  const { resolved, folder } = resolve(given)
  return resolved.ok ? '' : problemText(resolved.problems).replaceAll(`${folder}/`, '')
}

describe('four levels, the later winning', () => {
  it('default < inventory < --vars-file < --set', () => {
    const params = hostOf({ varsFile: 'ratio: 2.5\nlabel: from file\n', set: ['label=from set'] }, 'e1')?.params
    expect(params).toEqual({
      ...{ heartbeat_ms: 100, election_ms: 1000, label: 'from set', ratio: 2.5, force: false, peers: [], limits: {} },
    })
  })

  it('each value knows where it comes from and what it overrode', () => {
    const { resolved, folder } = resolve({ varsFile: 'label: from file\n', set: ['label=from set'] })
    const label = unwrap(resolved).hosts.get(hostName('e1'))?.all.get('label')
    expect(
      [label?.origin, ...(label?.overrode ?? []).map(({ origin }) => origin)].map((origin) => origin?.text),
    ).toEqual([
      ...[
        '--set',
        `--vars-file (${folder}/v.yaml:1:1)`,
        `group etcd (${folder}/h.yaml:5:63)`,
        'default of the runbook',
      ],
    ])
  })

  it('a parameter is told once, or once per host where hosts differ', () => {
    const { params } = unwrap(resolve().resolved)
    expect(params.filter(({ name }) => name === 'heartbeat_ms')).toHaveLength(1)
    expect(params.filter(({ name }) => name === 'election_ms').map(({ host, value }) => [host, value])).toEqual([
      ['e1', 1000],
      ['e2', 5000],
    ])
  })

  it('variables hold the inventory’s, inventory_hostname and group_names, and no passwords', () => {
    const e2 = hostOf({}, 'e2')
    expect(e2?.variables).toEqual({ rack: 'r2', inventory_hostname: 'e2', group_names: ['etcd'] })
    expect(JSON.stringify([e2?.variables, e2?.params, [...(e2?.all ?? [])]])).not.toContain('hunter')
  })
})

describe('--set is read by the type that the parameter declares', () => {
  it.each([
    ['heartbeat_ms=250', 'heartbeat_ms', 250],
    ['label=0644', 'label', '0644'],
    ['label=a=b', 'label', 'a=b'],
    ['label=', 'label', ''],
    ['ratio=1.5e1', 'ratio', 15],
    ['force=true', 'force', true],
    ['peers=[a, "b c"]', 'peers', ['a', 'b c']],
    ['limits={"a": 1}', 'limits', { a: 1 }],
  ])('%s', (option, name, value) => {
    expect(hostOf({ set: [option] }, 'e1')?.params[name]).toEqual(value)
  })

  it('a variable of the inventory can be set too', () => {
    expect(hostOf({ set: ['rack=r9'] }, 'e1')?.variables.rack).toBe('r9')
  })

  it.each([
    ['heartbeat_ms=x', 'heartbeat_ms must be a whole number, not "x"'],
    ['heartbeat_ms=1.5', 'heartbeat_ms must be a whole number, not "1.5"'],
    ['heartbeat_ms=99999999999999999999', 'must be a whole number'],
    ['force=yes', 'force must be true or false, not "yes"'],
    ['heartbeat_ms=10', 'heartbeat_ms must be at least 50, not 10, from --set'],
    ['peers=[1]', 'peers: [0] must be text, not the number 1, from --set'],
    ['peers=[', '--set peers: a bracket is not closed'],
    ['hearbeat_ms=100', 'there is no parameter hearbeat_ms\n    did you mean heartbeat_ms?'],
    ['heartbeat_ms', '--set heartbeat_ms has no value'],
  ])('%s is refused', (option, said) => {
    expect(problems({ set: [option] })).toContain(said)
  })
})

describe('a parameter that is wrong or missing', () => {
  it('names where the value was written', () => {
    expect(problems({ hosts: 'etcd:\n  hosts:\n    e1: {election_ms: "500"}\n    e2: {election_ms: 60000}\n' })).toBe(
      [
        'parameter: e1: election_ms must be a whole number, not "500", from host e1 (h.yaml:3:10)',
        '    election_ms: the election timeout, line 6 of tune.yaml',
        'parameter: e2: election_ms must be at most 50000, not 60000, from host e2 (h.yaml:4:10)',
        '    election_ms: the election timeout, line 6 of tune.yaml',
        '',
      ].join('\n'),
    )
  })

  it('is told once for all hosts', () => {
    expect(problems({ hosts: 'etcd: {hosts: {"e[1:50]": }}\n' })).toBe(
      '6:3+11 parameter: the parameter election_ms has no value\n    give it: --set election_ms=..., or in the inventory (the election timeout)\n',
    )
  })

  it('is told once with a count when some hosts lack it', () => {
    const hosts = 'etcd: {hosts: {"e[1:5]": }}\nok: {hosts: {x: {election_ms: 1}}}\n'
    expect(problems({ hosts })).toContain('e1: the parameter election_ms has no value (and on 4 more)')
  })
})

describe('a file of variables', () => {
  it('must be a mapping in YAML 1.2', () => {
    expect(problems({ varsFile: '- 1\n' })).toContain('must be a mapping of variables')
    expect(problems({ varsFile: 'a: 1\na: 2\n' })).toContain('the key a is here twice')
    expect(hostOf({ varsFile: 'label: no\n' }, 'e1')?.params.label).toBe('no')
  })
})
