import type { Found, LintRule, LintStep } from './lint-rule.ts'
import { childOf, itemsOf, spanOf, textOf } from './yaml-node.ts'

/** What becomes of secrets on hosts. */
export const SECRET_RULES: readonly LintRule[] = [
  {
    id: 'secret-in-argv',
    severity: 'warning',
    title: 'a secret among the arguments of a program',
    why: 'Everybody who is logged in on the host sees the arguments of all programs while these run (ps, /proc/PID/cmdline). Give it on standard input, in a file that only the program reads, or to a builtin of the shell.',
    wrong:
      'params:\n  token: {type: string, secret: true, description: of the service}\nsteps:\n  - command: {argv: [app-login, "--token={{ token }}"], check: app-status}\n    irreversible: true\n',
    right:
      'params:\n  token: {type: string, secret: true, description: of the service}\nsteps:\n  - command: {argv: [app-login], stdin: "{{ token }}", check: app-status}\n    irreversible: true\n',
    needs: 'text',
    find: ({ runbook, steps }) => {
      const secrets = runbook.params.filter(({ secret }) => secret).map(({ name }) => name)
      return steps.flatMap((one) => secrets.flatMap((name) => inArguments(one, name)))
    },
  },
]

function inArguments({ args, node }: LintStep, name: string): readonly Found[] {
  const template = new RegExp(`\\{\\{[^}]*\\b${name}\\b`) // a parameter's name has no special characters
  return itemsOf(childOf(args, 'argv'))
    .filter((item) => template.test(textOf(item) ?? ''))
    .map((item) => ({
      at: spanOf(item),
      message: `the secret ${name} is seen in the list of processes of the host`,
      hint: 'stdin: "{{ ... }}"',
      line: spanOf(node).line,
    }))
}
