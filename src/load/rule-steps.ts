import { isObject } from '../model/json.ts'
import { effectOf } from '../model/module.ts'
import type { Bindable } from '../model/runbook.ts'
import type { Found, LintRule, LintStep } from './lint-rule.ts'
import {
  childOf,
  itemsOf,
  membersOf,
  spanOf,
  textOf,
  toJson,
  writtenOf,
  type YamlNode,
  type YamlScalar,
} from './yaml-node.ts'

/** What a step without effect, without a way back, or without a look beforehand is told. */
export const STEP_RULES: readonly LintRule[] = [
  {
    id: 'shell-without-check',
    severity: 'warning',
    title: 'a free command does not say when it is already done',
    why: 'The plan cannot know whether a free command is needed, so it is shown as a change and run every time. Give it `check` (exit 0: done, 1: not yet) or `creates`; when it only looks, `read_only: true`. A step with `when_changed` is not meant: it follows a change.',
    wrong: 'steps:\n  - shell: {script: "swapoff -a"}\n    undo: {shell: {script: "swapon -a"}}\n',
    right:
      'steps:\n  - shell: {script: "swapoff -a", check: "test -z \\"$(swapon --noheadings)\\""}\n    undo: {shell: {script: "swapon -a"}}\n',
    needs: 'text',
    find: ({ steps }) =>
      steps.filter(isUnchecked).map((one) => ({
        ...atModule(one, uncheckedWords(one)),
        hint: 'check: ..., creates: /path, or read_only: true',
      })),
  },
  {
    id: 'change-without-undo',
    severity: 'warning',
    title: 'a change that can neither be undone nor says so',
    why: 'A run that fails can only be rolled back over steps that have an inverse. Declare one with `undo`, or say `irreversible: true`: then the plan shows it and apply asks for it.',
    wrong: 'steps:\n  - command: {argv: [touch, /etc/maintenance], creates: /etc/maintenance}\n',
    right:
      'steps:\n  - command: {argv: [touch, /etc/maintenance], creates: /etc/maintenance}\n    undo: {command: {argv: [rm, /etc/maintenance]}}\n',
    needs: 'text',
    find: ({ steps }) =>
      steps
        .filter((one) => changes(one) && !one.step.module.revert && !one.step.undo && !one.step.irreversible)
        .map((one) => ({
          ...atModule(one, `${one.step.module.name} has no inverse, and this step declares none`),
          hint: 'undo: {MODULE: ...}, or irreversible: true',
        })),
  },
  {
    id: 'unreachable-step',
    severity: 'warning',
    title: 'a step that never runs',
    why: 'Its `when` is false on every host. A step that is switched off is soon forgotten, and what follows it with `when_changed` never runs either: delete it, or make a parameter of the condition.',
    wrong: 'steps:\n  - file: {path: /etc/motd, content: hello}\n    when: false\n',
    right:
      'params:\n  greet: {type: boolean, default: false, description: write a greeting}\nsteps:\n  - file: {path: /etc/motd, content: hello}\n    when: greet\n',
    needs: 'sound',
    find: ({ steps }) =>
      steps
        .filter(isOff)
        .map((one) => inStep(one, spanOf(childOf(one.node, 'when') ?? one.node), 'this step never runs')),
  },
  {
    id: 'constant-condition',
    severity: 'warning',
    title: 'a condition that is always true',
    why: 'A `when` or a guard that looks at nothing guards nothing. Most often a name was put in quotes, or a comparison was left out.',
    wrong: 'guards:\n  - assert: {that: "1 < 2", message: never}\n',
    right:
      'params:\n  n: {type: integer, default: 1, description: how many}\nguards:\n  - assert: {that: "n < 2", message: "{{ n }} is too many"}\n',
    needs: 'sound',
    find: ({ steps }) => steps.flatMap(alwaysTrue),
  },
  {
    id: 'target-without-value',
    severity: 'warning',
    title: 'a target that does not look at what was measured',
    why: 'The target of a measure decides whether the run helped. One that does not name `value` says the same before and after.',
    wrong:
      'params:\n  most: {type: integer, default: 5, description: files}\nmeasure:\n  files: {shell: {script: "ls | wc -l", read_only: true, parse: json}, unit: files, target: "most < 10"}\n',
    right:
      'params:\n  most: {type: integer, default: 5, description: files}\nmeasure:\n  files: {shell: {script: "ls | wc -l", read_only: true, parse: json}, unit: files, target: "value < most"}\n',
    needs: 'text',
    find: ({ runbook }) =>
      runbook.measures.flatMap(({ name, read, target }) =>
        target && !read.include && !target.names.includes('value')
          ? [{ at: target.at, message: `the target of ${name} does not look at its value`, hint: 'value < 10' }]
          : [],
      ),
  },
  {
    id: 'when-changed-never',
    severity: 'warning',
    title: 'a step that waits for a change that cannot come',
    why: 'Every step that it names in `when_changed` only looks, or never runs. Name the step that makes the change.',
    wrong:
      'steps:\n  - id: look\n    command: {argv: [uname, -r], read_only: true}\n  - service: {unit: cron.service, state: restarted}\n    when_changed: look\n',
    right:
      'steps:\n  - id: motd\n    file: {path: /etc/motd, content: hello}\n  - service: {unit: cron.service, state: restarted}\n    when_changed: motd\n',
    needs: 'sound',
    find: ({ steps }) => steps.filter((one) => waitsForNothing(one, steps)).map(neverChanged),
  },
  {
    id: 'unquoted-mode',
    severity: 'warning',
    title: 'a file mode that YAML reads as a decimal number',
    why: 'In YAML 1.2 `0644` is the number six hundred and forty-four, and in YAML 1.1 it was 420. Quote it: "0644".',
    wrong: 'vars:\n  mode: 0640\nsteps:\n  - file: {path: /etc/motd, content: "{{ mode }}"}\n',
    right: 'vars:\n  mode: "0640"\nsteps:\n  - file: {path: /etc/motd, content: "{{ mode }}"}\n',
    needs: 'text',
    find: ({ root }) => modesIn(root),
  },
]

