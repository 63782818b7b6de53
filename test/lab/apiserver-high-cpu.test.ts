import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { cliAt } from './support/cli-at.ts'
import { kubernetesOf } from './support/kubernetes.ts'

// A real API server that is asked for lists all the time. Steal cannot be had on this machine: files lie over /proc/stat then.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const { on, until } = kubernetesOf(settings)
const cli = cliAt({ settings, stateDir: path.join(folder, 'state') })

/** Any load counts as busy, as the processors are those of the whole machine, which others use too, also other machines beside it. */
const anyLoad = [
  '--set',
  'steal_max=45',
  '--set',
  'window=3s',
  '--set',
  'idle_min=100',
  '--set',
  'main_share=1',
  '--set',
  'io_pressure_max=100',
]

const busy = `cat >/run/busy <<'END'
#!/bin/sh
export KUBECONFIG=/etc/kubernetes/admin.conf
for n in $(seq 300); do printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: load-%s}\\ndata: {text: "%01000d"}\\n---\\n' $n 0; done | kubectl apply -f - >/dev/null
while :; do kubectl get configmaps -A --chunk-size=0 -o json >/dev/null; done
END
chmod 755 /run/busy; systemd-run -q --unit=busy /run/busy`

/** Lets the API server write an audit log, and waits until it serves again. */
const audited = `printf '%s\\n' 'apiVersion: audit.k8s.io/v1' 'kind: Policy' 'omitStages: [RequestReceived]' 'rules: [{level: Metadata}]' >/run/audit.yaml
mkdir -p /etc/systemd/system/kube-apiserver.service.d
line=$(systemctl cat kube-apiserver | sed -n '/^ExecStart=/,/[^\\\\]$/p')
printf '[Service]\\nExecStart=\\n%s --audit-policy-file=/run/audit.yaml --audit-log-path=/run/audit.log\\n' "$line" >/etc/systemd/system/kube-apiserver.service.d/audit.conf
systemctl daemon-reload; systemctl kill -s KILL kube-apiserver`

/** What people wish of the cluster, and which process serves it; the load's own objects aside. */
const state = (): Promise<string> =>
  on(
    'c1',
    `kubectl get all,configmaps -A -o json >/run/objects &&
jq -S '[.items[] | {kind, name: .metadata.name, namespace: .metadata.namespace, spec, data} | select(.name | startswith("load-") | not)]' /run/objects &&
ps -C kube-apiserver -o pid=`,
  )

interface Told {
  readonly hosts: readonly {
    readonly host: string
    readonly causes: readonly { readonly name: string; readonly says: string }[]
  }[]
}

const diagnose = async (...more: readonly string[]) => {
  const { stdout, stderr } = await cli.run('diagnose', 'apiserver-high-cpu', '--json', ...anyLoad, ...more)
  try {
    return { told: JSON.parse(stdout) as Told, stdout }
  } catch {
    throw new Error(`${stdout}\n${stderr}`)
  }
}

const offline = (...words: readonly string[]): string =>
  execFileSync(process.execPath, [path.join(import.meta.dirname, '../../src/main.ts'), ...words], { encoding: 'utf8' })

