import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { parseRecords } from './support/journal-of.ts'
import { kubernetesOf } from './support/kubernetes.ts'
import { cliFor } from './support/run-cli.ts'

// What needs pods that run. The laws of the modules are tried in modules.test.ts.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const { on, until, installFlannel } = kubernetesOf(settings)

/** A runbook of these steps on the control plane. */
function runbookOf(name: string, steps: string): string {
  const file = path.join(folder, 'books', `${name}.yaml`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(
    file,
    `name: ${name}\nsummary: of a test\nhosts: kube_control\non_failure: rollback_run\nsteps:\n${steps}`,
  )
  return file
}

async function said(...args: readonly string[]) {
  const { code, stdout, stderr } = await cli.run(...args)
  return { code, text: `${stdout}${stderr}` }
}

const config = 'kubeconfig: /etc/kubernetes/admin.conf'
const nodesOfPods = "kubectl get pods -l app=web -o jsonpath='{.items[*].spec.nodeName}'"
const replicas = "kubectl get deployment web -o jsonpath='{.spec.replicas}'"
const image = "kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].image}'"

beforeAll(async () => {
  await upLab('k8s', settings)
  await installFlannel('v0.14.0')
  await until('kubectl get nodes --no-headers | grep -c " Ready "', /^2$/)
  await on('c1', 'kubectl create deployment web --image=busybox:1.35 --replicas=2 -- httpd -f -p 80 -h /bin')
  await until('kubectl rollout status deployment/web --timeout=60s', /successfully/)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

test('a node is drained of its pods, which run elsewhere, and takes pods again when undone', async () => {
  const book = runbookOf(
    'drain',
    `  - k8s_drain: {${config}, node: n1, timeout: 90s}\n  - k8s_rollout: {${config}, kind: deployment, namespace: default, name: web}\n`,
  )
  const applied = await said('apply', book, '--yes')
  expect(applied.code, applied.text).toBe(0)
  expect(await on('c1', nodesOfPods)).toBe('n2 n2')
  expect(await on('c1', 'kubectl get pods -n kube-system -o wide')).toContain('n1') // a DaemonSet stays
  const back = await said('rollback', parseRecords(cli.stateDir).run, '--yes')
  expect(back.code, back.text).toBe(0)
  expect(await on('c1', "kubectl get node n1 -o jsonpath='{.spec.unschedulable}'")).toBe('')
})

const newImage = (tag: string, wait: string) =>
  `  - k8s_patch: {${config}, kind: deployment, namespace: default, name: web, patch: {spec: {template: {spec: {containers: [{name: busybox, image: "busybox:${tag}"}]}}}}, wait: ${wait}}\n`

test('pods that do not come up are told as they are, and the object is given back what it had', async () => {
  const applied = await said('apply', runbookOf('no-image', newImage('no-such', '15s')), '--yes')
  expect(applied).toMatchObject({
    code: 6,
    text: expect.stringMatching(
      /waiting for the pods of deployment web[\s\S]*(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|ContainerCreating)/,
    ),
  })
  expect(await on('c1', image)).toBe('busybox:1.35')
})

test('what somebody changed since is not undone over it', async () => {
  const patch = `  - k8s_patch: {${config}, kind: deployment, namespace: default, name: web, patch: {spec: {replicas: 3}}, wait: 60s}\n`
  const applied = await said('apply', runbookOf('replicas', patch), '--yes')
  expect(applied.code, applied.text).toBe(0)
  const { run } = parseRecords(cli.stateDir)
  await on('c1', 'kubectl scale deployment web --replicas=1')
  const back = await said('rollback', run, '--yes')
  expect(back).toMatchObject({
    code: 8,
    text: expect.stringMatching(/changed by somebody else: spec\.replicas[\s\S]*3 expected, 1 found/),
  })
  expect(await on('c1', replicas)).toBe('1')
})

test('an API server that goes down in the middle: what is done stays known, and is undone once it is back', async () => {
  const scaled = (replicas: number) =>
    `  - k8s_patch: {${config}, kind: deployment, namespace: default, name: web, patch: {spec: {replicas: ${replicas}}}}\n`
  const goes = `  - shell: {script: systemctl stop kube-apiserver, check: "! systemctl is-active -q kube-apiserver"}\n    undo: {shell: {script: "true"}}\n`
  const label = `  - k8s_patch: {${config}, kind: deployment, namespace: default, name: web, patch: {metadata: {labels: {seen: "yes"}}}}\n`
  const before = await on('c1', replicas)
  const applied = await said('apply', runbookOf('middle', `${scaled(4)}${goes}${label}`), '--yes')
  expect(applied.text).toMatch(/the API server does not answer/)
  expect(applied.code).toBe(8) // nor could the first step be undone
  await on('c1', 'systemctl start kube-apiserver')
  await until('kubectl get --raw /readyz', /^ok$/)
  expect(await on('c1', replicas)).toBe('4')
  const back = await said('rollback', parseRecords(cli.stateDir).run, '--yes')
  expect(back.code, back.text).toBe(0)
  expect(await on('c1', replicas)).toBe(before)
})

test('an API server that is down is told before anything is tried', async () => {
  await on('c1', 'systemctl stop kube-controller-manager kube-scheduler kube-apiserver')
  const plan = await said('plan', runbookOf('down', newImage('1.35', '15s')))
  expect(plan).toMatchObject({
    code: expect.any(Number),
    text: expect.stringMatching(/the API server does not answer/),
  })
  expect(plan.code).not.toBe(0)
  await on('c1', 'systemctl start kube-apiserver kube-controller-manager kube-scheduler')
})
