import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sh } from '../../src/model/command.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { type Sshd, sshdMissing, startSshd } from './sshd.ts'

const transport = createTransport({ randomBytes })

describe.skipIf(sshdMissing() !== undefined)(
  'the openssh transport (needs root and openssh-server)',
  { timeout: 60_000 },
  () => {
    let sshd: Sshd
    beforeAll(async () => {
      sshd = await startSshd()
    })
    afterAll(() => sshd.stop())
    const openssh = (more: readonly string[] = []) => {
      const [known = ''] = sshd.endpoint().knownHostsFiles
      return sshd.endpoint({
        transport: 'openssh',
        sshArguments: [
          ...['-F', 'none', '-i', sshd.clientKey, '-o', 'User=root', '-o', `Port=${sshd.port}`],
          ...['-o', `UserKnownHostsFile=${known}`, ...more],
        ],
      })
    }

    test('leaves nothing behind when it is closed: no process, no socket', async () => {
      const host = await transport.open(openssh())
      expect((await host.probe('login').run(sh`id -un`)).stdout.toString()).toBe('root\n')
      const running = (): string =>
        execFileSync('sh', ['-c', `ps -eo args | grep '[r]unbook-.*/s ' || true`], { encoding: 'utf8' })
      const mine = (): string =>
        running()
          .split('\n')
          .filter((line) => line.includes(sshd.clientKey))
          .join('\n')
      expect(mine()).toContain('ControlPersist')
      await host.close()
      await expect.poll(mine).toBe('')
    })

    test('an exit code of 255 of a command is an answer like any other', async () => {
      const host = await transport.open(openssh())
      expect((await host.probe('login').run(sh`exit 255`)).code).toBe(255)
      await host.close()
    })
  },
)
