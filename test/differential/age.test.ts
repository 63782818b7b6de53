import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readSecrets } from '../../src/cli/read-secrets.ts'
import { type SecretSource, sourceKey } from '../../src/load/secret-source.ts'
import { fakeWorld } from '../cli/fake-world.ts'

test("a secret that Debian's age encrypted is got by it", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-age-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const identity = path.join(folder, 'identity')
  execFileSync('age-keygen', ['-o', identity], { stdio: 'ignore' })
  const recipient = execFileSync('age-keygen', ['-y', identity], { encoding: 'utf8' }).trim()
  execFileSync('age', ['-r', recipient, '-o', path.join(folder, 'token.age')], { input: 'the token\n' })
  const source: SecretSource = { kind: 'age', path: 'token.age', identity: 'identity' }
  const values = await readSecrets([source], fakeWorld({ cwd: folder, env: { PATH: '/usr/bin:/bin' } }))
  expect(values.get(sourceKey(source))?.reveal()).toBe('the token')
})
