import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inRig, TRANSPORTS } from '../conformance/rig.ts'
import { asDocumented, CASES, tableText } from '../conformance/table.ts'
import { isInstalled, type Sshd, sshdMissing, startSshd } from './sshd.ts'

describe.skipIf(sshdMissing() !== undefined)('every transport (needs root and openssh-server)', () => {
  let sshd: Sshd
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())

  describe.each(TRANSPORTS)('%s', (name) => {
    for (const one of CASES.filter(({ not }) => not?.[name] === undefined)) {
      test.skipIf(!isInstalled(one.needs))(`${one.group}: ${one.name}`, () => inRig(name, sshd, one.run))
    }
  })

  test('the table of docs/transport.md is this one', () => {
    expect(readFileSync(join(import.meta.dirname, '../../docs/transport.md'), 'utf8')).toContain(
      tableText(asDocumented),
    )
  })

  test('there are at least thirty cases, each of its own name', () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
    expect(CASES.length).toBeGreaterThanOrEqual(30)
  })
})
