import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openAccess } from '../../src/cli/endpoints.ts'
import { withPassphrases } from '../../src/cli/passphrases.ts'
import { hostName } from '../../src/model/id.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Endpoint } from '../../src/model/transport.ts'
import { fakeWorld } from './fake-world.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-passphrase-'))
afterAll(() => rmSync(folder, { recursive: true }))

const key = (name: string, passphrase: string, ...options: string[]): string => {
  const file = path.join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', passphrase, '-f', file, ...options])
  return file
}
const reach = (privateKey: string) => ({ forks: 1, privateKey, becomePassword: 'none' }) as const

describe('the passphrase of an encrypted --private-key', () => {
  test.each([
    ['as OpenSSH writes it', []],
    ['in PEM', ['-m', 'PEM']],
    ['in PKCS#8', ['-m', 'PKCS8']],
  ])('%s is asked for on a terminal, and not shown', async (name, options) => {
    const world = fakeWorld({ terminal: 'yes' })
    const access = openAccess(reach(key(name, 'open sesame', ...options)), world)
    await expect.poll(() => world.told().stderr).toContain(`passphrase of ${path.join(folder, name)}:`)
    world.type('open sesame\r')
    expect((await access).passphrase?.reveal()).toBe('open sesame')
    expect(world.told().stderr).not.toContain('sesame')
  })

  test('is not asked for without a terminal, beside an agent, or of an open key', async () => {
    const [locked, open] = [key('locked', 'open sesame'), key('open', '')]
    const answers = await Promise.all([
      openAccess(reach(locked), fakeWorld()),
      openAccess(reach(locked), fakeWorld({ terminal: 'yes', env: { SSH_AUTH_SOCK: '/agent' } })),
      openAccess(reach(open), fakeWorld({ terminal: 'yes' })),
      openAccess(reach('/nowhere'), fakeWorld({ terminal: 'yes' })),
    ])
    expect(answers.map(({ passphrase }) => passphrase)).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('the passphrase of a key that an inventory or ssh_config names', () => {
  const endpoint = (more: Partial<Endpoint>): Endpoint => ({
    host: hostName('a'),
    transport: 'ssh2',
    address: '127.0.0.1',
    port: 22,
    user: 'root',
    identityFiles: [],
    knownHostsFiles: [],
    connectTimeoutMs: 1000,
    ...more,
  })
  const locked = key('named', 'open sesame')

  test('is asked for once a key, and given to every host that needs it and to those on the way', async () => {
    const world = fakeWorld({ terminal: 'yes' })
    const asked = withPassphrases(
      [
        endpoint({ identityFiles: ['/nowhere', locked] }),
        endpoint({ host: hostName('b'), identityFiles: [locked], jumps: [endpoint({ identityFiles: [locked] })] }),
      ],
      world,
    )
    await expect.poll(() => world.told().stderr).toContain(`passphrase of ${locked}:`)
    world.type('open sesame\r')
    const [first, second] = await asked
    const given = [first, second, second?.jumps?.[0]].map((one) => one?.passphrase?.reveal())
    expect(given).toEqual(['open sesame', 'open sesame', 'open sesame'])
    expect(world.told().stderr.match(/passphrase of/g)).toHaveLength(1)
  })

  test('is not asked for without a terminal, or where something else may do', async () => {
    const open = key('other', '')
    const untouched: readonly Endpoint[] = [
      endpoint({ identityFiles: [locked, open] }),
      endpoint({ identityFiles: [locked], agentSocket: '/agent' }),
      endpoint({ identityFiles: [locked], password: new Secret('x') }),
      endpoint({ identityFiles: [locked], passphrase: new Secret('y') }),
      endpoint({ identityFiles: [locked], transport: 'openssh' }),
      endpoint({}),
    ]
    expect(await withPassphrases(untouched, fakeWorld({ terminal: 'yes' }))).toEqual(untouched)
    const alone = [endpoint({ identityFiles: [locked] })]
    expect(await withPassphrases(alone, fakeWorld())).toEqual(alone)
  })
})
