import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint, keyType, lookUp, parseKnownHosts, renderKnownHost } from '../../src/transport/known-hosts.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-known-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ed25519 = (): string => `ssh-ed25519 ${wire('ssh-ed25519', randomBytes(32))}`
const wire = (...parts: readonly (string | Buffer)[]): string =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, Buffer.from(part)]
    }),
  ).toString('base64')

describe('keys', () => {
  const names = ['ed25519', 'ecdsa', 'rsa']
  beforeAll(() => {
    for (const type of names) execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, type)])
  })

  test.each(names)('a %s key has the fingerprint that ssh-keygen prints, and its line is read back', (type) => {
    const printed = execFileSync('ssh-keygen', ['-l', '-f', join(folder, `${type}.pub`)], { encoding: 'utf8' })
    const [word = '', base64 = ''] = execFileSync('cat', [join(folder, `${type}.pub`)], { encoding: 'utf8' }).split(' ')
    const key = Buffer.from(base64, 'base64')
    expect([fingerprint(key), keyType(key)]).toEqual([printed.split(' ')[1], word])
    const line = renderKnownHost('Web-1.Example', 2222, key)
    expect(line).toBe(`[web-1.example]:2222 ${word} ${base64.trim()}`)
    expect(lookUp(parseKnownHosts(line, 'f'), 'WEB-1.example', 2222).keys).toMatchObject([{ file: 'f', line: 1, key }])
  })
})

test('a type that is not the one inside the key is junk', () => {
  expect(parseKnownHosts(`web ssh-rsa ${wire('ssh-ed25519', randomBytes(32))}`, 'f')).toEqual([])
})

test('a marker is heeded before a tab too, where OpenSSH overlooks it if blanks follow', () => {
  expect(lookUp(parseKnownHosts(`@revoked\tweb ${ed25519()}`, 'f'), 'web', 22).revoked.length).toBe(1)
})

test('a name with many stars is matched in no time', () => {
  const entries = parseKnownHosts(`${'*a'.repeat(200)}b ${ed25519()}`, 'f')
  expect(lookUp(entries, 'a'.repeat(2000), 22).keys).toEqual([])
})
