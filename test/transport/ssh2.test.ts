import { execFileSync, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawText, sh } from '../../src/model/command.ts'
import { hostName } from '../../src/model/id.ts'
import type { Problem } from '../../src/model/problem.ts'
import { ProblemError } from '../../src/model/problem.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Connection, Endpoint } from '../../src/model/transport.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { fetchHostKeys, replaceKeys, trustHost } from '../../src/transport/trust.ts'
import { publicKey, type Sshd, sshdMissing, startSshd } from './sshd.ts'

const transport = createTransport({ randomBytes })
const missing = sshdMissing()

describe('ssh2 against a real sshd', { timeout: 60_000 }, () => {
  if (missing !== undefined) {
    test.skip(missing, () => {})
    return
  }
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd({ types: ['ed25519', 'rsa'] })
  })
  afterAll(() => sshd.stop())

  const withHost = async <T>(change: Partial<Endpoint>, work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = await transport.open(sshd.endpoint(change))
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  }
  const logsIn = (change: Partial<Endpoint>): Promise<string> =>
    withHost(change, async (host) => (await host.probe('login').run(sh`id -un`)).stdout.toString().trim())
  const problemOf = async (change: Partial<Endpoint>): Promise<Problem> => (await problemsOf(change))[0]
  const problemsOf = async (change: Partial<Endpoint>) => {
    const error = await logsIn(change).then(
      () => new Error('it logged in'),
      (thrown: unknown) => thrown,
    )
    if (error instanceof ProblemError) return error.problems
    throw error
  }
  const lineFor = (names: string, type = 'ed25519'): string => `${names} ${sshd.hostKeys[type]}`
  const known = (...lines: string[]): Partial<Endpoint> => ({ knownHostsFiles: [sshd.knownHosts(lines)] })
  const here = (): string => `[127.0.0.1]:${sshd.port}`

  describe('who we are', () => {
    test('a key file logs in', async () => {
      expect(await logsIn({})).toBe('root')
    })

    test.each([
      ['rsa', ['-t', 'rsa']],
      ['ecdsa', ['-t', 'ecdsa']],
      ['rsa in PEM', ['-t', 'rsa', '-m', 'PEM']],
    ])('so does one of %s', async (name, options) => {
      const file = sshd.keygen(`key ${name}`, ...options)
      sshd.authorize(file)
      expect(await logsIn({ identityFiles: [file] })).toBe('root')
    })

    test('an agent logs in, and is not forwarded', async () => {
      const chatty = await startSshd({ config: ['LogLevel DEBUG1'] })
      const agentSocket = join(chatty.folder, 'agent')
      const agent = spawn('ssh-agent', ['-D', '-a', agentSocket])
      await new Promise((resolve) => agent.stdout.once('data', resolve)) // it prints its socket once it listens
      execFileSync('ssh-add', ['-q', chatty.clientKey], { env: { SSH_AUTH_SOCK: agentSocket }, stdio: 'ignore' })
      const host = await transport.open(chatty.endpoint({ identityFiles: [], agentSocket }))
      expect((await host.probe('root').run(sh`env`)).stdout.toString()).not.toContain('SSH_AUTH_SOCK')
      await host.close()
      await expect.poll(() => chatty.log()).toMatch(/request exec reply 1/)
      expect(chatty.log()).not.toContain('auth-agent-req')
      agent.kill()
      await chatty.stop()
    })

    test('with IdentitiesOnly the agent gives the named key alone, of however many it holds', async () => {
      const strict = await startSshd({ config: ['MaxAuthTries 2'] })
      const agentSocket = join(strict.folder, 'agent')
      const agent = spawn('ssh-agent', ['-D', '-a', agentSocket])
      await new Promise((resolve) => agent.stdout.once('data', resolve))
      const strangers = ['s1', 's2', 's3'].map((name) => strict.keygen(name))
      const env = { SSH_AUTH_SOCK: agentSocket }
      execFileSync('ssh-add', ['-q', ...strangers, strict.clientKey], { env, stdio: 'ignore' })
      const change = { agentSocket, identityFiles: [`${strict.clientKey}.pub`] }
      const host = await transport.open(strict.endpoint({ ...change, agentKeys: 'named' }))
      expect((await host.probe('login').run(sh`id -un`)).stdout.toString()).toBe('root\n')
      await host.close()
      await expect(transport.open(strict.endpoint(change))).rejects.toMatchObject({ problems: [{ kind: 'auth' }, {}] })
      agent.kill()
      await strict.stop()
    })

    test('keys are tried in order until one is taken; one that cannot be read does no harm', async () => {
      const identityFiles = ['/nowhere/key', sshd.keygen('stranger'), sshd.clientKey]
      expect(await logsIn({ identityFiles, agentSocket: '/nowhere/agent' })).toBe('root')
    })

    test('a refused key is told with all that was tried', async () => {
      const file = sshd.keygen('refused')
      const problem = await problemOf({
        identityFiles: [file],
        agentSocket: '/nowhere/agent',
        password: new Secret('canary'),
      })
      expect(problem).toMatchObject({
        kind: 'auth',
        host: 'web-1',
        message: `web-1 (127.0.0.1:${sshd.port}) refused to let root in`,
        hint: expect.stringContaining('expired account'),
      })
      expect(problem.detail).toContain('agent /nowhere/agent (Failed to connect to agent)')
      expect(problem.detail).toContain(`key ${file}`)
      expect(problem.detail).toMatch(/, password; the server takes publickey, password/)
      expect(JSON.stringify(problem)).not.toContain('canary')
    })

    test('a key file that is not there is told, with the option that names another', async () => {
      expect(await problemOf({ identityFiles: ['/nowhere/key'] })).toMatchObject({
        kind: 'auth',
        message: 'the key file /nowhere/key does not exist',
        hint: expect.stringContaining('--private-key'),
      })
    })

    test('a key file that others can read is not used', async () => {
      const file = sshd.keygen('loose')
      sshd.authorize(file)
      chmodSync(file, 0o644)
      expect(await problemOf({ identityFiles: [file] })).toMatchObject({
        kind: 'auth',
        message: `the key file ${file} can be read by others (mode 0644)`,
        hint: `chmod 600 ${file}`,
      })
    })

    test('nor one of another user', async () => {
      const file = sshd.keygen('foreign')
      chownSync(file, 65534, 65534)
      expect(await problemOf({ identityFiles: [file] })).toMatchObject({
        kind: 'auth',
        message: `the key file ${file} belongs to another user`,
      })
    })

    test('nor one that is not there, or holds no key', async () => {
      const empty = join(sshd.folder, 'empty')
      writeFileSync(empty, 'hello\n', { mode: 0o600 })
      const problems = await problemsOf({ identityFiles: ['/nowhere/key', empty] })
      expect(problems).toMatchObject([
        { kind: 'auth', message: 'the key file /nowhere/key does not exist' },
        { kind: 'auth', message: `the key file ${empty} holds no private key that can be used` },
      ])
    })

    test('an encrypted key needs its passphrase, or the agent', async () => {
      const file = join(sshd.folder, 'encrypted')
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', file])
      sshd.authorize(file)
      const identityFiles = [file]
      expect(await logsIn({ identityFiles, passphrase: new Secret('open sesame') })).toBe('root')
      expect(await problemOf({ identityFiles })).toMatchObject({
        message: `the key file ${file} is encrypted, and no passphrase was given`,
        hint: `load it into ssh-agent: ssh-add ${file}, or set ansible_ssh_private_key_passphrase`,
      })
      expect(await problemOf({ identityFiles, passphrase: new Secret('wrong') })).toMatchObject({
        message: `the key file ${file} is encrypted, and the passphrase does not open it`,
      })
    })
  })

  describe('who the host is', () => {
    test.each([
      ['by address and port', () => lineFor(here())],
      ['by a hashed name', () => lineFor(hash(here()))],
      ['by a wildcard', () => lineFor(`[127.0.*]:${sshd.port}`)],
      ['by the bare name, as OpenSSH takes it for other ports', () => lineFor('127.0.0.1')],
      ['by its rsa key alone', () => lineFor(here(), 'rsa')],
    ])('a key is known %s', async (_, line) => {
      expect(await logsIn(known(line()))).toBe('root')
    })

    test('any file may hold it, and files that are not there hold nothing', async () => {
      expect(await logsIn({ knownHostsFiles: ['/nowhere/known_hosts', sshd.knownHosts([lineFor(here())])] })).toBe(
        'root',
      )
    })

    test.each([
      ['nothing', () => []],
      ['another host', () => [lineFor('10.0.0.1')]],
      ['another port', () => [lineFor('[127.0.0.1]:1')]],
      ['a negated pattern', () => [lineFor(`*,!127.0.0.1,!${here()}`)]],
    ])('with %s known the host is refused before login', async (_, lines) => {
      const mark = sshd.log().length
      expect(await problemOf(known(...lines()))).toMatchObject({
        kind: 'host-key',
        message: `the host key of web-1 (127.0.0.1:${sshd.port}) is not known`,
        detail: expect.stringContaining(`ssh-ed25519 ${sshFingerprint('ed25519')}`),
        hint: expect.stringContaining('runbook trust web-1'),
      })
      await expect.poll(() => sshd.log().slice(mark)).toContain('Disconnected from')
      expect(sshd.log().slice(mark)).not.toContain('authenticating user') // as it says where a login was begun
    })

    test('a changed key is told with both fingerprints and the line', async () => {
      const other = publicKey(sshd.keygen('other-host'))
      const file = sshd.knownHosts(['# comment', `${here()} ${other}`])
      const problem = await problemOf({ knownHostsFiles: [file] })
      expect(problem).toMatchObject({ kind: 'host-key', message: expect.stringContaining('has changed') })
      expect(problem.detail).toContain(`it showed ssh-ed25519 ${sshFingerprint('ed25519')}`)
      expect(problem.detail).toMatch(new RegExp(`known is ssh-ed25519 SHA256:\\S+ in ${file}:2`))
    })

    test('a revoked key is refused, whatever else knows it', async () => {
      expect(await problemOf(known(lineFor(here()), `@revoked ${lineFor('*')}`))).toMatchObject({
        kind: 'host-key',
        message: expect.stringContaining('is revoked'),
        detail: expect.stringMatching(/known_hosts:2$/),
      })
    })

    test('a certificate authority alone is for the openssh transport', async () => {
      expect(await problemOf(known(`@cert-authority * ${publicKey(sshd.clientKey)}`))).toMatchObject({
        kind: 'host-key',
        hint: expect.stringContaining('openssh transport'),
      })
    })

    const sshFingerprint = (type: string): string =>
      execFileSync('ssh-keygen', ['-l', '-f', join(sshd.folder, `host_${type}.pub`)], { encoding: 'utf8' }).split(
        ' ',
      )[1] ?? ''
    const hash = (name: string): string => {
      const salt = randomBytes(20)
      return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
    }
  })

  describe('trust', () => {
    test('shows the keys, stores them for their owner alone, and then the host is known', async () => {
      const knownHostsFiles = [join(sshd.folder, 'new', 'known_hosts')]
      const endpoint = sshd.endpoint({ knownHostsFiles })
      const keys = await fetchHostKeys(endpoint)
      expect(keys.map((key) => [key.type, key.standing])).toEqual([
        ['ssh-ed25519', 'unknown'],
        ['ssh-rsa', 'unknown'],
      ])
      expect(keys[0]?.line).toBe(lineFor(here()))
      await trustHost(endpoint, keys)
      expect(statSync(knownHostsFiles[0] ?? '').mode & 0o777).toBe(0o600)
      expect(statSync(join(sshd.folder, 'new')).mode & 0o777).toBe(0o700)
      expect(await logsIn({ knownHostsFiles })).toBe('root')
      const again = await fetchHostKeys(endpoint)
      expect(again.map((key) => key.standing)).toEqual(['known', 'known'])
      await trustHost(endpoint, again)
      expect(
        readFileSync(knownHostsFiles[0] ?? '', 'utf8')
          .trim()
          .split('\n').length,
      ).toBe(2)
    })

    test('a last line without an end is not run into', async () => {
      const file = sshd.knownHosts([])
      writeFileSync(file, lineFor('10.0.0.1'))
      const endpoint = sshd.endpoint({ knownHostsFiles: [file] })
      await trustHost(endpoint, await fetchHostKeys(endpoint))
      expect(readFileSync(file, 'utf8').split('\n').slice(0, 2)).toEqual([lineFor('10.0.0.1'), lineFor(here())])
    })

    test('a changed or revoked key is not stored', async () => {
      const changed = sshd.endpoint(known(`${here()} ${publicKey(sshd.clientKey)}`))
      await expect(trustHost(changed, await fetchHostKeys(changed))).rejects.toThrow('not the one that is known')
      const keys = await fetchHostKeys(changed)
      expect(keys.flatMap(({ replaces }) => replaces.map(({ line }) => line))).toEqual([1])
      await replaceKeys(changed, keys)
      expect((await fetchHostKeys(changed)).map(({ standing }) => standing)).toEqual(['known', 'known'])
      expect(await logsIn({ knownHostsFiles: changed.knownHostsFiles })).toBe('root')
      const revoked = sshd.endpoint(known(`@revoked ${lineFor('*')}`))
      await expect(trustHost(revoked, await fetchHostKeys(revoked))).rejects.toThrow('revoked')
    })

    test('a host that cannot be reached is told as such', async () => {
      await expect(fetchHostKeys(sshd.endpoint({ port: 1 }))).rejects.toThrow('refused the connection')
    })
  })

  describe('commands', () => {
    test('all reads of one tick, of both privileges of root, take one connection and one channel', async () => {
      const mark = sshd.log().length
      const numbers = Array.from({ length: 20 }, (_, index) => `${index}\n`)
      await withHost({}, async (host) => {
        const replies = await Promise.all(
          numbers.map((number, index) => host.probe(index % 2 ? 'root' : 'login').run(sh`printf %s ${number}`)),
        )
        expect(replies.map((reply) => reply.stdout.toString())).toEqual(numbers)
        await host.session('root').run(sh`true`)
      })
      await expect.poll(() => sshd.log().slice(mark)).toContain('Disconnected from user root')
      const log = sshd.log().slice(mark)
      expect([log.match(/Connection from/g)?.length, log.match(/Starting session:/g)?.length]).toEqual([1, 1])
    })

    test('a noisy .bashrc is no output', async () => {
      writeFileSync(
        join(sshd.folder, '.bashrc'),
        'echo Welcome; printf oops >&2; export PATH=/nowhere IFS=x; ls() { echo fooled; }\n',
      )
      await withHost({}, async (host) => {
        const reply = await host.probe('root').run(rawText('echo "$PATH$IFS" | wc -w; ls -d /; echo err >&2'))
        expect([reply.stdout.toString(), reply.stderr.toString()]).toEqual(['1\n/\n', 'err\n'])
      })
      writeFileSync(join(sshd.folder, '.bashrc'), '')
    })

    test('a flood on stderr is drained', async () => {
      await withHost({}, async (host) => {
        const reply = await host.probe('root').run(rawText('head -c 8388608 /dev/zero >&2; echo done'))
        expect([reply.stdout.toString(), reply.stderr.length, reply.truncated]).toEqual(['done\n', 1_048_576, true])
      })
    })

    test('100 MB of output are capped, and memory stays bounded', async () => {
      await withHost({}, async (host) => {
        await host.probe('root').run(rawText('head -c 20000000 /dev/zero'))
        const before = process.memoryUsage().rss
        const reply = await host.probe('root').run(rawText('head -c 104857600 /dev/urandom; exit 5'))
        expect([reply.code, reply.stdout.length, reply.truncated]).toEqual([5, 1_048_576, true])
        expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000)
      })
    })

    test('a cut connection rejects every command that has no reply, and all that come after', async () => {
      const host = await transport.open(sshd.endpoint())
      const parent = await host.probe('root').run(rawText('echo $PPID'))
      const running = host.session('root').run(rawText('echo begun; exec sleep 60'), {
        onOutput: () => process.kill(Number(parent.stdout.toString()), 'SIGKILL'), // sshd's process for this connection
      })
      const waiting = host.session('root').run(sh`echo never`)
      const lost = { status: 'rejected', reason: { problems: [{ kind: 'connection-lost', host: 'web-1' }] } }
      expect(await Promise.allSettled([running, waiting, host.probe('login').run(sh`true`)])).toMatchObject([
        lost,
        lost,
        lost,
      ])
      expect(await Promise.allSettled([host.probe('root').run(sh`true`)])).toMatchObject([lost])
      await host.close()
    })

    test('a hung command is killed on the host, and the next one finds a fresh shell', async () => {
      await withHost({}, async (host) => {
        const hung = host.session('root').run(rawText('echo $$; sleep 987654'), { timeoutMs: 300 })
        await expect(hung).rejects.toMatchObject({ problems: [{ kind: 'timeout', detail: 'it was killed' }] })
        const left = await host
          .session('root')
          .run(rawText('cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c "sleep 98[7]654"'))
        expect(left.stdout.toString()).toBe('0\n')
      })
    })

    test('a login that may run nothing is told with what it said', async () => {
      const file = sshd.keygen('restricted')
      writeFileSync(join(sshd.folder, 'authorized_keys'), `command="echo backups only; exit 1" ${publicKey(file)}\n`, {
        flag: 'a',
      })
      expect(await problemOf({ identityFiles: [file] })).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('got no shell: it ended with code 1'),
        detail: 'backups only',
      })
    })
  })

  describe('no connection', () => {
    const listen = (onConnection: (socket: import('node:net').Socket) => void): Promise<Server> =>
      new Promise((resolve) => {
        const server = createServer(onConnection).listen(0, '127.0.0.1', () => resolve(server))
      })
    const portOf = (server: Server): number => (server.address() as AddressInfo).port

    test('nothing listens', async () => {
      const problem = await problemOf({ port: 1 })
      expect(problem).toMatchObject({
        kind: 'unreachable',
        message: 'web-1 (127.0.0.1:1) refused the connection: nothing listens on port 1',
      })
    })

    test('a server that says nothing', async () => {
      const silent = await listen(() => {})
      const problem = await problemOf({ port: portOf(silent), connectTimeoutMs: 200 })
      expect(problem).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('did not finish the login within 200 ms'),
      })
      silent.close()
    })

    test('a server that is none of ours', async () => {
      const web = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      expect(await problemOf({ port: portOf(web) })).toMatchObject({
        kind: 'unreachable',
        hint: expect.stringContaining('not an SSH server'),
      })
      web.close()
    })

    test('a server with algorithms of the past', async () => {
      const old = await startSshd({
        config: ['KexAlgorithms diffie-hellman-group14-sha1', 'Ciphers aes128-cbc', 'MACs hmac-sha1'],
      })
      const error = await transport.open(old.endpoint()).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        problems: [{ kind: 'unreachable', hint: 'set ansible_connection: openssh for it' }],
      })
      await old.stop()
    })

    test.each([
      ['with new key exchanges only', ['KexAlgorithms sntrup761x25519-sha512@openssh.com'], 'unreachable'],
      ['that takes tickets only', ['AuthenticationMethods gssapi-with-mic', 'GSSAPIAuthentication yes'], 'auth'],
    ])('a server %s is for the openssh transport, and that is said', async (_, config, kind) => {
      const other = await startSshd({ config })
      await expect(transport.open(other.endpoint())).rejects.toMatchObject({
        problems: [{ kind, hint: expect.stringContaining('ansible_connection: openssh') }],
      })
      await other.stop()
    })

    test('too many sessions: the channel is refused, the connection stands', async () => {
      const narrow = await startSshd({ config: ['MaxSessions 0'] })
      const host = await transport.open(narrow.endpoint())
      await expect(host.probe('root').run(sh`true`)).rejects.toMatchObject({
        problems: [{ kind: 'unreachable', hint: expect.stringContaining('MaxSessions') }],
      })
      await host.close()
      await narrow.stop()
    })
  })

  describe('through hosts on the way', () => {
    test('two hops, each with its own key and its own known hosts', async () => {
      const bastion = await startSshd()
      const inner = await startSshd()
      const jumps = [bastion, inner].map((hop, at) => hop.endpoint({ host: hostName(`hop-${at}`) }))
      expect(await logsIn({ jumps })).toBe('root')
      expect([bastion, inner].map((hop) => hop.log().includes('Accepted publickey'))).toEqual([true, true])
      const strange = { ...sshd.endpoint(), host: hostName('hop-1'), ...known(lineFor('elsewhere')) }
      expect(await problemOf({ jumps: [bastion.endpoint({ host: hostName('hop-0') }), strange] })).toMatchObject({
        kind: 'host-key',
        host: 'web-1',
        message: `the host key of hop-1 (127.0.0.1:${sshd.port}) is not known, on the way to web-1 (127.0.0.1:${sshd.port})`,
      })
      await Promise.all([bastion.stop(), inner.stop()])
    })

    test('a hop that lets nobody in, or nothing on, is named', async () => {
      const closed = await startSshd({ config: ['AllowTcpForwarding no'] })
      const hop = closed.endpoint({ host: hostName('bastion') })
      expect(await problemOf({ jumps: [{ ...hop, identityFiles: [closed.keygen('stranger')] }] })).toMatchObject({
        kind: 'auth',
        host: 'web-1',
        message: expect.stringMatching(/^bastion .* refused to let root in, on the way to web-1/),
      })
      expect(await problemOf({ jumps: [hop] })).toMatchObject({
        kind: 'unreachable',
        message: expect.stringMatching(/^bastion .* could not connect on to web-1/),
        hint: expect.stringContaining('AllowTcpForwarding'),
      })
      await closed.stop()
    })
  })

  test('fifty hosts at once', async () => {
    const hosts = await Promise.all(Array.from({ length: 50 }, () => transport.open(sshd.endpoint())))
    const replies = await Promise.all(hosts.map((host, index) => host.probe('root').run(sh`echo ${index}`)))
    expect(replies.map((reply) => Number(reply.stdout.toString()))).toEqual(hosts.map((_, index) => index))
    await Promise.all(hosts.map((host) => host.close()))
  })
})
