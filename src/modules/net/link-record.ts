import type { Json, JsonObject } from '../../model/json.ts'
import type { SeenLink } from './link-look.ts'

/** All that is needed to make an interface anew; `add` are the words after its kind, lists are lines of words. */
export type LinkRecord = {
  readonly kind: string
  readonly mac: string
  readonly mtu: number
  readonly queue: number
  readonly up: boolean
  readonly add: readonly string[]
  readonly addresses: readonly string[]
  readonly routes: readonly string[]
  readonly neighbours: readonly string[]
  readonly forwarding: readonly string[]
  readonly settings: readonly string[]
}

/** The interface as it can be made anew, or why it cannot. */
export function recordLink(seen: SeenLink): { readonly record: LinkRecord } | { readonly because: string } {
  const { link } = seen
  const kind = kindOf(link)
  if (!isRemade(kind)) return { because: `a ${kind === '' ? 'card' : kind} is not made anew by this` }
  const unknown =
    unknownOf(link) ??
    unknownQueue(seen) ??
    unknownAddress(seen) ??
    seen.routes.find((line) => /\b(?:nexthop|nhid|expires)\b/.test(line))
  if (unknown !== undefined) return { because: `it could not be made anew with ${unknown}` }
  return {
    record: {
      kind,
      mac: String(link.address),
      mtu: Number(link.mtu),
      queue: Number(link.txqlen ?? 1000),
      up: flagsOf(link).includes('UP'),
      add: Object.entries(dataOf(link)).flatMap(([key, value]) => WORDS[kind](key, value) ?? []),
      addresses: seen.addresses.filter(isGiven).map(addressWords),
      routes: seen.routes,
      neighbours: seen.neighbours,
      forwarding: seen.forwarding,
      settings: seen.settings,
    },
  }
}

export const kindOf = (link: JsonObject): string => {
  const kind = (link.linkinfo as JsonObject | undefined)?.info_kind // sealed: as ip says it
  return typeof kind === 'string' ? kind : ''
}

/** The interface that it lies upon. */
export const lowerOf = (link: JsonObject): Json | undefined => link.link ?? dataOf(link).link

const dataOf = (link: JsonObject): JsonObject =>
  ((link.linkinfo as JsonObject | undefined)?.info_data ?? {}) as JsonObject // sealed: as above
const flagsOf = (link: JsonObject): readonly string[] => (Array.isArray(link.flags) ? link.flags.map(String) : [])

/** Words of `ip link add` for an attribute that `ip -json` shows; undefined: not known. */
type Words = (key: string, value: Json) => readonly string[] | undefined

type Remade = 'bridge' | 'vxlan' | 'dummy'
const isRemade = (kind: string): kind is Remade => Object.hasOwn(WORDS, kind)

/** Attributes of a bridge that only tell of the moment. */
const MOMENT = /^(?:bridge_id|root_id|root_port|root_path_cost|topology_change\w*|\w+_timer|fdb_n_learned)$/

const BRIDGE: { readonly [key: string]: string } = {
  group_addr: 'group_address',
  mcast_last_member_cnt: 'mcast_last_member_count',
  mcast_startup_query_cnt: 'mcast_startup_query_count',
}
const BRIDGE_PLAIN =
  /^(?:forward_delay|hello_time|max_age|ageing_time|stp_state|priority|group_fwd_mask|mcast_(?:snooping|router|query_use_ifaddr|querier|hash_max|stats_enabled|igmp_version|mld_version)|mcast_\w+_intvl|nf_call_ip6?tables|nf_call_arptables)$/

const VXLAN: { readonly [key: string]: string } = {
  id: 'id',
  local: 'local',
  local6: 'local',
  group: 'group',
  group6: 'group',
  remote: 'remote',
  remote6: 'remote',
  link: 'dev',
  port: 'dstport',
  tos: 'tos',
  df: 'df',
  ageing: 'ageing',
  limit: 'maxaddress',
}
const VXLAN_FLAGS: { readonly [key: string]: string } = {
  learning: 'learning',
  proxy: 'proxy',
  rsc: 'rsc',
  l2miss: 'l2miss',
  l3miss: 'l3miss',
  udp_csum: 'udpcsum',
  udp_zero_csum6_tx: 'udp6zerocsumtx',
  udp_zero_csum6_rx: 'udp6zerocsumrx',
  localbypass: 'localbypass',
}

