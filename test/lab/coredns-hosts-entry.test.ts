import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { cliAt } from './support/cli-at.ts'
import { parseRecords } from './support/journal-of.ts'
import { kubernetesOf } from './support/kubernetes.ts'

// A real cluster with the Corefile of kubeadm in a real ConfigMap, mounted by a real kubelet into two pods of a stand-in for CoreDNS.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const { on, until, installFlannel } = kubernetesOf(settings)
const cli = cliAt({ settings, stateDir: path.join(folder, 'state') })
const corefile = readFileSync(
  path.join(import.meta.dirname, '../fixtures/coredns/Corefile-kubeadm-default.txt'),
  'utf8',
)
const entry = [
  '--set',
  'ip=10.77.0.31',
  '--set',
  'names=["harbor.example.com","rancher.example.com"]',
  '--set',
  'port=6443',
]

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ')
const manifest = `apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
${indented(corefile)}---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  replicas: 2
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      containers:
        - name: coredns
          image: k8s.gcr.io/coredns:1.7.0
          imagePullPolicy: Never
          args: [-conf, /etc/coredns/Corefile]
          volumeMounts: [{name: config, mountPath: /etc/coredns, readOnly: true}]
      volumes: [{name: config, configMap: {name: coredns, items: [{key: Corefile, path: Corefile}]}}]
`
const state = (): Promise<string> =>
  on(
    'c1',
    'kubectl -n kube-system get configmap coredns -o jsonpath="{.data}"; kubectl -n kube-system get pods -l k8s-app=kube-dns -o jsonpath="{.items[*].metadata.uid} {.items[*].status.containerStatuses[*].restartCount}"',
  )
const replace = (text: string): Promise<string> =>
  on('c1', `kubectl apply -f - <<'MANIFEST'\n${manifest.replace(indented(corefile), indented(text))}\nMANIFEST`)

beforeAll(async () => {
  await upLab('k8s', settings)
  await installFlannel('v0.13.0')
  await on('c1', `kubectl apply -f - <<'MANIFEST'\n${manifest}\nMANIFEST`)
  await until('kubectl -n kube-system get deployment coredns -o jsonpath="{.status.readyReplicas}"', /^2$/)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

describe('a name that pods do not find', () => {
  test('is found by the diagnosis, planned without a trace, served by every pod of CoreDNS, and gone after a rollback', async () => {
    const before = await state()
    const found = await cli.run('diagnose', 'coredns-hosts-entry', ...entry)
    expect(found.stdout, found.stderr).toContain('Cause: CoreDNS does not know the name')
    const plan = await cli.run('plan', 'coredns-hosts-entry', ...entry)
    expect(plan.stdout, plan.stderr).toMatch(/^ *\+ +10\.77\.0\.31 harbor\.example\.com rancher\.example\.com$/m)
    expect(await state()).toBe(before)

    const applied = await cli.run('apply', 'coredns-hosts-entry', ...entry, '--yes')
    expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    const { run } = parseRecords(cli.stateDir)
    expect((await cli.run('diagnose', 'coredns-hosts-entry', ...entry)).stdout).not.toContain('Cause:')
    expect(
      await on(
        'c1',
        'for p in $(kubectl -n kube-system get pods -l k8s-app=kube-dns -o name); do kubectl -n kube-system logs $p; done',
      ),
    ).toMatch(/Reloading complete/)
    const again = await cli.run('apply', 'coredns-hosts-entry', ...entry, '--yes')
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })

    const back = await cli.run('rollback', run, '--yes')
    expect(back.code, back.stdout + back.stderr).toBe(0)
    expect(await state()).toBe(before)
  })
})

describe('before anything is written', () => {
  const refused = async (...more: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run('plan', 'coredns-hosts-entry', ...entry, ...more)
    expect(code, stdout + stderr).toBe(3)
    return `${stdout}${stderr}`.replaceAll(/\s+/g, ' ')
  }

  test('a run without a node, which would ask for the names afterwards, is refused', async () => {
    expect(await refused('--limit', 'kube_control')).toContain('nobody would see whether the names are served')
  })

  test('an address that does not answer, and a name of the cluster itself, are refused', async () => {
    expect(await refused('--set', 'port=9')).toContain('nothing answers at 10.77.0.31:9')
    expect(await refused('--set', 'names=["web.default.svc.cluster.local"]')).toContain(
      "lies in the cluster's own zone",
    )
  })

  test('a Corefile that is wrong, has two hosts, or is not read anew is refused; one without fallthrough is what the diagnosis names', async () => {
    await replace(corefile.replace('ready', 'ready {'))
    expect(await refused()).toContain('braces that are never closed')
    await replace(corefile.replace('    ready', '    hosts\n    hosts /etc/hosts'))
    expect(await refused()).toContain('a second hosts in one server block')
    await replace(corefile.replace('    reload\n', ''))
    expect(await refused()).toContain('the Corefile has no reload')
    await replace(corefile.replace('    ready', '    hosts {\n       10.0.0.1 a.example.com\n    }'))
    // those that have read the file without reload would never read this one
    await on('c1', 'kubectl -n kube-system rollout restart deployment coredns')
    await on('c1', 'kubectl -n kube-system rollout status deployment coredns --timeout=240s')
    await until('kubectl -n kube-system get pods -l k8s-app=kube-dns -o name | wc -l', /^2$/)
    const found = await cli.run('diagnose', 'coredns-hosts-entry', ...entry)
    expect(found.stdout, found.stderr).toContain("Cause: CoreDNS does not serve the cluster's own names")
  })
})
