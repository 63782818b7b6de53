import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import type { SeenLink } from '../../../src/modules/net/link-look.ts'
import { recordLink } from '../../../src/modules/net/link-record.ts'

const seen = (kind: string, data: JsonObject, more: Partial<SeenLink> = {}, own: JsonObject = {}): SeenLink => ({
  link: {
    ifname: 'law.1',
    flags: ['BROADCAST', 'NOARP', 'UP', 'LOWER_UP'],
    mtu: 1450,
    txqlen: 500,
    group: 'default',
    address: '02:00:00:00:00:01',
    linkinfo: { info_kind: kind, info_data: data },
    ...own,
  },
  others: [],
  addresses: [],
  routes: [],
  neighbours: [],
  forwarding: [],
  settings: [],
  queues: [],
  connections: [],
  peersBehind: [],
  ...more,
})

const words = (kind: string, data: JsonObject): string => {
  const made = recordLink(seen(kind, data))
  return 'record' in made ? made.record.add.join(' ') : made.because
}

test('a dummy needs nothing but its name, MAC, MTU and queue', () => {
  expect(recordLink(seen('dummy', {}))).toMatchObject({
    record: { kind: 'dummy', mac: '02:00:00:00:00:01', mtu: 1450, queue: 500, up: true, add: [] },
  })
})

test.each<readonly [kind: string, data: JsonObject, words: string]>([
  [
    'vxlan',
    { id: 1, local: '10.0.0.1', link: 'eth0', port: 8472, learning: false, ttl: 0, df: 'unset' },
    'id 1 local 10.0.0.1 dev eth0 dstport 8472 nolearning df unset',
  ],
  [
    'vxlan',
    { id: 2, group6: 'ff05::1', local6: '2001:db8::1', ttl: 5, udp_csum: true },
    'id 2 group ff05::1 local 2001:db8::1 ttl 5 udpcsum',
  ],
  ['vxlan', { id: 3, port_range: { low: 1000, high: 2000 } }, 'id 3 srcport 1000 2000'],
  ['vxlan', { id: 4, gbp: false, vnifilter: false }, 'id 4'],
  ['vxlan', { id: 5, gbp: true }, 'it could not be made anew with gbp true'],
  [
    'bridge',
    { forward_delay: 300, gc_timer: 0.04, root_id: '8000.0', mcast_last_member_cnt: 2, mcast_query_intvl: 12500 },
    'forward_delay 300 mcast_last_member_count 2 mcast_query_interval 12500',
  ],
  ['bridge', { vlan_filtering: 0 }, ''],
  ['bridge', { vlan_filtering: 1 }, 'it could not be made anew with vlan_filtering 1'],
  ['bridge', { what_comes: 3 }, 'it could not be made anew with what_comes 3'],
  ['wireguard', {}, 'a wireguard is not made anew by this'],
])('a %s with %j is made by these words, or not at all: %s', (kind, data, expected) => {
  expect(words(kind, data)).toBe(expected)
})

test('the queueing disciplines that such an interface has by itself are no hindrance', () => {
  const made = recordLink(seen('dummy', {}, { queues: ['qdisc noqueue 0: root refcnt 2'] }, { qdisc: 'noqueue' }))
  expect(made).toHaveProperty('record')
  expect(recordLink(seen('dummy', {}, { queues: ['qdisc noop 0: root refcnt 2'] }, { qdisc: 'noop' }))).toHaveProperty(
    'record',
  )
})

test("the link-local address of IPv6 is the kernel's, others are given again as they were", () => {
  const made = recordLink(
    seen(
      'dummy',
      {},
      {
        addresses: [
          {
            family: 'inet',
            local: '10.0.0.1',
            prefixlen: 24,
            broadcast: '10.0.0.255',
            scope: 'global',
            label: 'law.1',
          },
          { family: 'inet', local: '10.0.0.1', address: '10.0.0.9', prefixlen: 32, scope: 'link', noprefixroute: true },
          { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
        ],
      },
    ),
  )
  expect('record' in made && made.record.addresses).toEqual([
    '10.0.0.1/24 broadcast 10.0.0.255 scope global label law.1',
    '10.0.0.1 peer 10.0.0.9/32 scope link noprefixroute',
  ])
})

test.each<readonly [what: string, more: Partial<SeenLink>, own: JsonObject, because: RegExp]>([
  [
    'an address that is lent',
    { addresses: [{ family: 'inet', local: '10.0.0.1', prefixlen: 24, scope: 'global', dynamic: true }] },
    {},
    /10\.0\.0\.1, which somebody lends/,
  ],
  ['a route with several ways', { routes: ['-4 unicast 10.1.0.0/16 nexthop via 10.0.0.2'] }, {}, /nexthop/],
  ['a flag that is not known', {}, { flags: ['UP', 'PROMISC'] }, /the flag PROMISC/],
  ['another group', {}, { group: 'ours' }, /its group ours/],
  ['a queueing discipline', {}, { qdisc: 'htb' }, /its queueing discipline htb/],
  [
    'filters of what comes',
    { queues: ['qdisc noqueue 0: root refcnt 2', 'qdisc clsact ffff: parent ffff:fff1'] },
    { qdisc: 'noqueue' },
    /its queueing discipline clsact/,
  ],
])('%s is not made anew', (_, more, own, because) => {
  expect(recordLink(seen('dummy', {}, more, own))).toMatchObject({ because: expect.stringMatching(because) })
})