/** What is off is so in a new one. mcast_hash_elasticity has had no effect since Linux 4.19. */
const isOff = (value: Json): boolean => value === false || value === 0 || value === ''

const WORDS: { readonly [kind in Remade]: Words } = {
  bridge: (key, value) => {
    if (MOMENT.test(key) || key === 'mcast_hash_elasticity') return []
    if (key in BRIDGE || BRIDGE_PLAIN.test(key))
      return [BRIDGE[key] ?? key.replace(/_intvl$/, '_interval'), String(value)]
    return isOff(value) ? [] : undefined
  },
  vxlan: (key, value) => {
    const flag = VXLAN_FLAGS[key]
    if (flag !== undefined) return [value === true ? flag : `no${flag}`]
    if (key === 'ttl') return value === 0 ? [] : ['ttl', String(value)]
    if (key === 'port_range') return portRange(value)
    const word = VXLAN[key]
    if (word !== undefined) return [word, String(value)]
    return isOff(value) ? [] : undefined
  },
  dummy: (_, value) => (isOff(value) ? [] : undefined),
}

function portRange(value: Json): readonly string[] {
  const { low, high } = value as JsonObject // sealed: as ip says it
  return low === 0 && high === 0 ? [] : ['srcport', String(low), String(high)]
}

/** The first thing of an interface that making it anew would not bring back. */
function unknownOf(link: JsonObject): string | undefined {
  const kind = kindOf(link)
  const usual = ['BROADCAST', 'MULTICAST', 'NOARP', 'UP', 'LOWER_UP', 'NO-CARRIER']
  const flag = flagsOf(link).find((one) => !usual.includes(one))
  if (flag !== undefined) return `the flag ${flag}`
  const other = ['altnames', 'ifalias', 'xdp', 'prog'].find((key) => link[key] !== undefined)
  if (other !== undefined) return `its ${other}`
  if (link.group !== undefined && link.group !== 'default') return `its group ${String(link.group)}`
  const data = Object.entries(dataOf(link)).find(
    ([key, value]) => isRemade(kind) && WORDS[kind](key, value) === undefined,
  )
  return data && `${data[0]} ${JSON.stringify(data[1])}`
}

/** What such an interface has by itself, up and down; all else somebody gave it, and its classes and filters would be lost. */
const OWN_QUEUE = /^(?:noqueue|noop)$/

function unknownQueue({ link, queues }: SeenLink): string | undefined {
  const kinds = [
    ...queues.map((line) => line.split(' ')[1] ?? line),
    ...(link.qdisc === undefined ? [] : [String(link.qdisc)]),
  ]
  const given = kinds.find((kind) => !OWN_QUEUE.test(kind))
  return given && `its queueing discipline ${given}`
}

const FOREVER = 4_294_967_295

const unknownAddress = ({ addresses }: SeenLink): string | undefined => {
  const passing = addresses
    .filter(isGiven)
    .find((one) => one.dynamic === true || (one.valid_life_time ?? FOREVER) !== FOREVER)
  return passing && `its address ${String(passing.local)}, which somebody lends for a time`
}

/** The kernel makes the link-local address of IPv6 from the MAC. */
const isGiven = ({ family, scope }: JsonObject): boolean => !(family === 'inet6' && scope === 'link')

function addressWords(one: JsonObject): string {
  const own = String(one.local)
  const where =
    one.address === undefined ? `${own}/${one.prefixlen}` : `${own} peer ${String(one.address)}/${one.prefixlen}`
  return [
    where,
    ...(one.broadcast === undefined ? [] : [`broadcast ${String(one.broadcast)}`]),
    `scope ${String(one.scope)}`,
    ...(one.family === 'inet' && one.label !== undefined ? [`label ${String(one.label)}`] : []),
    ...(one.noprefixroute === true ? ['noprefixroute'] : []),
  ].join(' ')
}
