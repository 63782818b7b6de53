/** One answered request as the audit log of an API server tells it. */
export interface AuditEvent {
  readonly user: string
  readonly agent: string // as the client calls itself, without its build
  readonly verb: string
  readonly resource: string
  readonly from: 'etcd' | 'cache' | 'part' // of a list: all of it as it is now, as some version had it, or so many at a time
}

/**
 * The answered requests in lines of an audit log in JSON, which may be cut off behind; other lines are left out. Members are
 * taken where the API server writes them first: what a client can say stands behind, or is quoted.
 */
export const auditEvents = (text: string): readonly AuditEvent[] => text.split('\n').flatMap(eventOf)

function eventOf(line: string): readonly AuditEvent[] {
  const [verb, user] = [memberOf(line, 'verb'), memberOf(line, 'username')]
  if (memberOf(line, 'stage') !== 'ResponseComplete' || verb === undefined || user === undefined) return []
  const resource = memberOf(line.slice(Math.max(0, line.indexOf('"objectRef":{'))), 'resource') ?? ''
  const agent = (memberOf(line, 'userAgent') ?? '').split(' ')[0] ?? ''
  return [{ user, agent, verb, resource, from: sourceOf(memberOf(line, 'requestURI') ?? '') }]
}

function memberOf(line: string, name: string): string | undefined {
  const quoted = new RegExp(`[{,]"${name}":("(?:[^"\\\\]|\\\\.)*")`).exec(line)?.[1]
  try {
    return quoted === undefined ? undefined : String(JSON.parse(quoted))
  } catch {
    return undefined
  }
}

/** A list is read whole from etcd unless it is limited or takes a version that the server holds. */
function sourceOf(uri: string): AuditEvent['from'] {
  if (/[?&]limit=[1-9]/.test(uri)) return 'part'
  return /[?&]resourceVersion=[^&]/.test(uri) ? 'cache' : 'etcd'
}

/** How many of some requests came from one client, or were one thing. */
export type Asker = {
  readonly user: string
  readonly agent: string
  readonly verb: string // of what it asks most
  readonly resource: string
  readonly count: number
}

/** The clients by the number of their requests, with what each asks most; watches are one request and left out. */
export function askersOf(events: readonly AuditEvent[], most = 5): readonly Asker[] {
  const asked = events.filter(({ verb }) => verb !== 'watch')
  const clients = Map.groupBy(asked, ({ user, agent }) => JSON.stringify([user, agent]))
  return [...clients.values()]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, most)
    .map((own) => {
      const kinds = Map.groupBy(own, ({ verb, resource }) => JSON.stringify([verb, resource]))
      const [top = []] = [...kinds.values()].toSorted((a, b) => b.length - a.length)
      const { user = '', agent = '', verb = '', resource = '' } = top[0] ?? {}
      return { user, agent, verb, resource, count: own.length }
    })
}
