import assert from 'node:assert/strict'
import { rawText, sh } from '../../src/model/command.ts'
import type { Problem } from '../../src/model/problem.ts'
import { Secret } from '../../src/model/secret.ts'
import type { BecomeMethod, Connection, Endpoint } from '../../src/model/transport.ts'
import { fillAccounts } from './accounts.ts'
import type { Case } from './cases.ts'
import { problemFrom, type Rig } from './rig.ts'

const NO_ACCOUNTS = { local: 'who runs it is who it is' } as const

const openAs = async (rig: Rig, user: string, change: Partial<Endpoint> = {}): Promise<Connection> =>
  rig.open({ user, ...change }, await rig.sshdWith({ accounts: fillAccounts }))

const become = (becomeMethod: BecomeMethod, password?: string): Partial<Endpoint> => ({
  becomeMethod,
  ...(password === undefined ? {} : { becomePassword: new Secret(password) }),
})

/** Root, with our environment, beside the shell of who logged in, and a hung command of root's killed. */
async function isRoot(host: Connection, user: string): Promise<void> {
  const [root, login] = await Promise.all(
    (['root', 'login'] as const).map((privilege) =>
      host.probe(privilege).run(rawText('id -un; umask; echo "$LC_ALL $HOME"')),
    ),
  )
  assert.equal(root?.stdout.toString(), 'root\n0077\nC /root\n')
  assert.equal(login?.stdout.toString(), `${user}\n0077\nC /etc/home/${user}\n`)
  const hung = host.session('root').run(rawText('sleep 7777 | sleep 7777'), { timeoutMs: 300 })
  assert.equal((await problemFrom(hung)).detail, 'it was killed')
  assert.equal((await host.probe('root').run(sh`id -un`)).stdout.toString(), 'root\n')
}

const rootBy = (name: string, user: string, change: Partial<Endpoint>, needs: BecomeMethod): Case => ({
  group: 'root',
  name,
  needs,
  not: NO_ACCOUNTS,
  run: async (rig) => isRoot(await openAs(rig, user, change), user),
})

interface Refusal {
  readonly user: string
  readonly change: Partial<Endpoint>
  readonly needs: BecomeMethod
  readonly says: RegExp // in the hint
}

/** Root is refused, says why, and the shell of who logged in goes on. */
const noRoot = (name: string, { user, change, needs, says }: Refusal): Case => ({
  group: 'root',
  name,
  needs,
  not: NO_ACCOUNTS,
  run: async (rig) => {
    const host = await openAs(rig, user, change)
    const problem = await problemFrom(host.probe('root').run(sh`true`))
    told(problem, says)
    assert.equal((await host.probe('login').run(sh`id -un`)).stdout.toString(), `${user}\n`)
  },
})

function told({ kind, message, hint = '' }: Problem, says: RegExp): void {
  assert.equal(kind, 'become')
  assert.match(hint, says)
  assert.match(message, /did not make/)
}

const shellOf = (name: string, user: string, needs?: string): Case => ({
  group: 'shells',
  name,
  ...(needs === undefined ? {} : { needs }),
  not: NO_ACCOUNTS,
  run: async (rig) => isRoot(await openAs(rig, user, become('sudo', 'user-password')), user),
})

/** Those of hosts whose accounts are a private copy of /etc. */
export const ACCOUNT_CASES: readonly Case[] = [
  {
    group: 'login',
    name: 'a locked account is refused, and the hint names that',
    not: NO_ACCOUNTS,
    run: async (rig) => {
      const sshd = await rig.sshdWith({ accounts: fillAccounts })
      const problem = await rig.problem({ user: 'locked' }, sshd)
      assert.equal(problem.kind, 'auth')
      assert.match(problem.hint ?? '', /locked/)
      assert.match(sshd.log(), /account is locked/)
    },
  },
  shellOf('fish, and sudo behind it', 'fish', 'fish'),
  shellOf('a profile that breaks PATH, IFS and the locale, and sudo behind it', 'broken', 'sudo'),
  {
    group: 'shells',
    name: 'nologin is told with what it says',
    not: NO_ACCOUNTS,
    run: async (rig) => {
      const host = await openAs(rig, 'nologin')
      const problem = await problemFrom(host.probe('login').run(sh`true`))
      assert.deepEqual([problem.kind, problem.detail], ['unreachable', 'This account is currently not available.'])
    },
  },
  rootBy('sudo without a password', 'sudoer', {}, 'sudo'),
  rootBy('sudo with a password', 'asked', become('sudo', 'user-password'), 'sudo'),
  noRoot('sudo with a wrong password', {
    user: 'asked',
    change: become('sudo', 'wrong'),
    needs: 'sudo',
    says: /tried once only/,
  }),
  noRoot('sudo with requiretty is told as such', { user: 'teletype', change: {}, needs: 'sudo', says: /requiretty/ }),
  rootBy('su with the password of root', 'plain', become('su', 'root-password'), 'su'),
  noRoot('su with a wrong password', {
    user: 'plain',
    change: become('su', 'user-password'),
    needs: 'su',
    says: /password of root, not of plain; it was tried once/,
  }),
  noRoot('su without a password', { user: 'plain', change: become('su'), needs: 'su', says: /--ask-become-pass/ }),
  rootBy('doas without a password', 'doer', become('doas'), 'doas'),
  noRoot('doas that asks for a password is told as such', {
    user: 'asked-doer',
    change: become('doas', 'user-password'),
    needs: 'doas',
    says: /terminal is never used: "permit nopass asked-doer as root"/,
  }),
  noRoot('doas that does not let in', { user: 'plain', change: become('doas'), needs: 'doas', says: /doas\.conf/ }),
]
