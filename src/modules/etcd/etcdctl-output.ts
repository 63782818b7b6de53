import { isObject } from '../../model/json.ts'
import { hexId, parseExactJson } from './exact-json.ts'

/** A member as `member list` has it; ids in hex. */
export interface ListedMember {
  readonly id: string
  readonly name: string // '' while it has not started
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
}

/** `member list -w json`; undefined where it is no answer. */
export function parseMemberList(
  text: string,
): { readonly clusterId: string; readonly members: readonly ListedMember[] } | undefined {
  const json = parseExactJson(text)
  if (!isObject(json) || !Array.isArray(json.members)) return undefined
  const clusterId = isObject(json.header) ? hexId(json.header.cluster_id) : undefined
  const members = json.members.flatMap((member: unknown) => {
    const id = isObject(member) ? hexId(member.ID) : undefined
    if (!isObject(member) || id === undefined) return []
    const clientUrls = Array.isArray(member.clientURLs) ? member.clientURLs.map(String) : []
    const name = typeof member.name === 'string' ? member.name : ''
    return [{ id, name, clientUrls, isLearner: member.isLearner === true }]
  })
  return { clusterId: clusterId ?? '', members }
}

/** A member's own word on itself, from `endpoint status`. A leader is absent while there is none. */
export interface MemberStatus {
  readonly endpoint: string
  readonly id: string
  readonly clusterId: string
  readonly leader: string | undefined
  readonly term: number
  readonly raftIndex: number
  readonly appliedIndex: number // the raft index up to 3.3, which does not tell
  readonly revision: number
  readonly dbSize: number
  readonly dbSizeInUse: number | undefined
  readonly version: string
  readonly errors: readonly string[]
}

/** Any number of `endpoint status -w json` answers, one per line, in any order; what is no answer is left out. */
export const parseStatuses = (text: string): readonly MemberStatus[] =>
  text.split('\n').flatMap((line) => {
    const json = parseExactJson(line)
    return Array.isArray(json) ? json.flatMap(statusOf) : []
  })

function statusOf(entry: unknown): readonly MemberStatus[] {
  const status = isObject(entry) ? entry.Status : undefined
  if (!isObject(entry) || !isObject(status) || !isObject(status.header)) return []
  const id = hexId(status.header.member_id)
  if (id === undefined) return []
  const number = (value: unknown): number => Number(value ?? 0)
  const leader = hexId(status.leader)
  return [
    {
      endpoint: String(entry.Endpoint),
      id,
      clusterId: hexId(status.header.cluster_id) ?? '',
      leader: leader === '0' ? undefined : leader,
      term: number(status.raftTerm),
      raftIndex: number(status.raftIndex),
      appliedIndex: number(status.raftAppliedIndex ?? status.raftIndex),
      revision: number(status.header.revision),
      dbSize: number(status.dbSize),
      dbSizeInUse: status.dbSizeInUse === undefined ? undefined : number(status.dbSizeInUse),
      version: String(status.version ?? ''),
      errors: Array.isArray(status.errors) ? status.errors.map(String) : [],
    },
  ]
}

/** Whether an endpoint answered a linearizable read. */
export interface EndpointHealth {
  readonly endpoint: string
  readonly healthy: boolean
  readonly error: string
}

/** `endpoint health`, as JSON or, of an etcdctl too old for it, as text; stdout and stderr together. */
export function parseHealth(text: string): readonly EndpointHealth[] {
  const lines = text.split('\n')
  const json = lines
    .map((line) => (line.startsWith('[{"endpoint"') ? parseExactJson(line) : undefined))
    .find(Array.isArray)
  if (json)
    return json.filter(isObject).map((entry) => ({
      endpoint: String(entry.endpoint),
      healthy: entry.health === true,
      error: String(entry.error ?? ''),
    }))
  return lines.flatMap((line) => {
    const [, endpoint = '', negated, error = ''] = /^(https?:\/\/\S+) is (un)?healthy: (.*)$/.exec(line) ?? []
    return endpoint === ''
      ? []
      : [{ endpoint, healthy: negated === undefined, error: negated === undefined ? '' : error }]
  })
}

/** An active alarm. */
export interface Alarm {
  readonly member: string // hex
  readonly kind: string // NOSPACE, CORRUPT
}

/** `alarm list`: memberID:N alarm:KIND per line, N decimal. */
export const parseAlarms = (text: string): readonly Alarm[] =>
  [...text.matchAll(/^memberID:(\d+) alarm:(\w+)/gm)].map(([, id = '0', kind = '']) => ({
    member: BigInt(id).toString(16),
    kind,
  }))
