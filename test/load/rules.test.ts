import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { lintRunbook } from '../../src/load/lint.ts'
import { RULE_PAGES } from '../../src/load/rules.ts'
import { compileRunbook } from '../../src/load/runbook.ts'
import type { Problem } from '../../src/model/problem.ts'
import { createModules } from '../../src/modules/index.ts'
import { problemsText } from '../../src/report/problem-text.ts'
import { ruleMarkdown } from '../../src/report/rule-text.ts'
import { plainStyle } from '../../src/report/style.ts'

const INVENTORY = new Set(['etcd_data_dir'])

const textOf = (body: string): string => `name: example\nsummary: An example\nhosts: all\n${body}`

/** Everything said of a runbook: its errors, and what breaks rules. */
function saidOf(body: string, file = 'runbooks/example.yaml'): readonly Problem[] {
  const text = textOf(body)
  const compiled = compileRunbook({ file, text, modules: createModules(), inventoryNames: INVENTORY })
  return compiled.ok ? [...compiled.value.problems, ...lintRunbook(compiled.value, INVENTORY)] : compiled.problems
}

const idsOf = (problems: readonly Problem[]): readonly string[] => problems.map(({ kind, rule }) => rule ?? kind)

/** These break their rule outside of the runbook's own text. */
const ELSEWHERE: Readonly<Record<string, string>> = { 'name-differs': 'runbooks/another.yaml' }
const OF_A_CALL: readonly string[] = ['inventory-slip', 'unused-vars-file-name', 'parameter', 'no-hosts']

const pages = RULE_PAGES.filter(({ id }) => !OF_A_CALL.includes(id))

describe('the example of each rule', () => {
  it.each(pages.map((page) => [page.id, page] as const))('%s: the wrong one breaks it', async (id, { wrong }) => {
    const said = saidOf(wrong, ELSEWHERE[id])
    expect(idsOf(said)).toContain(id)
    const look = { style: plainStyle, sourceOf: () => textOf(wrong) }
    await expect(problemsText(said, look)).toMatchFileSnapshot(path.join(process.cwd(), `test/bad/rules/${id}.txt`))
  })

  it.each(pages.map((page) => [page.id, page] as const))('%s: the right one breaks nothing', (_, { right }) => {
    expect(saidOf(right)).toEqual([])
  })
})

test.each(RULE_PAGES.map((page) => [page.id, page] as const))('docs/rules/%s.md is its page', async (id, page) => {
  await expect(ruleMarkdown(page)).toMatchFileSnapshot(path.join(process.cwd(), `docs/rules/${id}.md`))
})

test('docs/rules holds pages of rules that exist, and no others', () => {
  const ids = readdirSync('docs/rules').map((name) => name.replace(/\.md$/, ''))
  expect(ids.filter((id) => id !== 'README').toSorted()).toEqual(RULE_PAGES.map(({ id }) => id))
})

