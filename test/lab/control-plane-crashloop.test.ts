import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { cliAt } from './support/cli-at.ts'
import { kubernetesOf } from './support/kubernetes.ts'

// Real kube-scheduler and kube-controller-manager, which end by themselves when etcd stands still; containers of a real docker on a node.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const { on, until } = kubernetesOf(settings)
const cli = cliAt({ settings, stateDir: path.join(folder, 'state') })

const diagnose = async (host: string, ...more: readonly string[]): Promise<string> => {
  const words = ['--limit', host, '--set', 'window=2s', '--set', 'since=30m', ...more]
  const { code, stdout, stderr } = await cli.run('diagnose', 'control-plane-crashloop', ...words)
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`)
  return stdout
}

const container = (name: string, script: string, options = ''): string =>
  `docker run --name ${name} --label io.kubernetes.container.name=${name} ${options} --entrypoint /bin/sh busybox:1.35 -c '${script}' >/dev/null 2>&1 || true`

beforeAll(async () => {
  await upLab('k8s', settings)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

describe('on a control plane', () => {
  test('that is well, no cause is named', async () => {
    expect(await diagnose('c1', '--set', 'fsync_p99_max_ms=100')).not.toMatch(
      /leases lost|disk below etcd|ends at once/,
    )
  })

  test('whose etcd stood still, lost leases are named, as the components themselves told', async () => {
    await on('c1', 'systemctl kill -s STOP etcd')
    const lost = (unit: string): string => `journalctl -q -u ${unit} -o cat | grep -q "Main process exited"`
    try {
      await on('c1', `until ${lost('kube-scheduler')} && ${lost('kube-controller-manager')}; do sleep 1; done`)
    } finally {
      await on('c1', 'systemctl kill -s CONT etcd')
    }
    const told = await diagnose('c1', '--set', 'fsync_p99_max_ms=100')
    expect(told).toMatch(/leases lost|disk below etcd/)
    expect(told).toContain('runbook plan etcd-slow-disk')
    const { stdout } = await cli.run(
      'diagnose',
      'control-plane-crashloop',
      '--limit',
      'c1',
      '--set',
      'window=2s',
      '--json',
    )
    expect(stdout).toMatch(/"line": ?"[^"]*(leaderelection lost|failed to renew lease)/)
  })
})

describe('by containers of docker', () => {
  test('an expired certificate, a port in use and too little memory are told apart', async () => {
    await on('n1', container('kube-scheduler', 'echo "x509: certificate has expired or is not yet valid"; exit 1'))
    expect(await diagnose('n1')).toContain('certificate has expired')
    await on(
      'n1',
      `docker rm kube-scheduler >/dev/null; ${container('etcd', 'echo "listen tcp 127.0.0.1:2379: bind: address already in use"; exit 1')}`,
    )
    expect(await diagnose('n1')).toContain('port is in use')
    await on(
      'n1',
      `docker rm etcd >/dev/null; ${container('kube-apiserver', 'x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done', '--memory 16m')}`,
    )
    expect(await diagnose('n1')).toContain('out of memory')
  })
})

/** A pod whose liveness probe never holds; sleep as the first process of a container does not end by SIGTERM. */
const unhealthy = `
apiVersion: v1
kind: Pod
metadata: {name: unhealthy}
spec:
  nodeName: n1
  hostNetwork: true
  terminationGracePeriodSeconds: 1
  containers:
    - name: kube-controller-manager
      image: busybox:1.35
      command: [sleep, "100000"]
      livenessProbe: {exec: {command: [cat, /srv/healthy]}, periodSeconds: 1, failureThreshold: 1}
`

describe('by a real kubelet', () => {
  test('a container that is killed for its liveness probe is told with what the probe found', async () => {
    await until('kubectl get serviceaccount default -o name', /default/)
    await on('c1', `kubectl apply -f - <<'Y'${unhealthy}Y`)
    const ended =
      'docker ps -aq --filter status=exited --filter label=io.kubernetes.container.name=kube-controller-manager'
    await on('n1', `for i in $(seq 300); do [ -n "$(${ended})" ] && exit 0; sleep 1; done; exit 1`)
    await until('kubectl get events -o jsonpath={.items[*].message}', /kube-controller-manager failed liveness probe/)
    await on('n1', 'sed s/lab-node/lab-admin/ /etc/kubernetes/node.conf >/etc/kubernetes/admin.conf')
    expect(await diagnose('n1')).toContain('kubelet kills it')
    expect(await diagnose('n1', '--json')).toMatch(/"class": "probe-failed"[^}]*cat: can't open '\/srv\/healthy'/)
  })
})
