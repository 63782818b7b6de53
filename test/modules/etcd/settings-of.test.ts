import { expect, test } from 'vitest'
import type { SeenEtcd, SeenProcess } from '../../../src/modules/etcd/look-etcd.ts'
import { findIn } from '../../../src/modules/etcd/read-settings.ts'
import { type EtcdSettings, settingsOf } from '../../../src/modules/etcd/settings-of.ts'
import { fixture } from './fixture.ts'

const debianUnit = `# /lib/systemd/system/etcd.service\n${fixture('config/etcd.service.debian-3.4.23')}`

const file = (path: string, text: string, mtimeS = 1000) => ({ path, text, mtimeS })

function member(more: Partial<SeenProcess> = {}): SeenProcess {
  return {
    pid: 50,
    words: ['/usr/bin/etcd'],
    environment: new Map([
      ['ETCD_NAME', 'e1'],
      ['ETCD_DATA_DIR', '/var/lib/etcd'],
      ['ETCD_LISTEN_CLIENT_URLS', 'http://10.0.0.1:2379,http://127.0.0.1:2379'],
    ]),
    cgroup: '0::/system.slice/etcd.service',
    startedS: 2000,
    versionText: 'etcd Version: 3.4.23\nGit SHA: Not provided\n',
    unit: 'etcd.service',
    unitShow: 'Id=etcd.service\nNeedDaemonReload=no',
    unitCat: debianUnit,
    environmentFiles: [file('/etc/default/etcd', 'ETCD_NAME="e1"\n')],
    missingEnvironmentFiles: [],
    configFile: null,
    bootLog: '',
    ...more,
  }
}

const host = (more: Partial<SeenEtcd> = {}): SeenEtcd => ({
  processes: [],
  units: '',
  manifest: null,
  manifestNeighbours: [],
  nodePaths: [],
  certificates: [],
  ...more,
})

const settings = (process: SeenProcess, seen: SeenEtcd = host()): EtcdSettings => settingsOf(seen, process, {})

test('a member of a distribution keeps its settings in the environment file of its unit', () => {
  expect(settings(member())).toMatchObject({
    deploy: 'systemd-env',
    unit: 'etcd.service',
    name: 'e1',
    version: '3.4.23',
    heartbeat_ms: 100,
    heartbeat_source: 'default',
    election_ms: 1000,
    file: '/etc/default/etcd',
    endpoint: 'http://127.0.0.1:2379',
    restart_owed: false,
    problem: '',
  })
})

test('what runs and what the file says are told apart', () => {
  const process = member({
    environmentFiles: [file('/etc/default/etcd', 'ETCD_HEARTBEAT_INTERVAL=500\nETCD_ELECTION_TIMEOUT="5000"\n')],
  })
  expect(settings(process)).toMatchObject({
    heartbeat_ms: 100,
    election_ms: 1000,
    file_heartbeat_ms: 500,
    file_election_ms: 5000,
    restart_owed: true,
  })
})

test('a flag goes before the environment, and a unit that gives flags is changed by its command', () => {
  const process = member({
    words: ['/usr/bin/etcd', '--name=e1', '--heartbeat-interval', '200', '-election-timeout=2000'],
    environment: new Map([['ETCD_HEARTBEAT_INTERVAL', '700']]),
    unitCat: `${debianUnit}\n# /etc/systemd/system/etcd.service.d/lab.conf\n[Service]\nExecStart=\nExecStart=/usr/bin/etcd \\\n  --name=e1 \\\n  --heartbeat-interval 200 \\\n  -election-timeout=2000\n`,
  })
  expect(settings(process)).toMatchObject({
    deploy: 'systemd-flags',
    heartbeat_ms: 200,
    heartbeat_source: 'flag',
    election_ms: 2000,
    file_heartbeat_ms: 200,
    file_election_ms: 2000,
    file: '/etc/systemd/system/etcd.service.d/zz-etcd-timeouts.conf',
    exec_start: '/usr/bin/etcd \\\n  --name=e1',
  })
})

test('flags that come through a variable of the unit are seen too', () => {
  const process = member({
    words: ['/usr/bin/etcd', '--heartbeat-interval=300'],
    environmentFiles: [file('/etc/default/etcd', 'DAEMON_ARGS="--heartbeat-interval=300 --election-timeout=3000"\n')],
    unitCat:
      '# /etc/systemd/system/etcd.service\n[Service]\nEnvironment=DAEMON_ARGS=\nExecStart=/usr/bin/etcd $DAEMON_ARGS\n',
  })
  expect(settings(process)).toMatchObject({
    deploy: 'systemd-flags',
    file_heartbeat_ms: 300,
    file_election_ms: 3000,
    exec_start: '/usr/bin/etcd $DAEMON_ARGS',
  })
})

