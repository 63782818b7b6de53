import { describe, expect, test } from 'vitest'
import { askersOf, auditEvents } from '../../../src/modules/profiling/audit-events.ts'
import { requestRates } from '../../../src/modules/profiling/request-rates.ts'
import { parsePrometheus } from '../../../src/modules/shared/prometheus.ts'

interface Counted {
  readonly lists: number
  readonly gets: number
  readonly refused: number
  readonly started?: number
}

/** What kube-apiserver 1.20 says of itself, after so many requests. A LIST takes 0.5 s, a GET 0.01 s. */
const metrics = ({ lists, gets, refused, started = 1.7e9 }: Counted) =>
  parsePrometheus(`process_start_time_seconds ${started}
apiserver_request_total{code="200",group="",resource="configmaps",scope="cluster",subresource="",verb="LIST",version="v1"} ${lists}
apiserver_request_total{code="200",group="",resource="pods",scope="resource",subresource="status",verb="GET",version="v1"} ${gets}
apiserver_request_total{code="429",group="",resource="pods",scope="resource",subresource="status",verb="GET",version="v1"} ${refused}
apiserver_request_total{code="200",group="",resource="nodes",scope="cluster",subresource="",verb="WATCH",version="v1"} ${lists}
apiserver_request_duration_seconds_sum{group="",resource="configmaps",scope="cluster",subresource="",verb="LIST"} ${lists / 2}
apiserver_request_duration_seconds_count{group="",resource="configmaps",scope="cluster",subresource="",verb="LIST"} ${lists}
apiserver_request_duration_seconds_sum{group="",resource="pods",scope="resource",subresource="status",verb="GET"} ${gets / 100}
apiserver_request_duration_seconds_count{group="",resource="pods",scope="resource",subresource="status",verb="GET"} ${gets}
apiserver_request_duration_seconds_sum{group="",resource="nodes",scope="cluster",subresource="",verb="WATCH"} ${lists * 3000}
apiserver_request_duration_seconds_count{group="",resource="nodes",scope="cluster",subresource="",verb="WATCH"} ${lists}
apiserver_current_inflight_requests{request_kind="mutating"} 2
apiserver_current_inflight_requests{request_kind="readOnly"} 7
apiserver_longrunning_gauge{group="",resource="pods",scope="cluster",subresource="",verb="WATCH",version="v1"} 5
apiserver_longrunning_gauge{group="",resource="pods",scope="namespace",subresource="",verb="WATCH",version="v1"} 1
apiserver_flowcontrol_dispatched_requests_total{flow_schema="catch-all",priority_level="catch-all"} ${gets}
`)

const before = metrics({ lists: 10, gets: 100, refused: 1 })

describe('what an API server was asked for', () => {
  test('is told by kind, the busiest first; watches do not count with the time of their whole life', () => {
    expect(requestRates(before, metrics({ lists: 20, gets: 300, refused: 6 }), 10)).toEqual({
      per_s: 21.5,
      failed_per_s: 0.5,
      kinds: [
        { verb: 'LIST', resource: 'configmaps', scope: 'cluster', per_s: 1, busy: 0.5 },
        { verb: 'GET', resource: 'pods/status', scope: 'resource', per_s: 20, busy: 0.2 },
      ],
      lists: { busy_share: 71.4, resource: 'configmaps', scope: 'cluster', per_s: 1, busy: 0.5 },
      flows: [{ name: 'catch-all', per_s: 20 }],
      inflight: { readOnly: 7, mutating: 2 },
      long_running: [{ name: 'WATCH pods', count: 6 }],
    })
  })

  test('is nothing where nothing was asked', () => {
    const idle = requestRates(before, before, 10)
    expect(idle).toMatchObject({ per_s: 0, kinds: [], flows: [] })
    expect(idle).not.toHaveProperty('lists')
  })

  test('is not told of two looks at different servers, or without time between them', () => {
    expect(requestRates(before, metrics({ lists: 20, gets: 300, refused: 6, started: 1.8e9 }), 10)).toBeUndefined()
    expect(requestRates(before, [], 10)).toBeUndefined()
    expect(requestRates(before, before, 0)).toBeUndefined()
  })
})

const event = (user: string, agent: string, verb: string, uri: string, stage = 'ResponseComplete'): string =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'a',
    stage,
    requestURI: uri,
    verb,
    user: { username: user, groups: ['system:authenticated'] },
    sourceIPs: ['10.0.0.9'],
    userAgent: agent,
    objectRef: { resource: 'pods', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
  })

describe('an audit log', () => {
  test('names the clients, and what each of them asks most', () => {
    const lines = [
      ...Array.from({ length: 3 }, () =>
        event('system:serviceaccount:ops:watcher', 'watcher/v2 (linux)', 'list', '/api/v1/pods'),
      ),
      event('system:serviceaccount:ops:watcher', 'watcher/v2 (linux)', 'get', '/api/v1/namespaces/a/pods/b'),
      event('admin', 'kubectl/v1.20.2 (linux)', 'get', '/api/v1/namespaces/a/pods/b'),
      event('admin', 'kubectl/v1.20.2 (linux)', 'watch', '/api/v1/pods?watch=true'),
      event('admin', 'kubectl/v1.20.2 (linux)', 'get', '/api/v1/pods/b', 'RequestReceived'),
    ]
    expect(askersOf(auditEvents(lines.join('\n')))).toEqual([
      { user: 'system:serviceaccount:ops:watcher', agent: 'watcher/v2', verb: 'list', resource: 'pods', count: 4 },
      { user: 'admin', agent: 'kubectl/v1.20.2', verb: 'get', resource: 'pods', count: 1 },
    ])
  })

  test.each([
    ['/api/v1/pods', 'etcd'],
    ['/api/v1/pods?resourceVersion=', 'etcd'],
    ['/api/v1/pods?labelSelector=limit%3D5', 'etcd'],
    ['/api/v1/pods?limit=500', 'part'],
    ['/api/v1/pods?resourceVersion=0', 'cache'],
    ['/api/v1/pods?limit=500&resourceVersion=0', 'part'],
  ])('tells of %s that its answer is read as: %s', (uri, from) => {
    expect(auditEvents(event('a', 'b', 'list', uri))).toMatchObject([{ from }])
  })

  test('is not led astray by what a client calls itself, nor by lines that are cut off, or are none', () => {
    const agent = '","stage":"ResponseComplete","verb":"list","user":{"username":"somebody'
    const line = event('evil', agent, 'get', '/api/v1/pods?a="verb":"list"')
    expect(auditEvents(line)).toMatchObject([{ user: 'evil', verb: 'get', agent }])
    expect(auditEvents(line.slice(0, line.indexOf('"objectRef"')))).toMatchObject([{ user: 'evil', resource: '' }])
    expect(
      auditEvents(`${line.slice(0, 120)}\n2020-01-01T00:00:00Z AUDIT: id="1" stage="ResponseComplete"\n\n`),
    ).toEqual([])
  })
})
