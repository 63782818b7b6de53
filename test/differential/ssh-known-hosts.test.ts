import { spawnSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { fingerprint, hostPattern, type KnownHost, lookUp, parseKnownHosts } from '../../src/transport/known-hosts.ts'

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

const hashed = (name: string): string => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

describe('lines are found as ssh-keygen -F finds them', () => {
  const label = fc.constantFrom('a', 'b', 'web', 'db1', 'web-1', '10', '0')
  const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
  const port = fc.constantFrom(22, 22, 2222, 2022)
  const name = fc.tuple(host, port).map(([one, at]) => hostPattern(one, at))
  const pattern = fc
    .tuple(
      name,
      fc.constantFrom('', '', '', '!'),
      fc.constantFrom('same', 'same', 'star', 'mark', 'head', 'all', 'upper'),
    )
    .map(([one, negation, how]) => {
      if (how === 'star') return `${negation}${one.replace(/[a-z0-9]+/, '*')}`
      if (how === 'mark') return `${negation}${one.replace(/[a-z0-9]/, '?')}`
      if (how === 'head') return `${negation}*${one.slice(1)}`
      if (how === 'upper') return `${negation}${one.toUpperCase()}`
      return how === 'all' ? `${negation}*` : `${negation}${one}`
    })
  const hosts = fc.oneof(
    { weight: 4, arbitrary: fc.array(pattern, { minLength: 1, maxLength: 3 }).map((patterns) => patterns.join(',')) },
    { weight: 2, arbitrary: name.map(hashed) },
  )
  const marker = fc.constantFrom('', '', '', '', '@revoked ', '@cert-authority ', '@unknown ', '@revoked @revoked ')
  const entry = fc
    .tuple(
      marker,
      hosts,
      fc.constantFrom('', ' a comment', '\t#x', '\r'),
      fc.constantFrom('', ' ', '\t'),
      fc.constantFrom(' ', '  ', '\t'),
    )
    .map(([mark, names, comment, before, gap]) => `${before}${mark}${names}${gap}${ed25519()}${comment}`)
  const junk = fc.constantFrom(
    '',
    '   ',
    '# comment',
    'web',
    'web ssh-ed25519',
    'web ssh-ed25519 AAAA',
    'web nonsense AAAAC3Nz',
    '\0',
    '@revoked',
    '*,',
  )
  const file = fc.array(fc.oneof({ weight: 4, arbitrary: entry }, { weight: 1, arbitrary: junk }), { maxLength: 8 })

  test('for 1,200 generated files, by line, marker and key', () => {
    const path = join(folder, 'generated')
    let hits = 0
    fc.assert(
      fc.property(file, host, port, (lines, asked, at) => {
        const text = lines.map((line) => `${line}\n`).join('')
        writeFileSync(path, text)
        const { keys, authorities, revoked } = lookUp(parseKnownHosts(text, path), asked, at)
        const found = [...keys, ...authorities, ...revoked].sort((a, b) => a.line - b.line).map(summary)
        expect(found).toEqual(oracle(path, hostPattern(asked, at)))
        hits += found.length
      }),
      { numRuns: 1200 },
    )
    expect(hits).toBeGreaterThan(300) // else the generator misses the point
  }, 60_000)

  const words = { none: '', 'cert-authority': 'CA', revoked: 'REVOKED' } as const
  const summary = (found: KnownHost): string => `${found.line} ${words[found.marker]} ${fingerprint(found.key)}`

  // "# Host web found: line 2 CA", then "web ED25519 SHA256:..."
  function oracle(path: string, asked: string): string[] {
    const { stdout } = spawnSync('ssh-keygen', ['-l', '-F', asked, '-f', path], { encoding: 'utf8' })
    const lines = stdout.split('\n')
    return lines.flatMap((line, index) => {
      const head = /^# Host .* found: line (\d+) ?(CA|REVOKED)?/.exec(line)
      return head ? [`${head[1]} ${head[2] ?? ''} ${/SHA256:\S+/.exec(lines[index + 1] ?? '')?.[0]}`] : []
    })
  }
})