test('flags in the text of a shell cannot be rewritten, and that is a problem', () => {
  const process = member({
    words: ['/usr/bin/etcd', '--heartbeat-interval=300'],
    unitCat:
      '# /usr/lib/systemd/system/etcd.service\n[Service]\nExecStart=/bin/bash -c "GOMAXPROCS=$(nproc) /usr/bin/etcd --heartbeat-interval=300"\n',
  })
  expect(settings(process)).toMatchObject({ deploy: 'systemd-flags', exec_start: null })
  expect(settings(process).problem).toMatch(/runs a shell with the timeouts in its text/)
})

test('a unit of a shell without the timeouts is set by its environment file', () => {
  const process = member({
    words: ['/usr/bin/etcd', '--name=e1', '--data-dir=/var/lib/etcd'],
    unitCat:
      '# /usr/lib/systemd/system/etcd.service\n[Service]\nEnvironmentFile=-/etc/etcd/etcd.conf\nExecStart=/bin/bash -c "GOMAXPROCS=$(nproc) /usr/bin/etcd --name=\\"${ETCD_NAME}\\""\n',
    environmentFiles: [file('/etc/etcd/etcd.conf', 'ETCD_NAME=e1\n')],
  })
  expect(settings(process)).toMatchObject({ deploy: 'systemd-env', file: '/etc/etcd/etcd.conf', problem: '' })
})

test('without an environment file the timeouts go into a drop-in', () => {
  const process = member({
    environmentFiles: [],
    unitCat: '# /etc/systemd/system/etcd.service\n[Service]\nExecStart=/usr/bin/etcd\n',
  })
  expect(settings(process)).toMatchObject({
    deploy: 'systemd-dropin',
    file: '/etc/systemd/system/etcd.service.d/zz-etcd-timeouts.conf',
    file_exists: false,
  })
})

test('an environment file that is allowed to be missing is the place to write to', () => {
  const process = member({ environmentFiles: [], missingEnvironmentFiles: ['/etc/default/etcd'] })
  expect(settings(process)).toMatchObject({ deploy: 'systemd-env', file: '/etc/default/etcd', file_exists: false })
})

test('of two environment files the last one counts', () => {
  const process = member({
    environmentFiles: [file('/etc/a', 'ETCD_ELECTION_TIMEOUT=9000\n'), file('/etc/b', 'ETCD_ELECTION_TIMEOUT=2000\n')],
  })
  expect(settings(process)).toMatchObject({ file: '/etc/b', file_election_ms: 2000 })
})

test('an environment file goes before Environment= of the unit', () => {
  const unitCat =
    '# /etc/systemd/system/etcd.service\n[Service]\nEnvironment="ETCD_ELECTION_TIMEOUT=4000" ETCD_HEARTBEAT_INTERVAL=400\nExecStart=/usr/bin/etcd\n'
  expect(settings(member({ unitCat }))).toMatchObject({ file_heartbeat_ms: 400, file_election_ms: 4000 })
  const environmentFiles = [file('/etc/default/etcd', 'ETCD_ELECTION_TIMEOUT=2000\n')]
  expect(settings(member({ unitCat, environmentFiles }))).toMatchObject({
    file_heartbeat_ms: 400,
    file_election_ms: 2000,
  })
})

test('with a configuration file, flags and environment count for nothing', () => {
  const text = fixture('config/etcd.conf.yml.sample-v3.5.16')
  const process = member({
    words: ['/usr/bin/etcd', '--config-file', '/etc/etcd/etcd.conf.yml', '--heartbeat-interval=700'],
    environment: new Map([['ETCD_HEARTBEAT_INTERVAL', '500']]),
    configFile: file('/etc/etcd/etcd.conf.yml', text),
  })
  expect(settings(process)).toMatchObject({
    deploy: 'config-file',
    file: '/etc/etcd/etcd.conf.yml',
    heartbeat_ms: 100,
    heartbeat_source: 'config-file',
    election_ms: 1000,
    name: 'default',
  })
})