test('an id is a word in kebab-case, and no two rules have the same', () => {
  const ids = RULE_PAGES.map(({ id }) => id)
  expect(ids.filter((id) => !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(id))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
})

describe('a waiver', () => {
  const RISKY = (first: string, above = ''): string =>
    `steps:\n${above}  - name: Kill it${first}\n    shell:\n      check: test -e /run/done\n      script: |\n        kill -9 1\n    irreversible: true\n`

  it.each([
    ['on the line above the step', RISKY('', '  # runbook: allow kill-9 because it hangs\n')],
    ['on the line of the step', RISKY('  # runbook: allow kill-9 because it hangs')],
    ['above, with other comments between', RISKY('', '  # runbook: allow kill-9 because it hangs\n\n  # really\n')],
    ['on the very line', RISKY('').replace('kill -9 1', 'kill -9 1  # runbook: allow kill-9 because it hangs')],
  ])('holds %s', (_, body) => {
    expect(saidOf(body)).toEqual([])
  })

  it('holds for its own step only', () => {
    const two = `${RISKY('', '  # runbook: allow kill-9 because it hangs\n')}${RISKY('').replace('steps:\n', '')}`
    expect(idsOf(saidOf(two))).toEqual(['kill-9'])
  })

  it('without a reason does not hold, and says so', () => {
    expect(idsOf(saidOf(RISKY('  # runbook: allow kill-9')))).toEqual(['waiver-without-reason', 'kill-9'])
  })

  it('in quotes is no comment', () => {
    const said = saidOf(RISKY('').replace('Kill it', '"Kill # runbook: allow kill-9 because of it"'))
    expect(idsOf(said)).toEqual(['kill-9'])
  })

  it('cannot allow an error', () => {
    const body = 'steps:\n  # runbook: allow schema because I say so\n  - file: {path: /x, content: y, z: 1}\n'
    expect(idsOf(saidOf(body))).toEqual(['schema', 'waiver-unknown-rule'])
  })

  it('of a rule that an error kept from looking is not called unused', () => {
    const body =
      'params:\n  # runbook: allow unused-parameter because it comes later\n  n: {type: integer, description: x}\nsteps:\n  - fil: {}\n'
    expect(idsOf(saidOf(body))).toEqual(['reference'])
  })
})

describe('risky commands are found where a shell would run them', () => {
  const inScript = (script: string): readonly string[] =>
    idsOf(
      saidOf(
        `steps:\n  - shell:\n      check: test -e /run/done\n      script: |\n        ${script}\n    irreversible: true\n`,
      ),
    )

  it.each([
    ['sudo -n kill -9 1', ['kill-9']],
    ['true && /bin/kill -KILL 1', ['kill-9']],
    ['pkill -9 etcd', ['kill-9']],
    ['if pkill -s KILL x; then true; fi', ['kill-9']],
    ['echo kill -9 1', []],
    ['# kill -9 1', []],
    ['kill 19 -- -9x', []],
    ['rm -rf /var/lib/etcd', []],
    ['rm -r -f "$DIR"/x', ['rm-of-variable']],
    ['rm -f "$FILE"', []],
    ['iptables -A INPUT -j ACCEPT', []],
    ['iptables -t nat -F', ['firewall-off']],
    ['nft flush ruleset', ['firewall-off']],
    ['systemctl stop firewalld', ['firewall-off']],
    ['mkfs.xfs -f /dev/vdb; dd if=x of=/dev/vdb', ['disk-format', 'disk-overwrite']],
    ['dd if=/dev/vdb of=/dev/null bs=4k', []],
    ['docker rm -f etcd', ['container-kill']],
    ['virsh -c qemu:///system destroy node1', ['vm-destroy']],
    ['systemctl --no-block stop kubelet', ['quorum-service-stop']],
    ['kubectl -n kube-system delete pod x --grace-period=0', ['kubectl-force']],
    ['etcdctl del --prefix /x', ['etcd-member-remove']],
  ])('%s', (script, ids) => {
    expect(inScript(script)).toEqual(ids)
  })

  it('also in argument lists, checks and undo', () => {
    const body =
      'steps:\n  - command: {argv: [sh, -c, "kill -9 1"], check: "reboot"}\n    undo: {shell: {script: "virsh destroy x"}}\n'
    expect(idsOf(saidOf(body)).toSorted()).toEqual(['host-restart', 'kill-9', 'vm-destroy'])
  })

  it('a restart of etcd is fine behind a gate', () => {
    const step = 'steps:\n  - service: {unit: etcd.service, state: restarted}\n'
    expect(idsOf(saidOf(step))).toEqual(['quorum-service-stop'])
    expect(saidOf(`rolling: {batch: 1, gate: [{etcd_healthy: {}}]}\n${step}`)).toEqual([])
  })
})

describe('expressions are checked against the types of parameters', () => {
  const withWhen = (when: string): readonly string[] =>
    saidOf(
      `params:\n  n: {type: integer, default: 1, description: x}\n  x: {type: number, default: 1, description: x}\n  s: {type: string, default: a, description: x}\n  b: {type: boolean, default: true, description: x}\n  l: {type: array, default: [], description: x}\nvars:\n  more: {expr: "n > 1"}\nsteps:\n  - file: {path: "{{ s }}{{ x }}{{ b }}{{ json l }}{{ more }}", content: y}\n    when: ${JSON.stringify(when)}\n`,
    ).map(({ at, message }) => `${at?.line}:${at?.column} ${message}`)

  it.each([
    'n > 2.5',
    'n < x',
    'x == 1',
    's == "a" && b',
    'l.exists(s, s > 1)',
    'more || n == 1',
    's != null',
    'null == n',
    'other == 1',
  ])('%s fits', (when) => {
    expect(withWhen(when).filter((said) => !said.includes('no variable other'))).toEqual([])
  })

  it('a mistake is told at its place', () => {
    expect(withWhen('b && n == "1"')).toEqual(['14:17 these do not go together: int == string'])
    expect(withWhen('s')).toEqual(['14:11 `s` is of type string, where true or false is wanted'])
    expect(withWhen('more == 1')[0]).toContain('bool == int')
  })
})
