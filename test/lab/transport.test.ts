import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORWARD_PORT, forwardAddress } from '../../lab/forward-address.ts'
import { crashHost, downLab, sshLab, startHost, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import { labSettings } from '../../lab/settings.ts'
import { topologyOf } from '../../lab/state.ts'
import { rawText, sh, withStdin } from '../../src/model/command.ts'
import { hostName } from '../../src/model/id.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Connection, Endpoint } from '../../src/model/transport.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { hostileHostTests } from './support/hostile-host.ts'

const settings = labSettings({ ...process.env, RUNBOOK_LAB: mkdtempSync(join(tmpdir(), 'runbook-lab-')) })
const transport = createTransport({ randomBytes })
const opened: Connection[] = []
let address = ''

beforeAll(async () => {
  const state = await upLab('one', settings)
  const [host] = topologyOf(state).hosts
  if (!host) throw new Error('the lab has no host')
  address = forwardAddress(host, state.loopback)
})
afterAll(async () => {
  await Promise.all(opened.map((connection) => connection.close()))
  await downLab(settings)
  rmSync(settings.stateDir, { recursive: true, force: true })
})

const connect = async (user: string, change: Partial<Endpoint> = {}): Promise<Connection> => {
  const connection = await transport.open({
    host: hostName('h1'),
    transport: 'ssh2',
    address,
    port: FORWARD_PORT,
    user,
    identityFiles: [labPaths(settings.stateDir).key],
    knownHostsFiles: [labPaths(settings.stateDir).knownHosts],
    connectTimeoutMs: 30_000,
    ...change,
  })
  opened.push(connection)
  return connection
}
/** By the system's ssh, the same words in its own way. */
const connectBy = (transportName: 'ssh2' | 'openssh', user: string, change: Partial<Endpoint>): Promise<Connection> => {
  const { key, knownHosts } = labPaths(settings.stateDir)
  const settled = [`User=${user}`, `Port=${FORWARD_PORT}`, `IdentityFile=${key}`, `UserKnownHostsFile=${knownHosts}`]
  const sshArguments = ['-F', 'none', ...settled.flatMap((setting) => ['-o', setting])]
  return connect(user, {
    ...change,
    ...(transportName === 'openssh' ? { transport: transportName, sshArguments } : {}),
  })
}
const password = (text: string): Partial<Endpoint> => ({ becomePassword: new Secret(text) })
const onHost = async (script: string): Promise<string> => {
  const { stdout, stderr, code } = await sshLab('h1', [`sh -c ${quoted(script)}`], settings)
  if (code !== 0) throw new Error(`${script}: ${stderr}`)
  return stdout
}
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const whoAmI = async (connection: Connection, privilege: 'login' | 'root'): Promise<string> =>
  (await connection.probe(privilege).run(sh`id -un; pwd; umask`)).stdout.toString()

describe('a login by password', () => {
  const login = { identityFiles: [], password: new Secret('opspw-password') }

  test('is taken as such, and as the answer to a question', async () => {
    expect(await whoAmI(await connect('opspw', login), 'login')).toContain('opspw')
    const asks = 'PasswordAuthentication no\nKbdInteractiveAuthentication yes\n'
    await onHost(`printf '${asks}' >/etc/ssh/sshd_config.d/00-asks.conf; systemctl restart ssh`)
    expect(await whoAmI(await connect('opspw', login), 'login')).toContain('opspw')
  })

  test('a wrong one is refused without being shown', async () => {
    const error = await connect('opspw', { ...login, password: new Secret('canary') }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({
      problems: [{ kind: 'auth', detail: 'tried password; the server takes publickey, keyboard-interactive' }],
    })
  })
})

describe.each(['ssh2', 'openssh'] as const)('root through sudo, by %s', (name) => {
  const connect = (user: string, change: Partial<Endpoint> = {}): Promise<Connection> => connectBy(name, user, change)

  test('without a password', async () => {
    const host = await connect('ops')
    expect(await Promise.all([whoAmI(host, 'login'), whoAmI(host, 'root')])).toEqual([
      'ops\n/home/ops\n0077\n',
      'root\n/root\n0077\n',
    ])
  })

  test('with a password, given only when our own prompt asks for it', async () => {
    const host = await connect('opspw', password('opspw-password'))
    expect(await Promise.all([whoAmI(host, 'root'), whoAmI(host, 'login')])).toEqual([
      'root\n/root\n0077\n',
      'opspw\n/home/opspw\n0077\n',
    ])
  })

  test('a password that is not asked for goes nowhere', async () => {
    const host = await connect('ops', password('canary-password'))
    const reply = await host
      .probe('root')
      .run(withStdin(sh`cat; cat /proc/[0-9]*/cmdline | tr '\\0' ' '`, 'only this\n'))
    expect(reply.stdout.toString()).toContain('only this')
    expect(reply.stdout.toString()).not.toContain('canary')
  })

  test('a wrong password is tried once, however many commands wait', async () => {
    await onHost('journalctl --rotate -q; journalctl --vacuum-time=1s -q')
    const host = await connect('opspw', password('wrong'))
    const refused = {
      status: 'rejected',
      reason: { problems: [{ kind: 'become', hint: expect.stringContaining('tried once only') }] },
    }
    expect(await Promise.allSettled([whoAmI(host, 'root'), whoAmI(host, 'root')])).toMatchObject([refused, refused])
    expect(await Promise.allSettled([whoAmI(host, 'root')])).toMatchObject([refused])
    expect(await onHost('journalctl -q _COMM=sudo | grep -c "authentication failure" || true')).toBe('1\n')
  })

  test.each(['nosudo', 'opspw'])('sudo refuses %s, and says why', async (user) => {
    const host = await connect(user)
    await expect(whoAmI(host, 'root')).rejects.toMatchObject({
      problems: [
        {
          kind: 'become',
          host: 'h1',
          detail: expect.stringContaining('a password is required'),
          hint: expect.stringContaining('NOPASSWD'),
        },
      ],
    })
    expect(await whoAmI(host, 'login')).toContain(user)
  })

  test('with use_pty in sudoers, bytes stay as they are and hung commands are killed', async () => {
    await onHost('echo "Defaults use_pty" >/etc/sudoers.d/pty')
    const host = await connect('ops')
    const bytes = randomBytes(100_000)
    expect((await host.session('root').run(withStdin(sh`cat`, bytes))).stdout.equals(bytes)).toBe(true)
    await killed(host, '81234')
    await onHost('rm /etc/sudoers.d/pty')
  })

  test('requiretty is told as such', async () => {
    await onHost('echo "Defaults:ops requiretty" >/etc/sudoers.d/tty')
    await expect(whoAmI(await connect('ops'), 'root')).rejects.toMatchObject({
      problems: [{ kind: 'become', hint: expect.stringContaining('requiretty') }],
    })
    await onHost('rm /etc/sudoers.d/tty')
  })
})

describe('a hung command', () => {
  test.each(['ops', 'root'])('of root, logged in as %s, is killed on the host', async (user) => {
    const host = await connect(user)
    const behind = host.probe('root').run(sh`true`)
    await killed(host, user === 'ops' ? '71234' : '71235')
    expect((await behind).code).toBe(0)
    expect(await whoAmI(host, 'root')).toContain('root')
  })
})

async function killed(host: Connection, marker: string): Promise<void> {
  const hung = host
    .session('root')
    .run(rawText(`sleep ${marker} | (trap "" TERM; sleep ${marker}); wait`), { timeoutMs: 500 })
  await expect(hung).rejects.toMatchObject({ problems: [{ kind: 'timeout', detail: 'it was killed' }] })
  expect(await onHost(`pgrep -fx "sleep ${marker}" | wc -l`)).toBe('0\n')
}

describe('login shells and their noise', () => {
  const noise = 'echo "Welcome to h1"; echo oops >&2; export PATH=/nowhere LC_ALL=de_DE.UTF-8 IFS=x'

  test.each([
    ['bash', '/bin/bash', '.bashrc'],
    ['dash', '/bin/sh', '.profile'],
  ])('%s', async (name, shell, file) => {
    await onHost(
      `useradd -m -s ${shell} loud-${name}; echo '${noise}' | tee /home/loud-${name}/${file} >/home/loud-${name}/.bash_profile`,
    )
    const reply = await (await connect(`loud-${name}`)).probe('login').run(rawText('echo "$PATH"; echo err >&2'))
    expect([reply.stdout.toString(), reply.stderr.toString()]).toEqual([
      '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
      'err\n',
    ])
  })

  test('nologin is told with what it says', async () => {
    await onHost('useradd -m -s /usr/sbin/nologin none')
    await expect(whoAmI(await connect('none'), 'login')).rejects.toMatchObject({
      problems: [{ kind: 'unreachable', detail: expect.stringContaining('not available') }],
    })
  })

  test('an expired account is refused with a hint', async () => {
    await onHost('useradd -m -s /bin/sh locked; usermod -e 1 locked')
    await expect(connect('locked')).rejects.toMatchObject({
      problems: [{ kind: 'auth', hint: expect.stringContaining('expired') }],
    })
  })
})

describe('a hostile host', () => hostileHostTests(settings))

test('a host that crashes in a command is told as lost, and can be opened again when it is back', async () => {
  const host = await connect('root')
  let crashed: Promise<void> | undefined
  const running = host.session('root').run(rawText('echo begun; sleep 600'), {
    timeoutMs: 1000,
    onOutput: () => {
      crashed ??= crashHost('h1', settings)
    },
  })
  await expect(running).rejects.toMatchObject({ problems: [{ kind: 'connection-lost', host: 'h1' }] })
  await crashed
  await startHost('h1', settings)
  expect(await whoAmI(await connect('root'), 'root')).toContain('root')
})
