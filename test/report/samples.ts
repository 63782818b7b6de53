import { hostName, runId, stepId } from '../../src/model/id.ts'
import type { Reading } from '../../src/model/measure.ts'
import type { Plan, PlannedDecision, PlannedStep, RecordedChange } from '../../src/model/plan.ts'
import type { ChangeRecord, RunRecord } from '../../src/model/run-record.ts'

const span = { file: 'runbooks/etcd-tune-timeouts.yaml', line: 24, column: 9, length: 4 }

export const DIFF = [
  '--- /etc/default/etcd',
  '+++ /etc/default/etcd',
  '@@ -1,3 +1,3 @@',
  ' ETCD_NAME=e1',
  '-ETCD_ELECTION_TIMEOUT=1000',
  '+ETCD_ELECTION_TIMEOUT=5000',
  ' ETCD_DATA_DIR=/var/lib/etcd',
  '',
].join('\n')

export const change = (more: Partial<RecordedChange> = {}): RecordedChange => ({
  verb: 'update',
  summary: 'set 1 key in /etc/default/etcd',
  details: [{ kind: 'diff', diff: DIFF }],
  before: { sha256: 'a' },
  after: { sha256: 'b' },
  settles: true,
  reversible: true,
  ...more,
})

export const step = (
  host: string,
  id: string,
  decision: PlannedDecision,
  more: Partial<PlannedStep> = {},
): PlannedStep => ({
  host: hostName(host),
  step: stepId(id),
  name: 'Set the election timeout',
  module: 'env_file',
  resources: ['file:/etc/default/etcd'],
  decision,
  commit: false,
  at: span,
  ...more,
})

export const reading = (more: Partial<Reading> = {}): Reading => ({
  measure: 'wal_fsync_p99',
  host: hostName('e1'),
  phase: 'before',
  value: 38,
  unit: 'ms',
  target: 'value < 10',
  verdict: 'fail',
  ...more,
})

const restart = change({
  verb: 'restart',
  summary: 'restart etcd.service',
  details: [{ kind: 'command', command: 'systemctl restart etcd.service' }],
  after: null,
})

/** Three hosts, two stages, one of everything that a plan can say. */
export const samplePlan: Plan = {
  format: 1,
  tool: '0.1.0',
  createdAt: '2026-11-21T10:00:00.000Z',
  runbook: { name: 'etcd-tune-timeouts', file: span.file, sha256: 'r' },
  inventory: { sources: ['inventories/lab.yaml'], sha256: 'i' },
  params: [
    { name: 'heartbeat_ms', value: 500, origin: 'runbook default' },
    { name: 'election_ms', value: 5000, origin: '--set' },
  ],
  hosts: ['e1', 'e2', 'e3'].map((host) => ({ host: hostName(host), machineId: host, bootId: 'b' })),
  facts: Object.fromEntries(
    Object.entries({
      e1: { settings: { heartbeat_ms: 100, election_ms: 1000, source: 'environment-file', file: '/etc/default/etcd' } },
      e2: { settings: { heartbeat_ms: 100, election_ms: 1000, source: 'environment-file', file: '/etc/default/etcd' } },
      e3: { settings: { heartbeat_ms: 500, election_ms: 5000, source: 'environment-file', file: '/etc/default/etcd' } },
    }),
  ),
  guards: [
    step(
      'e1',
      'g1',
      { kind: 'noop', summary: 'election_ms >= 5 * heartbeat_ms' },
      { name: 'Election timeout is at least five heartbeats' },
    ),
  ],
  measures: [
    reading(),
    reading({ host: hostName('e2'), value: 4.25731, verdict: 'pass' }),
    {
      measure: 'leader_changes',
      host: hostName('e3'),
      phase: 'before',
      value: null,
      unit: '1/h',
      note: 'too few samples: 1 in 60 s',
    },
  ],
  stages: [
    {
      name: 'Election timeout on every member',
      batches: [[hostName('e1')], [hostName('e2')], [hostName('e3')]],
      steps: [
        ...['e1', 'e2'].flatMap((host) => [
          step(host, 'election', { kind: 'change', change: change() }),
          step(host, 'restart', { kind: 'change', change: restart }, { name: 'Restart the member' }),
        ]),
        step('e3', 'election', { kind: 'noop', summary: 'the key is set already' }),
        step(
          'e3',
          'restart',
          { kind: 'skipped', reason: 'nothing it follows changed' },
          { name: 'Restart the member' },
        ),
      ],
    },
    {
      name: 'New disk',
      batches: [[hostName('e1')]],
      steps: [
        step(
          'e1',
          'mkfs',
          {
            kind: 'change',
            change: change({
              verb: 'create',
              summary: 'make an xfs file system on /dev/vdb',
              details: [
                { kind: 'value', name: 'file system', before: '', after: 'xfs' },
                { kind: 'note', text: 'the device holds no signature' },
              ],
              reversible: false,
              irreversibleBecause: 'what lay on the device is gone',
            }),
          },
          { name: 'Make the file system' },
        ),
        step(
          'e1',
          'mount',
          { kind: 'deferred', after: stepId('mkfs'), reason: 'the file system is not there yet' },
          { name: 'Mount it', commit: true },
        ),
        step(
          'e1',
          'old',
          { kind: 'change', change: change({ verb: 'delete', summary: 'remove /var/lib/etcd.old', details: [] }) },
          { name: 'Remove the old copy' },
        ),
        step(
          'e1',
          'check',
          {
            kind: 'blocked',
            message: 'only 1 GiB is free, 8 GiB are needed',
            hint: 'free space, or give a larger disk',
            detail: 'Filesystem Avail\n/dev/vda1 1G',
          },
          { name: 'Room for a copy' },
        ),
      ],
    },
  ],
}

export const changeRecord = (more: Partial<ChangeRecord> = {}): ChangeRecord => ({
  host: hostName('e1'),
  stage: 0,
  step: stepId('election'),
  name: 'Set the election timeout',
  module: 'env_file',
  become: true,
  args: {},
  folder: '/var/lib/runbook/R/election',
  change: change(),
  state: 'changed',
  ...more,
})

export const sampleRecord: RunRecord = {
  run: runId('01K0000000000000000000000A'),
  started: {
    run: runId('01K0000000000000000000000A'),
    verb: 'apply',
    tool: '0.1.0',
    startedAt: '2026-11-21T10:00:00.000Z',
    runbook: { name: 'etcd-tune-timeouts', file: span.file, sha256: 'r', text: 'name: etcd-tune-timeouts\n' },
    inventory: { sources: ['inventories/lab.yaml'], sha256: 'i' },
    params: [{ name: 'election_ms', value: 5000, origin: '--set' }],
    hosts: [hostName('e1'), hostName('e2')],
  },
  resumed: 0,
  stages: [{ name: 'Election timeout on every member', batches: [[hostName('e1')], [hostName('e2')]] }],
  changes: [changeRecord(), changeRecord({ host: hostName('e2'), state: 'started' })],
  unchanged: 3,
  finished: [],
  owed: [{ host: hostName('e2'), stage: 0, step: stepId('restart'), because: stepId('election') }],
  readings: [reading(), reading({ phase: 'after', value: 4, verdict: 'pass' })],
  problems: [{ kind: 'step-failed', host: hostName('e2'), message: 'systemctl restart etcd.service failed' }],
  outcome: 'failed-not-rolled-back',
  finishedAt: '2026-11-21T10:01:00.000Z',
}
