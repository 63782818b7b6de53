import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { rawText, sh, withStdin } from '../../src/model/command.ts'
import { hostName } from '../../src/model/id.ts'
import { publicKey, type Sshd } from '../transport/sshd.ts'
import { problemFrom, type Rig, type TransportName } from './rig.ts'

/** What every transport must do, or why one does not. */
export interface Case {
  readonly group: 'login' | 'host key' | 'way' | 'streams' | 'commands' | 'shells' | 'root'
  readonly name: string
  readonly needs?: string // a program that must be installed
  readonly not?: Partial<Record<TransportName, string>> // why it does not apply
  readonly run: (rig: Rig) => Promise<void>
}

const NO_LOGIN = { local: 'nobody logs in' } as const
const NO_KEY = { local: 'there is no host key' } as const
const NO_WAY = { local: 'there is no connection' } as const
const GIB = 1024 ** 3

const logsIn = async (rig: Rig, ...args: Parameters<Rig['open']>): Promise<void> => {
  const host = await rig.open(...args)
  assert.equal((await host.probe('login').run(sh`id -un`)).stdout.toString(), 'root\n')
}
const here = ({ port }: Sshd): string => `[127.0.0.1]:${port}`
const hostKey = ({ hostKeys }: Sshd): string => hostKeys.ed25519 ?? ''
const knows = (sshd: Sshd, ...lines: string[]) => ({ knownHostsFiles: [sshd.knownHosts(lines)] })
const hashed = (name: string): string => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const encryptedKey = (sshd: Sshd): string => {
  const file = sshd.keygen(`locked-${randomBytes(4).toString('hex')}`)
  sshd.authorize(file)
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', file], { stdio: 'ignore' })
  return file
}
const keyOf = (sshd: Sshd, ...options: string[]): string => {
  const file = sshd.keygen(`key-${randomBytes(4).toString('hex')}`, ...options)
  sshd.authorize(file)
  return file
}

async function listening(onConnection: (socket: Socket) => void, work: (port: number) => Promise<void>): Promise<void> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work((server.address() as AddressInfo).port) // a TCP server's address
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

const login: readonly Case[] = [
  { group: 'login', name: 'a key file', not: NO_LOGIN, run: (rig) => logsIn(rig) },
  ...(['rsa', 'ecdsa'] as const).map(
    (type): Case => ({
      group: 'login',
      name: `a key of type ${type}`,
      not: NO_LOGIN,
      run: (rig) => logsIn(rig, { identityFiles: [keyOf(rig.sshd, '-t', type)] }),
    }),
  ),
  {
    group: 'login',
    name: 'the agent',
    not: NO_LOGIN,
    run: async (rig) => logsIn(rig, { identityFiles: [], agentSocket: await rig.agentWith(rig.sshd.clientKey) }),
  },
  {
    group: 'login',
    name: 'an encrypted key, opened in the agent',
    not: NO_LOGIN,
    run: async (rig) => {
      const agentSocket = await rig.agentWith(encryptedKey(rig.sshd), 'open sesame')
      await logsIn(rig, { identityFiles: [], agentSocket })
    },
  },
  {
    group: 'login',
    name: 'an encrypted key nobody opened is refused, and ssh-add is named',
    not: NO_LOGIN,
    run: async (rig) => {
      const problem = await rig.problem({ identityFiles: [encryptedKey(rig.sshd)] })
      assert.equal(problem.kind, 'auth')
      assert.match(problem.hint ?? '', /ssh-add/)
    },
  },
  {
    group: 'login',
    name: 'a key file of mode 0644 is not used',
    not: NO_LOGIN,
    run: async (rig) => {
      const file = keyOf(rig.sshd)
      chmodSync(file, 0o644)
      assert.equal((await rig.problem({ identityFiles: [file] })).kind, 'auth')
    },
  },
  {
    group: 'login',
    name: 'a strange key is refused as kind auth',
    not: NO_LOGIN,
    run: async (rig) => {
      const identityFiles = [rig.sshd.keygen(`strange-${randomBytes(4).toString('hex')}`)]
      assert.equal((await rig.problem({ identityFiles })).kind, 'auth')
    },
  },
  {
    group: 'login',
    name: "a user's certificate",
    not: { ...NO_LOGIN, ssh2: 'the library knows no certificates: use openssh' },
    run: async (rig) => {
      const authority = rig.sshd.keygen(`ca-${randomBytes(4).toString('hex')}`)
      const user = rig.sshd.keygen(`certified-${randomBytes(4).toString('hex')}`)
      execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'me', '-n', 'root', `${user}.pub`], { stdio: 'ignore' })
      const sshd = await rig.sshdWith({ config: [`TrustedUserCAKeys ${authority}.pub`] })
      await logsIn(rig, { identityFiles: [user] }, sshd)
    },
  },
]

