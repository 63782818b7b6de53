import { describe, expect, it } from 'vitest'
import { labPaths } from '../../lab/paths.ts'
import { labSettings } from '../../lab/settings.ts'

describe('settings of a lab', () => {
  it('give the default lab the addresses of the committed inventory', () => {
    expect(labSettings({}).loopback).toBe('127.77.0')
  })

  it('give a lab in another folder an id and addresses of its own', () => {
    const [one, other] = ['/x/one', '/x/other'].map((RUNBOOK_LAB) => labSettings({ RUNBOOK_LAB }))
    expect(one?.id).toMatch(/^[0-9a-f]{8}$/)
    expect(one?.id).not.toBe(other?.id)
    expect(one?.loopback).toMatch(/^127\.(7[89]|[89]\d|1[0-7]\d)\.([1-9]|\d\d|1\d\d|2[0-4]\d|25[0-4])$/)
    expect(one?.loopback).not.toBe(other?.loopback)
  })

  it.each(['10.77.0', '127.0', '127.256.0', '127.1.2.3', '127.1.x'])('refuse %s as loopback addresses', (loopback) => {
    expect(() => labSettings({}, { loopback })).toThrow(/three bytes of a loopback address/)
  })

  it.each(['0', '-1', '1h', '1.5'])('refuse a TTL of %s', (RUNBOOK_LAB_TTL) => {
    expect(() => labSettings({ RUNBOOK_LAB_TTL })).toThrow(/a number of seconds/)
  })

  it('know who called sudo, who is to own the key', () => {
    expect(labSettings({ SUDO_UID: '1000', SUDO_GID: '1001' }).owner).toEqual({ uid: 1000, gid: 1001 })
    expect(labSettings({}).owner).toBeUndefined()
  })

  it('keep all of a lab in its state folder', () => {
    for (const path of Object.values(labPaths('/x/lab'))) expect(path).toMatch(/^\/x\/lab(\/|$)/)
  })
})
