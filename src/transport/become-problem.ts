import { type Problem, ProblemError } from '../model/problem.ts'
import type { BecomeMethod, Endpoint } from '../model/transport.ts'
import { placeText } from './transport-problem.ts'

/** The tool did not make who logged in root; `detail` is what it complained of, in English. */
export function becomeRefused(endpoint: Endpoint, tool: BecomeMethod, how: string, detail: string): ProblemError {
  const { user } = endpoint
  const isMissing = how === 'ended with code 127' // of env and sh, which find no program; their words may be translated
  const message = isMissing
    ? `there is no ${tool} on ${placeText(endpoint)}, and ${user} is not root`
    : `${tool} on ${placeText(endpoint)} did not make ${user} root: it ${how}`
  const hint = isMissing
    ? `install ${tool}, set ansible_become_method, or log in as root`
    : hints[tool](endpoint, detail)
  const problem: Problem = { kind: 'become', host: endpoint.host, message, hint }
  return new ProblemError(detail === '' ? problem : { ...problem, detail })
}

const hints: Readonly<Record<BecomeMethod, (endpoint: Endpoint, detail: string) => string>> = {
  sudo: ({ user, becomePassword }, detail) => {
    if (becomePassword && /incorrect|try again|no password was provided/i.test(detail))
      return `the password was refused; it was tried once only, so as not to lock ${user}'s account`
    if (/password is required/.test(detail))
      return `give ${user} NOPASSWD in sudoers, or the password with --ask-become-pass`
    if (/tty/.test(detail)) return 'remove requiretty from sudoers for this user: a terminal is never used'
    return `sudoers must let ${user} run /usr/bin/env (ALL) as root`
  },
  su: ({ user, becomePassword }, detail) => {
    if (/terminal|tty/.test(detail))
      return `this su asks on a terminal only, and a terminal is never used: give ${user} sudo or doas, or log in as root`
    if (!becomePassword)
      return "su asks for root's password: give it with --ask-become-pass, or set it in the inventory"
    return `su wants the password of root, not of ${user}; it was tried once only. Is root locked, or su for the group wheel only?`
  },
  doas: ({ user }, detail) =>
    /authentication|password|tty/i.test(detail)
      ? `doas asks on a terminal only, and a terminal is never used: "permit nopass ${user} as root" in /etc/doas.conf, or become root by sudo or su`
      : `/etc/doas.conf must hold "permit nopass ${user} as root"`,
}