const judged = (name: string, lines: (sshd: Sshd) => readonly string[], verdict: 'taken' | 'refused'): Case => ({
  group: 'host key',
  name: `${name} is ${verdict}`,
  not: NO_KEY,
  run: async (rig) => {
    const change = knows(rig.sshd, ...lines(rig.sshd))
    if (verdict === 'taken') return logsIn(rig, change)
    assert.equal((await rig.problem(change)).kind, 'host-key')
  },
})

const hostKeys: readonly Case[] = [
  judged('an unknown key', () => [], 'refused'),
  judged('a changed key', (sshd) => [`${here(sshd)} ${publicKey(sshd.clientKey)}`], 'refused'),
  judged('a revoked key', (sshd) => [`${here(sshd)} ${hostKey(sshd)}`, `@revoked * ${hostKey(sshd)}`], 'refused'),
  judged('a key excepted by a negation', (sshd) => [`[127.0.0.1]:*,!${here(sshd)} ${hostKey(sshd)}`], 'refused'),
  judged('a key under a hashed name', (sshd) => [`${hashed(here(sshd))} ${hostKey(sshd)}`], 'taken'),
  judged('a key under a wildcard', (sshd) => [`[127.0.*]:* ${hostKey(sshd)}`], 'taken'),
  judged(
    'a second known key',
    (sshd) => [`${here(sshd)} ${publicKey(sshd.clientKey)}`, `${here(sshd)} ${hostKey(sshd)}`],
    'taken',
  ),
  judged(
    'a key between lines of junk',
    (sshd) => ['junk', '# x', '@odd a b c', `${here(sshd)} ${hostKey(sshd)}`, '\0'],
    'taken',
  ),
  {
    group: 'host key',
    name: 'of several host keys the known type is asked for',
    not: NO_KEY,
    run: async (rig) => {
      const sshd = await rig.sshdWith({ types: ['ed25519', 'ecdsa', 'rsa'] })
      await logsIn(rig, knows(sshd, `${here(sshd)} ${sshd.hostKeys.rsa}`), sshd)
    },
  },
  {
    group: 'host key',
    name: 'known by a certificate authority only: openssh takes it, ssh2 says so',
    not: NO_KEY,
    run: async (rig) => {
      const authority = rig.sshd.keygen(`host-ca-${randomBytes(4).toString('hex')}`)
      const key = rig.sshd.keygen(`host-${randomBytes(4).toString('hex')}`)
      execFileSync('ssh-keygen', ['-q', '-s', authority, '-h', '-I', 'h', '-n', '127.0.0.1', `${key}.pub`], {
        stdio: 'ignore',
      })
      const sshd = await rig.sshdWith({ config: [`HostKey ${key}`, `HostCertificate ${key}-cert.pub`] })
      const change = knows(sshd, `@cert-authority ${here(sshd)} ${publicKey(authority)}`)
      if (rig.name === 'openssh') return logsIn(rig, change, sshd)
      const problem = await rig.problem(change, sshd)
      assert.deepEqual([problem.kind, /openssh transport/.test(problem.hint ?? '')], ['host-key', true])
    },
  },
]

const hop = (sshd: Sshd, at: number, change = {}) => sshd.endpoint({ host: hostName(`hop-${at}`), ...change })

