import type { EtcdSettings } from '../../../src/modules/etcd/settings-of.ts'

/** Settings of a plain member, with what a test cares about. */
export const exampleSettings = (more: Partial<EtcdSettings> = {}): EtcdSettings => ({
  deploy: 'systemd-env',
  unit: 'etcd.service',
  pid: 1,
  name: 'infra1',
  version: '3.4.23',
  heartbeat_ms: 100,
  election_ms: 1000,
  heartbeat_source: 'default',
  election_source: 'default',
  file: '/etc/default/etcd',
  file_exists: true,
  file_heartbeat_ms: 100,
  file_election_ms: 1000,
  restart_owed: false,
  exec_start: null,
  data_dir: '/var/lib/etcd',
  endpoint: 'http://127.0.0.1:2379',
  advertised: [],
  metrics_url: 'http://127.0.0.1:2379/metrics',
  tls: { cacert: null, cert: null, key: null },
  problems: [],
  problem: '',
  notes: [],
  ...more,
})