const FREE: readonly string[] = ['shell', 'command']

function changes({ step, args, part }: LintStep): boolean {
  const written = toJson(args)
  return part === 'stage' && effectOf(step.module, isObject(written) ? written : {}) === 'changes'
}

const isUnchecked = (one: LintStep): boolean =>
  FREE.includes(one.step.module.name) &&
  changes(one) &&
  one.step.whenChanged.length === 0 &&
  !childOf(one.args, 'check') &&
  !childOf(one.args, 'creates')

const uncheckedWords = ({ step }: LintStep): string =>
  `this ${step.module.name} has neither check nor creates: it runs every time`

const constantOf = (condition: Bindable<boolean> | undefined): boolean | undefined => {
  if (!condition || condition.names.length > 0) return undefined
  const found = condition.bind({})
  return found.ok ? found.value : undefined
}

const isOff = ({ step }: LintStep): boolean => constantOf(step.when) === false

function alwaysTrue(one: LintStep): readonly Found[] {
  const { step, node, args } = one
  const when = childOf(node, 'when')
  const that = childOf(args, 'that')
  return [
    ...(when && constantOf(step.when) === true ? [inStep(one, spanOf(when), 'this condition is always true')] : []),
    ...(that && step.module.name === 'assert' && isTrueAssert(one)
      ? [inStep(one, spanOf(that), 'this holds whatever the hosts are like: it guards nothing')]
      : []),
  ]
}

/** Its message may hold templates; its condition decides. */
function isTrueAssert({ step, args }: LintStep): boolean {
  if (step.args.names.length > 0) return false
  const found = step.args.bind({})
  return found.ok && found.value.that === true && textOf(childOf(args, 'that')) !== undefined
}

function waitsForNothing({ step }: LintStep, steps: readonly LintStep[]): boolean {
  const followed = steps.filter((other) => step.whenChanged.includes(other.step.id))
  return followed.length > 0 && followed.every((other) => !changes(other) || isOff(other))
}

const neverChanged = (one: LintStep): Found =>
  inStep(
    one,
    spanOf(childOf(one.node, 'when_changed') ?? one.node),
    `${one.step.whenChanged.join(', ')} never changes anything: this step never runs`,
  )

const inStep = ({ step }: LintStep, at: Found['at'], message: string): Found => ({ at, message, line: step.at.line })

const atModule = (one: LintStep, message: string): Found =>
  inStep(one, spanOf(membersOf(one.node).find(({ key }) => key === one.step.module.name) ?? one.node), message)

function modesIn(node: YamlNode, key = ''): readonly Found[] {
  if (node.kind === 'list') return itemsOf(node).flatMap((item) => modesIn(item))
  if (node.kind === 'map') return node.members.flatMap((member) => modesIn(member.value, member.key))
  return isMode(node, key)
    ? [
        {
          at: spanOf(node),
          message: `${writtenOf(node)} is the decimal number ${node.value}, not a mode`,
          hint: `quote it: "${writtenOf(node)}"`,
        },
      ]
    : []
}

/** Three digits are a mode only where the key says so. */
const isMode = (node: YamlScalar, key: string): boolean =>
  typeof node.value === 'number' &&
  (/^0[0-7]{3,4}$/.test(writtenOf(node)) || (/(?:^|_)(?:mode|umask)$/.test(key) && /^[0-7]{3}$/.test(writtenOf(node))))