const ways: readonly Case[] = [
  {
    group: 'way',
    name: 'through one host',
    not: NO_WAY,
    run: async (rig) => {
      const bastion = await rig.sshdWith({})
      await logsIn(rig, { jumps: [hop(bastion, 0)] })
      assert.match(bastion.log(), /Accepted publickey/)
    },
  },
  {
    group: 'way',
    name: 'through two hosts',
    not: NO_WAY,
    run: async (rig) => logsIn(rig, { jumps: [hop(await rig.sshdWith({}), 0), hop(await rig.sshdWith({}), 1)] }),
  },
  {
    group: 'way',
    name: 'a host on the way with an unknown key is refused',
    not: NO_WAY,
    run: async (rig) => {
      const bastion = await rig.sshdWith({})
      const problem = await rig.problem({ jumps: [hop(bastion, 0, knows(bastion))] })
      assert.equal(problem.kind, 'host-key')
    },
  },
  {
    group: 'way',
    name: 'nothing listens',
    not: NO_WAY,
    run: async (rig) => {
      const problem = await rig.problem({ port: 1 })
      assert.deepEqual([problem.kind, /refused/i.test(`${problem.message} ${problem.detail}`)], ['unreachable', true])
    },
  },
  {
    group: 'way',
    name: 'a server that says nothing is given up',
    not: NO_WAY,
    run: (rig) =>
      listening(
        () => {},
        async (port) => assert.equal((await rig.problem({ port, connectTimeoutMs: 1000 })).kind, 'unreachable'),
      ),
  },
  {
    group: 'way',
    name: 'a server that is no SSH server',
    not: NO_WAY,
    run: (rig) =>
      listening(
        (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
        async (port) => assert.equal((await rig.problem({ port })).kind, 'unreachable'),
      ),
  },
  {
    group: 'way',
    name: 'a connection cut in a command is told as lost',
    not: NO_WAY,
    run: async (rig) => {
      const host = await rig.open()
      const parent = await host.probe('login').run(rawText('echo $PPID'))
      const cut = host.session('login').run(rawText('echo begun; sleep 60'), {
        onOutput: () => process.kill(Number(parent.stdout.toString()), 'SIGKILL'), // sshd's process for this connection
      })
      assert.equal((await problemFrom(cut)).kind, 'connection-lost')
    },
  },
  {
    group: 'way',
    name: 'no session is granted on an open connection',
    not: NO_WAY,
    run: async (rig) => {
      const host = await rig.open({}, await rig.sshdWith({ config: ['MaxSessions 0'] }))
      assert.equal((await problemFrom(host.probe('login').run(sh`true`))).kind, 'unreachable')
    },
  },
]

const streams: readonly Case[] = [
  {
    group: 'streams',
    name: '1 GiB of stdout, counted as it comes and not kept',
    run: async (rig) => {
      let count = 0
      const reply = await (await rig.open()).session('login').run(rawText(`head -c ${GIB} /dev/zero`), {
        timeoutMs: 120_000,
        limitBytes: 1024,
        onOutput: (_, chunk) => {
          count += chunk.length
        },
      })
      assert.deepEqual([count, reply.stdout.length, reply.truncated, reply.code], [GIB, 1024, true, 0])
    },
  },
  {
    group: 'streams',
    name: 'a flood of stderr does not stall stdout',
    run: async (rig) => {
      const flood = rawText('head -c 67108864 /dev/zero >&2; echo done')
      const reply = await (await rig.open()).session('login').run(flood, { limitBytes: 4096 })
      assert.deepEqual([reply.stdout.toString(), reply.stderr.length, reply.truncated], ['done\n', 4096, true])
    },
  },
  {
    group: 'streams',
    name: 'one million random bytes in and out unchanged',
    run: async (rig) => {
      const bytes = randomBytes(1_000_000)
      const reply = await (await rig.open()).session('login').run(withStdin(sh`cat`, bytes))
      assert.ok(reply.stdout.equals(bytes))
    },
  },
  {
    group: 'streams',
    name: 'stdout and stderr come apart',
    run: async (rig) => {
      const reply = await (await rig.open()).probe('login').run(rawText('echo out; echo err >&2'))
      assert.deepEqual([reply.stdout.toString(), reply.stderr.toString()], ['out\n', 'err\n'])
    },
  },
]

const commands: readonly Case[] = [
  {
    group: 'commands',
    name: 'twenty at once, each with its own answer',
    run: async (rig) => {
      const probe = (await rig.open()).probe('login')
      const replies = await Promise.all(Array.from({ length: 20 }, (_, index) => probe.run(sh`echo ${index}`)))
      assert.deepEqual(
        replies.map(({ stdout }) => Number(stdout.toString())),
        [...Array(20).keys()],
      )
    },
  },
  {
    group: 'commands',
    name: 'exit codes, also 255, are answers',
    run: async (rig) => {
      const probe = (await rig.open()).probe('login')
      const codes = await Promise.all([0, 1, 126, 255].map(async (code) => (await probe.run(sh`exit ${code}`)).code))
      assert.deepEqual(codes, [0, 1, 126, 255])
    },
  },
  {
    group: 'commands',
    name: 'words arrive as they are: quotes, blanks, newlines, $(id)',
    run: async (rig) => {
      const words = ["it's", '', ' ', 'a\nb', '$(id)', '`id`', '\\', '*', '-rf', '\x1b[31m', 'ü']
      const reply = await (await rig.open()).probe('login').run(sh`printf '%s|' ${words}`)
      assert.equal(reply.stdout.toString(), words.map((word) => `${word}|`).join(''))
    },
  },
  {
    group: 'commands',
    name: 'one that hangs is killed on the host, and the next runs',
    run: async (rig) => {
      const host = await rig.open()
      const mark = `7${process.pid}${rig.name.length}`
      const hung = host.session('login').run(sh`sleep ${mark}`, { timeoutMs: 300 })
      const problem = await problemFrom(hung)
      assert.deepEqual([problem.kind, problem.detail], ['timeout', 'it was killed'])
      assert.equal(
        (await host.probe('login').run(rawText(`pgrep -fx "sleep ${mark}" | wc -l`))).stdout.toString().trim(),
        '0',
      )
    },
  },
  {
    group: 'commands',
    name: 'a shell that is killed takes one command with it, not the connection',
    run: async (rig) => {
      const host = await rig.open()
      const killed = host.session('login').run(rawText('kill -9 $$; sleep 5'))
      assert.equal((await problemFrom(killed)).kind, 'connection-lost')
      assert.equal((await host.probe('login').run(sh`echo on`)).stdout.toString(), 'on\n')
    },
  },
]

const shell = (name: string, program: string): Case => ({
  group: 'shells',
  name,
  not: { local: 'no login shell: /bin/sh is started' },
  run: async (rig) => {
    const force = join(rig.sshd.folder, `force-${randomBytes(4).toString('hex')}`)
    writeFileSync(force, `#!/bin/sh\nexec ${program} -c "$SSH_ORIGINAL_COMMAND"\n`, { mode: 0o755 })
    await logsIn(rig, {}, await rig.sshdWith({ config: [`ForceCommand ${force}`] }))
  },
})

const shells: readonly Case[] = [
  shell('bash', '/bin/bash'),
  shell('dash', '/bin/dash'),
  shell('busybox ash', '/bin/busybox ash'),
  {
    group: 'shells',
    name: 'a noisy profile that also breaks PATH, IFS and the locale',
    not: { local: 'no profile is read' },
    run: async (rig) => {
      const sshd = await rig.sshdWith({ config: ['AcceptEnv *'] })
      const noise = 'echo Welcome; echo oops >&2; export PATH=/nowhere IFS=x LC_ALL=de_DE.UTF-8; alias echo=false\n'
      writeFileSync(join(sshd.folder, '.bashrc'), noise)
      const reply = await (await rig.open({}, sshd)).probe('login').run(rawText('echo "$LC_ALL"; id -un'))
      assert.deepEqual([reply.stdout.toString(), reply.stderr.toString()], ['C\nroot\n', ''])
    },
  },
  {
    group: 'shells',
    name: 'an account without a shell (nologin, ForceCommand) is told with what it says',
    not: { local: 'no login shell: /bin/sh is started' },
    run: async (rig) => {
      const force = join(rig.sshd.folder, `no-${randomBytes(4).toString('hex')}`)
      writeFileSync(force, '#!/bin/sh\necho not available; exit 1\n', { mode: 0o755 })
      const host = await rig.open({}, await rig.sshdWith({ config: [`ForceCommand ${force}`] }))
      const problem = await problemFrom(host.probe('login').run(sh`true`))
      assert.deepEqual([problem.kind, problem.detail], ['unreachable', 'not available'])
    },
  },
]

const root: readonly Case[] = [
  {
    group: 'root',
    name: 'whoever is root needs no sudo, and no second shell',
    run: async (rig) => {
      const host = await rig.open()
      const [one, two] = await Promise.all([
        host.probe('root').run(rawText('id -u; echo $PPID')),
        host.probe('login').run(rawText('id -u; echo $PPID')),
      ])
      assert.deepEqual([one.stdout.toString().split('\n')[0], one.stdout.toString()], ['0', two.stdout.toString()])
    },
  },
]

/** All of them, but for those of hosts with accounts of their own. */
export const ROOT_CASES: readonly Case[] = [...login, ...hostKeys, ...ways, ...streams, ...commands, ...shells, ...root]
