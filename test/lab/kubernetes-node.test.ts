import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { giveDockerRepository } from './support/docker-repository.ts'
import { parseRecords } from './support/journal-of.ts'
import { kubernetesOf } from './support/kubernetes.ts'
import { cliFor } from './support/run-cli.ts'

// docker-upgrade and kubelet-orphaned-pods on nodes of a real Kubernetes, with its own kubelet, kubectl and docker (docs/lab.md).

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const { on, until, installFlannel } = kubernetesOf(settings)
const nodes = ['n1', 'n2'] as const

async function said(...args: readonly string[]) {
  const { code, stdout, stderr } = await cli.run(...args)
  return { code, text: `${stdout}${stderr}` }
}

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: one, image: "busybox:1.35", command: [httpd, -f, -p, "80", -h, /bin]}]}
---
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
`
let version = ''

beforeAll(async () => {
  await upLab('k8s', settings)
  await installFlannel('v0.14.0')
  await until('kubectl get nodes --no-headers | grep -c " Ready "', /^2$/)
  await until('kubectl get serviceaccount default -o name', /default/)
  await on('c1', `kubectl apply -f - <<'Y'${web}Y`)
  for (const node of nodes) [version] = await giveDockerRepository(settings, node)
  await until('kubectl rollout status deployment/web --timeout=60s', /successfully/)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

/** What people wish of the nodes: who takes pods, and the packages of each. */
async function wished(): Promise<readonly string[]> {
  const packages = "dpkg-query -W -f '${Package} ${Version} ${db:Status-Want}\\n' docker.io containerd runc tini"
  return [
    await on('c1', 'kubectl get nodes -o jsonpath=\'{range .items[*]}{.metadata.name} {.spec}{"\\n"}{end}\''),
    ...(await Promise.all(nodes.map((node) => on(node, `${packages} 2>/dev/null || :`)))),
  ]
}

/** Changes how many of the two pods must stay, and waits until the server says how many may go. */
async function budget(minAvailable: number, allowed: number): Promise<void> {
  await on('c1', `kubectl patch pdb web --type merge -p '{"spec": {"minAvailable": ${minAvailable}}}'`)
  await until("kubectl get pdb web -o jsonpath='{.status.disruptionsAllowed}'", new RegExp(`^${allowed}$`))
}

const runtimes = "kubectl get nodes -o jsonpath='{.items[*].status.nodeInfo.containerRuntimeVersion}'"

test('docker of two nodes, one after the other: pods go elsewhere first, the nodes take pods again, and the way back is the same', async () => {
  const sets = [
    ...['--set', `version=${version}`, '--set', 'min_free_gib=0'],
    ...['--set', 'stop_timeout=2s', '--set', 'ready_for=1s'],
  ]
  const drained = [...sets, '--set', 'control_host=c1']
  const before = await wished()
  expect(await said('plan', 'docker-upgrade', ...sets, '--limit', 'n1')).toMatchObject({
    code: 3,
    text: expect.stringMatching(/kubelet runs here: its pods would go down with docker[\s\S]*control_host=HOST/),
  })
  await on('c1', 'kubectl cordon n2')
  expect(await said('plan', 'docker-upgrade', ...drained, '--limit', 'n1')).toMatchObject({
    code: 3,
    text: expect.stringContaining('no other node is ready and takes pods: those of n1 would have no place'),
  })
  await on('c1', 'kubectl uncordon n2')
  await budget(2, 0)
  expect(await said('plan', 'docker-upgrade', ...drained, '--limit', 'kube_nodes')).toMatchObject({
    code: 3,
    text: expect.stringMatching(
      /disruption budgets would stop the drain of n[12]: default\/web lets no pod go \(2 healthy, 2 wanted\): default\/web-/,
    ),
  })
  await budget(1, 1)
  expect(await wished(), 'a plan changes nothing').toEqual(before)
  // An API server that does not answer for once says nothing of the pods.
  await on(
    'c1',
    `systemd-run -q --unit=watch-web sh -c 'while :; do seen=$(kubectl --kubeconfig=/etc/kubernetes/admin.conf get deployment web -o jsonpath="{.status.availableReplicas};") && echo "$seen" >>/run/seen; sleep 0.5; done'`,
  )

  const applied = await said('apply', 'docker-upgrade', '--yes', ...drained, '--limit', 'kube_nodes')
  expect(applied.code, applied.text).toBe(0)
  const ofDaemon = version.replace(/-1\+deb.*/, '')
  expect(await on('c1', runtimes)).toBe(`docker://${ofDaemon} docker://${ofDaemon}`)
  expect((await wished())[0], 'both take pods').toBe(before[0])
  const { run } = parseRecords(cli.stateDir)

  const back = await said('rollback', run, '--yes')
  expect(back.code, back.text).toBe(0)
  expect(back.text).toMatch(/done Drain the node: drain n1/)
  expect(await wished()).toEqual(before)
  await until(runtimes, /^docker:\/\/20\.10\.5\S* docker:\/\/20\.10\.5\S*$/)
  await until('kubectl rollout status deployment/web --timeout=60s', /successfully/)
  const seen = await on('c1', 'systemctl stop watch-web; sort -u /run/seen | tr -d "\\n"')
  expect(seen, 'one of the two was there at any time').toMatch(/^(1;)?2;$/)
})

