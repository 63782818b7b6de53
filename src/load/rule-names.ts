import type { Bindable, Runbook, Step } from '../model/runbook.ts'
import type { Found, LintRule } from './lint-rule.ts'
import { childOf, memberOf, spanOf } from './yaml-node.ts'

/** Names that nobody uses, and names that hide others. */
export const NAME_RULES: readonly LintRule[] = [
  {
    id: 'unused-parameter',
    severity: 'warning',
    title: 'a parameter that nothing uses',
    why: 'Whoever sets it believes that it does something. Delete it, or use it; often its name is misspelt where it was meant.',
    wrong:
      'params:\n  size: {type: integer, default: 1, description: how large}\nsteps:\n  - file: {path: /etc/motd, content: hello}\n',
    right:
      'params:\n  size: {type: integer, default: 1, description: how large}\nsteps:\n  - file: {path: /etc/motd, content: "{{ size }}"}\n',
    needs: 'sound',
    find: ({ runbook }) => {
      const isUsed = usesOf(runbook)
      return runbook.params
        .filter(({ name }) => !isUsed(name))
        .map(({ name, at }) => ({ at, message: `nothing uses the parameter ${name}` }))
    },
  },
  {
    id: 'unused-variable',
    severity: 'warning',
    title: 'one of the vars that nothing uses',
    why: 'It is computed on every host for nothing, and misleads the reader. Delete it, or use it.',
    wrong: 'vars:\n  greeting: hello\nsteps:\n  - file: {path: /etc/motd, content: hello}\n',
    right: 'vars:\n  greeting: hello\nsteps:\n  - file: {path: /etc/motd, content: "{{ greeting }}"}\n',
    needs: 'sound',
    find: ({ runbook, root }) => {
      const isUsed = usesOf(runbook)
      return runbook.vars
        .filter(({ name }) => !isUsed(name))
        .map(({ name }) => ({ at: varSpan(root, name), message: `nothing uses the variable ${name}` }))
    },
  },
  {
    id: 'unused-output',
    severity: 'info',
    title: 'the output of a step that nothing uses',
    why: 'The name behind `as` is never read. For a fact that is a question asked of every host for nothing; it may be wanted for the report.',
    wrong: 'facts:\n  - gather: {}\n    as: host\nsteps:\n  - file: {path: /etc/motd, content: hello}\n',
    right: 'facts:\n  - gather: {}\n    as: host\nsteps:\n  - file: {path: /etc/motd, content: "{{ json host }}"}\n',
    needs: 'sound',
    find: ({ runbook, steps }) => {
      const isUsed = usesOf(runbook)
      return steps
        .filter(({ step }) => step.as !== undefined && !isUsed(step.as))
        .map(({ step, node }) => ({
          at: spanOf(childOf(node, 'as') ?? node),
          message: `nothing uses the output ${step.as}`,
          line: step.at.line,
        }))
    },
  },
  {
    id: 'hides-inventory-variable',
    severity: 'warning',
    title: 'a name of the runbook hides a variable of the inventory',
    why: 'The vars and outputs of a runbook stand above the inventory: the value that somebody wrote there for this host is not used, and nothing says so when running. Give it another name.',
    wrong:
      'vars:\n  etcd_data_dir: /var/lib/etcd\nsteps:\n  - file: {path: /etc/motd, content: "{{ etcd_data_dir }}"}\n',
    right: 'vars:\n  motd_dir: /var/lib/etcd\nsteps:\n  - file: {path: /etc/motd, content: "{{ motd_dir }}"}\n',
    needs: 'text',
    find: ({ runbook, root, steps, inventoryNames }) => [
      ...runbook.vars
        .filter(({ name }) => inventoryNames.has(name))
        .map(({ name }) => hides(name, varSpan(root, name), 'one of the vars')),
      ...steps
        .filter(({ step }) => step.as !== undefined && inventoryNames.has(step.as))
        .map(({ step, node }) => ({
          ...hides(step.as ?? '', spanOf(childOf(node, 'as') ?? node), `the output of step ${step.id}`),
          line: step.at.line,
        })),
    ],
  },
  {
    id: 'parameter-from-inventory',
    severity: 'info',
    title: 'the inventory gives a parameter its value',
    why: 'A variable of the inventory with the name of a parameter sets it: that is how hosts get values of their own. It is told because a variable that is there for another purpose does so as well. `runbook vars HOST NAME -r RUNBOOK` shows which value holds.',
    wrong:
      'params:\n  etcd_data_dir: {type: string, default: /var/lib/etcd, description: where}\nsteps:\n  - file: {path: /etc/motd, content: "{{ etcd_data_dir }}"}\n',
    right:
      'params:\n  motd_dir: {type: string, default: /var/lib/etcd, description: where}\nsteps:\n  - file: {path: /etc/motd, content: "{{ motd_dir }}"}\n',
    needs: 'text',
    find: ({ runbook, inventoryNames }) =>
      runbook.params
        .filter(({ name }) => inventoryNames.has(name))
        .map(({ name, at }) => ({ at, message: `the inventory has a variable ${name}, which sets this parameter` })),
  },
]

const hides = (name: string, at: Found['at'], what: string): Found => ({
  at,
  message: `${name}, ${what}, hides the variable of the inventory with this name`,
  hint: 'give it another name',
})

const varSpan = (root: Parameters<typeof childOf>[0] & {}, name: string): Found['at'] =>
  spanOf(memberOf(childOf(root, 'vars'), name) ?? root)

/** Every name that a template or expression of the runbook needs. */
export const namesUsed = (runbook: Runbook): ReadonlySet<string> =>
  new Set([...bindablesOf(runbook).flatMap(({ names }) => names), ...(runbook.outside ?? []).map(({ name }) => name)])

/** Does anything in the runbook use a name: by itself, as a member of `params`, or of one of `hosts`? */
function usesOf(runbook: Runbook): (name: string) => boolean {
  const all = bindablesOf(runbook)
  const direct = namesUsed(runbook)
  const indirect = all.filter(({ names }) => names.includes('params') || names.includes('hosts'))
  const isWhole = indirect.some(({ source }) => /\bparams\b(?!\s*\.)/.test(source))
  const words = new Set(indirect.flatMap(({ source }) => source.match(/\w+/g) ?? []))
  return (name) => isWhole || direct.has(name) || words.has(name)
}

const bindablesOf = (runbook: Runbook): readonly Bindable<unknown>[] => [
  ...runbook.vars.map(({ value }) => value),
  ...(runbook.includes ?? []).map(({ params }) => params),
  ...[...runbook.facts, ...runbook.guards].flatMap(bindablesOfStep),
  ...[...runbook.measures, ...(runbook.diagnosing?.evidence ?? [])].flatMap(({ read, target }) => [
    ...bindablesOfStep(read),
    ...(target ? [target] : []),
  ]),
  ...(runbook.diagnosing?.causes ?? []).flatMap(({ when, says, remedies }) => [
    ...[when, says],
    ...remedies.flatMap((remedy) => remedy.when ?? []),
  ]),
  ...runbook.stages.flatMap(({ rolling, steps }) => [
    ...(rolling.orderBy ? [rolling.orderBy] : []),
    rolling.soak,
    ...[...rolling.gate, ...steps].flatMap(bindablesOfStep),
  ]),
]

const bindablesOfStep = ({ args, when, undo, retry, on }: Step): readonly Bindable<unknown>[] => [
  args,
  ...(when ? [when] : []),
  ...(on ? [on] : []),
  ...(undo ? [undo.args] : []),
  ...(retry?.until ? [retry.until] : []),
]
