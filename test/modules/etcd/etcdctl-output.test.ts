import { describe, expect, test } from 'vitest'
import { parseAlarms, parseHealth, parseMemberList, parseStatuses } from '../../../src/modules/etcd/etcdctl-output.ts'
import { recorded, versions } from './fixture.ts'

const leaders = { '3.3.27': '5827f70b3ab37a47', '3.4.23': '81e27e53e7880a05', '3.5.16': 'd7abe701c6d626f9' }

describe.each(versions)('etcdctl %s', (version) => {
  test('the leader is the member whose own id its status gives as leader', () => {
    const statuses = parseStatuses(recorded(version, 'healthy', 'endpoint-status-json').stdout)
    expect(statuses).toHaveLength(3)
    expect(new Set(statuses.map((status) => status.leader))).toEqual(new Set([leaders[version]]))
    expect(statuses.filter((status) => status.leader === status.id)).toHaveLength(1)
  })

  test('a status without quorum has no leader, although etcdctl exits with 0', () => {
    const { stdout, code } = recorded(version, 'no-quorum', 'endpoint-status-json')
    const [status] = parseStatuses(stdout)
    expect(code).toBe(0)
    expect(status?.leader).toBeUndefined()
    expect(status?.errors).toEqual(version === '3.3.27' ? [] : ['etcdserver: no leader'])
  })

  test('a member that is down is missing in the statuses and unhealthy in health', () => {
    expect(parseStatuses(recorded(version, 'one-member-down', 'endpoint-status-json').stdout)).toHaveLength(2)
    const health = parseHealth(recorded(version, 'one-member-down', 'endpoint-health-json').stdout)
    expect(health.filter((one) => !one.healthy)).toMatchObject([{ error: 'context deadline exceeded' }])
  })

  test('health is the same read from text, on whichever stream it comes', () => {
    const json = parseHealth(recorded(version, 'one-member-down', 'endpoint-health-json').stdout)
    const { stdout, stderr } = recorded(version, 'one-member-down', 'endpoint-health')
    const text = parseHealth(`${stderr}${stdout}`)
    const short = (list: typeof json) => list.map((one) => `${one.endpoint} ${one.healthy}`).toSorted()
    expect(short(text)).toEqual(short(json))
  })

  test('alarms name the member in decimal, and come out in hex', () => {
    const { stdout } = recorded(version, 'nospace', 'alarm-list')
    const list = parseMemberList(recorded(version, 'nospace', 'member-list-json').stdout)
    expect(parseAlarms(stdout)).toEqual([{ member: list?.members[0]?.id, kind: 'NOSPACE' }])
    expect(parseAlarms(recorded(version, 'healthy', 'alarm-list').stdout)).toEqual([])
  })
})

test('what is no answer is no member list', () => {
  expect(parseMemberList(recorded('3.5.16', 'no-quorum', 'member-list-json').stdout)).toBeUndefined()
  expect(parseMemberList('{"header":{}}')).toBeUndefined()
})