test('a configuration file that changed since the start does not tell what runs, but the log of the start does', () => {
  const words = ['/usr/bin/etcd', '--config-file=/c.yml']
  const changed = { words, configFile: file('/c.yml', 'heartbeat-interval: 500\nelection-timeout: 5000\n', 3000) }
  expect(settings(member(changed))).toMatchObject({ heartbeat_ms: null, election_ms: null, file_election_ms: 5000 })
  expect(settings(member(changed)).problem).toMatch(/cannot be known: the configuration file changed/)
  const bootLog = fixture('logs/etcd-3.3.27-capnslog-infra1.boot.log')
  expect(settings(member({ ...changed, bootLog }))).toMatchObject({
    heartbeat_ms: 100,
    election_ms: 1000,
    restart_owed: true,
    problem: '',
  })
})

test('a log that contradicts the command line is believed, and told', () => {
  const bootLog = fixture('logs/etcd-3.4.23-zap-hb6000-el30000-infra1.boot.log')
  const seen = settings(member({ bootLog }))
  expect(seen).toMatchObject({ heartbeat_ms: 6000, election_ms: 30000 })
  expect(seen.problem).toMatch(/heartbeat-interval is 100 ms by default, but etcd logged 6000 ms at start/)
})

test('two settings on one line are a problem before the restart, not after it', () => {
  const environmentFiles = [
    file('/etc/etcd/etcd.conf', 'ETCD_NAME=e1\nETCD_HEARTBEAT_INTERVAL=6000 ETCD_ELECTION_TIMEOUT=30000\n'),
  ]
  const seen = settings(member({ environmentFiles }))
  expect(seen.problem).toMatch(/^\/etc\/etcd\/etcd\.conf:2 holds two settings on one line/)
  expect(seen.file_heartbeat_ms).toBeNull()
})

test('unit files that systemd has not read yet are a problem', () => {
  expect(settings(member({ unitShow: 'Id=etcd.service\nNeedDaemonReload=yes' })).problem).toMatch(
    /systemctl daemon-reload/,
  )
})

const manifest = `apiVersion: v1
kind: Pod
spec:
  containers:
  - command:
    - etcd
    - --heartbeat-interval=250
    - --listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379
    - "--election-timeout=2500"
    image: registry.k8s.io/etcd:3.5.10-0
`

const kubeadm = member({
  unit: null,
  unitCat: '',
  unitShow: '',
  environmentFiles: [],
  environment: new Map(),
  cgroup: '0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-abc.scope',
  words: [
    'etcd',
    '--heartbeat-interval=250',
    '--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379',
    '--listen-metrics-urls=http://127.0.0.1:2381',
    '--election-timeout=1000',
    '--cert-file=/etc/kubernetes/pki/etcd/server.crt',
    '--key-file=/etc/kubernetes/pki/etcd/server.key',
    '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
  ],
})
const pki = ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key'].map(
  (name) => `/etc/kubernetes/pki/etcd/${name}`,
)

test('a unit that was made for one start of etcd alone is none to edit: with a manifest it is a static pod', () => {
  const unitCat = '# /run/systemd/transient/pod-1.service\n[Service]\nExecStart="/usr/bin/etcd" "--name=e2"\n'
  const transient = { ...kubeadm, unit: 'pod-1.service', unitCat, cgroup: '0::/system.slice/pod-1.service' }
  expect(settings(transient, host({ manifest: file('/etc/kubernetes/manifests/etcd.yaml', manifest) })).deploy).toBe(
    'kubeadm',
  )
  expect(settings(transient).deploy).toBe('unknown')
})

test('a static pod of kubeadm is read from its manifest, with its client certificate and its own metrics port', () => {
  const seen = host({ manifest: file('/etc/kubernetes/manifests/etcd.yaml', manifest), nodePaths: pki })
  expect(settings(kubeadm, seen)).toMatchObject({
    deploy: 'kubeadm',
    unit: null,
    file: '/etc/kubernetes/manifests/etcd.yaml',
    heartbeat_ms: 250,
    election_ms: 1000,
    file_heartbeat_ms: 250,
    file_election_ms: 2500,
    restart_owed: true,
    endpoint: 'https://127.0.0.1:2379',
    metrics_url: 'http://127.0.0.1:2381/metrics',
    tls: { cacert: pki[0], cert: pki[1], key: pki[2] },
  })
})

test('another file in the folder of static pods that names etcd is a problem', () => {
  const seen = host({
    manifest: file('/etc/kubernetes/manifests/etcd.yaml', manifest),
    manifestNeighbours: ['/etc/kubernetes/manifests/etcd.yaml.bak'],
  })
  expect(settings(kubeadm, seen).problem).toMatch(/also loads \/etc\/kubernetes\/manifests\/etcd\.yaml\.bak/)
})