beforeAll(async () => {
  await upLab('k8s', settings)
  await on('c1', busy)
  await until('kubectl get configmaps -o name | grep -c load-', /^300$/)
  // the cluster's own: one in each of its four namespaces
  await until('kubectl get configmaps -A -o name | grep -c kube-root-ca', /^4$/)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

describe('a busy API server', () => {
  test('is named, on its host', async () => {
    const { stdout } = await diagnose('--limit', 'c1')
    expect(stdout).toContain('kube-apiserver takes')
  })

  test('gives a profile of what it does, which is kept and can be drawn; nothing is changed', async () => {
    const before = await state()
    const applied = await cli.run('apply', 'apiserver-high-cpu', '--yes', '--set', 'seconds=5')
    expect(applied).toMatchObject({ code: 0 })
    const report = offline('report', 'last', '--state-dir', cli.stateDir)
    const file = /^ +(\/\S+\/files\/\S+)$/m.exec(report)?.[1] ?? 'no file in the report'
    const svg = path.join(folder, 'cpu.svg')
    const told = offline('profile', file, '--svg', svg)
    expect(told).toMatch(/^cpu: [\d.]+ s of processor time in [5-7]\.\d s/)
    expect(readFileSync(svg, 'utf8')).toMatch(/k8s\.io\/apiserver\//)
    const page = offline('report', 'last', '--state-dir', cli.stateDir, '--format', 'markdown', '--svg', folder)
    const picture = /!\[flame graph\]\(<(.+\.svg)>\)/.exec(page)?.[1] ?? 'no picture in the report'
    expect(readFileSync(picture, 'utf8')).toMatch(/k8s\.io\/apiserver\//)
    expect(await state()).toBe(before)
  })

  test('of a node the kubelet gives its profile through the API server', async () => {
    const applied = await cli.run('apply', 'apiserver-high-cpu', '--yes', '--set', 'seconds=5', '--set', 'node=n1')
    expect(applied).toMatchObject({ code: 0 })
  })
})

describe('who asks', () => {
  test('is told from the audit log, with what they ask for, and that it is whole lists', async () => {
    await on('c1', audited)
    await until('test -s /run/audit.log && kubectl get --raw /readyz', /^ok$/)
    await until('grep -c configmaps /run/audit.log', /^[1-9]/)
    // a window of a busy machine may have seen too little
    let stdout = ''
    for (let turn = 0; turn < 20 && !/LISTs are/.test(stdout); turn += 1)
      stdout = (await diagnose('--limit', 'c1', '--set', 'client_min=0.1')).stdout
    expect(stdout).toMatch(/LISTs are [\d.]+ % of the time of all requests, most of it configmaps \(cluster\)/)
    expect(stdout).toMatch(/\d+ of \d+ in the audit log have neither a limit nor a version, most by admin \(kubectl\//)
    expect(stdout).toMatch(/sends [\d.]+ % of the requests, [\d.]+ per second, most of them/)
  })

  test('an API server that does not answer is told with what kubectl said, and refused in the plan', async () => {
    await on(
      'c1',
      'sed "s,https://[0-9.]*:6443,https://127.0.0.1:9," /etc/kubernetes/admin.conf >/run/dead.conf; grep -q 127.0.0.1:9 /run/dead.conf',
    )
    const dead = ['--limit', 'c1', '--set', 'kubeconfig=/run/dead.conf']
    const { told } = await diagnose(...dead)
    expect(JSON.stringify(told)).toMatch(/API server does not answer.*127\.0\.0\.1:9 was refused.*systemctl status/)
    const plan = await cli.run('plan', 'apiserver-high-cpu', ...dead)
    expect(plan.code).toBe(3)
    expect(`${plan.stdout}${plan.stderr}`).toMatch(/does not answer, or is not ready: .*127\.0\.0\.1:9 was refused/)
  })
})

describe('before anything is taken', () => {
  test('a node that is not there and one without rights are refused in the plan', async () => {
    const gone = await cli.run('plan', 'apiserver-high-cpu', '--set', 'node=n9')
    expect(gone).toMatchObject({ code: 3, stdout: expect.stringContaining('gives no profile') })
    await on(
      'c1',
      'sed "s/lab-admin/lab-guest/" /etc/kubernetes/admin.conf >/run/guest.conf; grep -q lab-guest /run/guest.conf',
    )
    const traced = await cli.run('plan', 'apiserver-high-cpu', '--set', 'allow_strace=true')
    expect(traced).toMatchObject({ code: 3, stdout: expect.stringContaining('the host has no strace') })
    const guest = await cli.run('plan', 'apiserver-high-cpu', '--set', 'kubeconfig=/run/guest.conf')
    expect(guest).toMatchObject({ code: 3, stdout: expect.stringMatching(/forbidden/i) })
  })

  test('high steal is the verdict, and no profile is taken', async () => {
    await on(
      'c1',
      `printf 'cpu  %010d 0 0 %010d 0 0 0 %010d 0 0\\ncpu0 0 0 0 0 0 0 0 0 0 0\\nprocs_running 1\\n' 0 0 0 >/run/stat
mount --bind /run/stat /proc/stat
systemd-run -q --unit=steal sh -c 'n=0; while sleep 0.1; do n=$((n+4)); printf "cpu  %010d 0 0 %010d 0 0 0 %010d 0 0\\n" $n $n $((n*2)) 1<>/run/stat; done'`,
    )
    const { stdout } = await diagnose('--limit', 'c1')
    expect(stdout).toContain("50 % of the processors' time is taken by the hypervisor")
    expect(stdout).not.toContain('kube-apiserver takes')
    const plan = await cli.run('plan', 'apiserver-high-cpu')
    expect(plan).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('the hypervisor takes 50 % of the processors'),
    })
    await on('c1', 'systemctl stop steal; umount /proc/stat')
  })
})
