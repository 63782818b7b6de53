import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli/run-cli.ts'
import { publicKey, type Sshd, sshdMissing, startSshd } from '../transport/sshd.ts'
import { fakeWorld } from './fake-world.ts'

const NO_ARGUMENTS: readonly string[] = []

describe.skipIf(sshdMissing() !== undefined)('trust (needs root and openssh-server)', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-trust-'))
  const knownHosts = path.join(folder, '.ssh/known_hosts')
  let host: Sshd
  let bastion: Sshd

  beforeAll(async () => {
    host = await startSshd()
    bastion = await startSshd()
    mkdirSync(path.join(folder, '.ssh'))
    const settings = (sshd: Sshd) => [`HostName 127.0.0.1`, `Port ${sshd.port}`, `IdentityFile ${sshd.clientKey}`]
    const behind = ['Host behind', ...settings(host), 'ProxyJump bastion']
    const config = [
      'Host bastion',
      ...settings(bastion),
      ...behind,
      'Host direct',
      ...settings(host),
      'Host *',
      'User root',
    ]
    writeFileSync(path.join(folder, '.ssh/config'), `${config.join('\n')}\n`, { mode: 0o600 })
    writeFileSync(path.join(folder, 'hosts.ini'), 'direct\nbehind\n')
  })
  afterAll(async () => {
    await Promise.all([host.stop(), bastion.stop()])
    rmSync(folder, { recursive: true })
  })

  const at = ({ port }: Sshd): string => `[127.0.0.1]:${port}`
  const keyOf = (sshd: Sshd): string => `${at(sshd)} ${sshd.hostKeys.ed25519}`
  const knows = (...lines: string[]): void => writeFileSync(knownHosts, lines.map((line) => `${line}\n`).join(''))
  const known = (): readonly string[] => readFileSync(knownHosts, 'utf8').trim().split('\n')
  const trust = (name: string, more: readonly string[] = NO_ARGUMENTS) => {
    const argv = ['trust', name, '-i', path.join(folder, 'hosts.ini'), ...more]
    const world = fakeWorld({ terminal: 'yes', cwd: folder, homeFolder: folder, argv })
    return { world, code: runCli(world) }
  }

  test.each([
    ['yes', true],
    ['y e s', false],
    ['no', false],
  ])('--replace shows the known and the new key, asks, and heeds the answer %s', async (answer, isReplaced) => {
    const old = `${at(host)} ${publicKey(host.clientKey)}`
    knows(old, keyOf(bastion))
    const { world, code } = trust('direct', ['--replace'])
    await expect.poll(() => world.told().stderr, { timeout: 20_000 }).toContain('Trust them?')
    expect(world.told().stdout).toMatch(/ssh-ed25519 +SHA256:\S+ +changed\n +known so far: ssh-ed25519 SHA256:\S+/)
    expect(known()).toContain(old)
    world.type(`${answer}\n`)
    expect(await code).toBe(0)
    expect(known()).toEqual(isReplaced ? [keyOf(bastion), keyOf(host)] : [old, keyOf(bastion)])
  })

  test('without --replace a changed key is refused, and nothing is asked', async () => {
    const old = `${at(host)} ${publicKey(host.clientKey)}`
    knows(old)
    const { world, code } = trust('direct')
    expect(await code).not.toBe(0)
    expect(world.told().stderr).toContain('runbook trust --replace direct')
    expect(world.told().stderr).not.toContain('Trust them?')
    expect(known()).toEqual([old])
  })

  test('of a host behind another goes through that one, whose own key must be known', async () => {
    knows('')
    const refused = trust('behind', ['--yes'])
    expect(await refused.code).not.toBe(0)
    expect(refused.world.told().stderr).toContain('the host key of bastion')
    expect(known()).toEqual([''])
    knows(keyOf(bastion))
    const { world, code } = trust('behind', ['--yes'])
    expect(await code).toBe(0)
    expect(world.told().stdout).toContain('ssh-ed25519')
    expect(known()).toEqual([keyOf(bastion), keyOf(host)])
    expect(bastion.log()).toContain('Accepted publickey')
  })
})