test('certificates that are given go before those of the member', () => {
  const given = settingsOf(host(), kubeadm, { cert: '/my.crt', key: '/my.key' })
  expect(given.tls).toEqual({ cacert: '/etc/kubernetes/pki/etcd/ca.crt', cert: '/my.crt', key: '/my.key' })
})

test('a member that speaks TLS only to others, or only of its metrics, is asked with its certificates there', () => {
  const files = { cacert: '/ca.crt', cert: '/c.crt', key: '/c.key' }
  const tls = (more: Readonly<Record<string, string>>) =>
    settings(
      member({
        environment: new Map(
          Object.entries({
            ETCD_LISTEN_CLIENT_URLS: 'http://127.0.0.1:2379,https://10.0.0.1:2379',
            ETCD_TRUSTED_CA_FILE: '/ca.crt',
            ETCD_CERT_FILE: '/c.crt',
            ETCD_KEY_FILE: '/c.key',
            ...more,
          }),
        ),
      }),
    )
  expect(tls({ ETCD_ADVERTISE_CLIENT_URLS: 'https://10.0.0.1:2379' })).toMatchObject({
    endpoint: 'http://127.0.0.1:2379',
    tls: files,
  })
  expect(tls({ ETCD_LISTEN_METRICS_URLS: 'https://0.0.0.0:2381' })).toMatchObject({
    metrics_url: 'https://127.0.0.1:2381/metrics',
    tls: files,
  })
  expect(tls({ ETCD_LISTEN_CLIENT_URLS: 'http://127.0.0.1:2379' }).tls).toEqual({ cacert: null, cert: null, key: null })
})

test("certificates that etcdctl is given in the unit's file, or was in etcd's environment, go before the member's own", () => {
  const process = member({
    environment: new Map([
      ['ETCD_LISTEN_CLIENT_URLS', 'https://10.0.0.1:2379'],
      ['ETCD_TRUSTED_CA_FILE', '/ca.crt'],
      ['ETCD_CERT_FILE', '/c.crt'],
      ['ETCD_KEY_FILE', '/c.key'],
      ['ETCDCTL_CACERT', '/cli-ca.crt'],
    ]),
    environmentFiles: [file('/etc/etcd.env', 'ETCDCTL_CERT=/admin.pem\nETCDCTL_KEY=/admin-key.pem\n')],
  })
  expect(settings(process).tls).toEqual({ cacert: '/cli-ca.crt', cert: '/admin.pem', key: '/admin-key.pem' })
  const half = { ...process, environmentFiles: [file('/etc/etcd.env', 'ETCDCTL_CERT=/admin.pem\n')] }
  expect(settings(half).tls).toEqual({ cacert: '/cli-ca.crt', cert: '/c.crt', key: '/c.key' })
})

test('an etcd of RKE, of RKE2 and of nobody known is told apart', () => {
  const certificates = ['/etc/kubernetes/ssl/kube-etcd-10-0-0-1-key.pem', '/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem']
  const rke = { ...kubeadm, cgroup: '0::/system.slice/docker-abc.scope' }
  expect(settings(rke, host({ certificates, nodePaths: ['/etc/kubernetes/ssl/kube-ca.pem'] }))).toMatchObject({
    deploy: 'rke',
    tls: { cacert: '/etc/kubernetes/ssl/kube-ca.pem', key: certificates[0], cert: certificates[1] },
  })
  const rke2 = { ...kubeadm, words: ['etcd', '--config-file=/var/lib/rancher/rke2/server/db/etcd/config'] }
  expect(settings(rke2).deploy).toBe('rke2')
  expect(settings(kubeadm).deploy).toBe('unknown')
})

test('no etcd, and more than one, are no answer', () => {
  expect(findIn(host({ units: 'LoadState=loaded\nActiveState=failed\n' }), {})).toMatchObject({
    kind: 'none',
    message: 'no etcd process runs on this host; etcd.service is failed',
  })
  expect(findIn(host({ nodePaths: ['/var/lib/rancher/k3s/server/db/etcd'] }), {})).toMatchObject({
    message: 'etcd runs inside the k3s process on this host',
  })
  expect(findIn(host({ processes: [member(), kubeadm] }), {})).toMatchObject({
    message: '2 etcd processes run on this host: 50 (etcd.service), 50 (no unit)',
  })
})
