import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { unvaultWith } from '../../src/load/vault.ts'
import { succeed } from '../../src/model/problem.ts'
import { Secret } from '../../src/model/secret.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-vault-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What Debian's ansible-vault makes of a text; with a label in format 1.2. */
function encrypt(text: string, { password, label }: { readonly password: string; readonly label?: string }): string {
  const file = join(folder, 'password')
  writeFileSync(file, password)
  const id =
    label === undefined
      ? ['--vault-password-file', file]
      : ['--vault-id', `${label}@${file}`, '--encrypt-vault-id', label]
  const { status, stdout, stderr } = spawnSync('ansible-vault', ['encrypt', ...id, '--output', '-'], {
    input: text,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8' },
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

test('what ansible-vault encrypts is opened, in both formats, by the right one of several passwords', () => {
  const password = fc.stringMatching(/^[!-~]{1,40}$/).filter((text) => !text.startsWith('$ANSIBLE_VAULT'))
  const cases = fc.record({
    text: fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }).filter((text) => !text.includes('\r')),
    password,
    label: fc.option(fc.constantFrom('prod', 'a-b'), { nil: undefined }),
  })
  fc.assert(
    fc.property(cases, ({ text, password: own, label }) => {
      const sealed = encrypt(text, { password: own, ...(label === undefined ? {} : { label }) })
      expect(sealed.startsWith(label === undefined ? '$ANSIBLE_VAULT;1.1' : '$ANSIBLE_VAULT;1.2')).toBe(true)
      const open = unvaultWith([new Secret(`not ${own}`), new Secret(own)])
      expect(open(sealed)).toEqual(succeed(text))
      expect(unvaultWith([new Secret(`${own}!`)])(sealed).ok).toBe(false)
    }),
    { numRuns: 25 },
  )
})