const orphans = ['aaaaaaa1', 'aaaaaaa2'].map((start) => `${start}-0000-4000-8000-000000000001`)
/** As a hard reboot leaves them: the pod is forgotten, the place of its volume is not. */
const leave = `for uid in ${orphans.join(' ')}; do
  pod=/var/lib/kubelet/pods/$uid; mkdir -p $pod/volumes/kubernetes.io~nfs/data $pod/containers/app; echo 127.0.0.1 localhost >$pod/etc-hosts
done
find /var/lib/kubelet/pods/aaaaaaa* -exec touch -d '3 hours ago' {} +`
const look = `cd /var/lib/kubelet; find pods/aaaaaaa* -printf '%p %y %m %u %s %i %T@\\n' | sort; cat pods/aaaaaaa*/etc-hosts`
/** Waits until kubelet, which looks every two seconds, has said this of orphans in the last five, or nothing of them ('') for that long. */
const kubeletSays = (text: string): string =>
  `for i in $(seq 120); do
  seen=$(journalctl -q -u kubelet -o cat --since -5s | grep 'rphaned pod')
  if [ -z '${text}' ]; then [ -z "$seen" ]; else printf %s "$seen" | grep -q '${text}'; fi && exit 0
  sleep 1
done; printf '%s\\n' "$seen"; exit 1`

test('a real kubelet complains of orphans until they are gone, and they come back exactly', async () => {
  const sets = ['--limit', 'n1', '--set', 'kubeconfig=/etc/kubernetes/node.conf', '--set', 'quiet=3s']
  await on('n1', leave)
  await on('n1', kubeletSays('total of 2 errors'))
  const before = await on('n1', look)
  expect((await said('diagnose', 'kubelet-orphaned-pods', ...sets)).text).toContain('folders of pods that nobody knows')
  expect(await on('n1', look), 'a diagnosis changes nothing').toBe(before)

  const applied = await said('apply', 'kubelet-orphaned-pods', '--yes', ...sets)
  expect(applied.code, applied.text).toBe(0)
  expect((await on('n1', 'ls /var/lib/kubelet/.runbook-quarantine')).split('\n')).toEqual(orphans)
  await on('n1', kubeletSays(''))

  const back = await said('rollback', parseRecords(cli.stateDir).run, '--yes')
  expect(back.code, back.text).toBe(0)
  expect(await on('n1', look)).toBe(before)
  await on('n1', kubeletSays('total of 2 errors'))
})
