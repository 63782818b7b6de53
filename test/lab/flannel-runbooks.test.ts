import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import {
  type Chosen,
  changedFields,
  objectsByName,
  patchedFields,
  putManifest,
  recordedFields,
  withoutPods,
} from './support/flannel-table.ts'
import { parseRecords } from './support/journal-of.ts'
import { kubernetesOf } from './support/kubernetes.ts'
import { cliFor } from './support/run-cli.ts'

// A real Kubernetes of three hosts, upstream's manifests of flannel, and a stand-in for flanneld itself (docs/lab.md).

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const cluster = kubernetesOf(settings)
const { on, until } = cluster
const rolledOut = () => until('kubectl rollout status ds -n kube-system kube-flannel-ds --timeout=60s', /successfully/)
const nodes = ['n1', 'n2'] as const

async function said(...args: readonly string[]) {
  const { code, stdout, stderr } = await cli.run(...args)
  return { code, text: `${stdout}${stderr}` }
}

/** Plan, apply, again, undone: objects as before after the plan and after the rollback. */
async function thereAndBack(
  runbook: string,
  sets: readonly string[],
  whileApplied: () => Promise<void>,
): Promise<void> {
  const before = await cluster.objects()
  const plan = await said('plan', runbook, ...sets)
  expect(plan.code, plan.text).toBe(0)
  expect(await cluster.objects(), 'a plan changes nothing').toBe(before)
  const applied = await said('apply', runbook, '--yes', ...sets)
  expect(applied.code, applied.text).toBe(0)
  const { run } = parseRecords(cli.stateDir)
  await whileApplied()
  const again = await said('apply', runbook, '--yes', ...sets)
  expect(again).toMatchObject({ code: 0, text: expect.stringContaining('Nothing to do') })
  const back = await said('rollback', run, '--yes')
  expect(back.code, back.text).toBe(0)
  expect(await cluster.objects(), 'undone is as before').toBe(before)
}

beforeAll(async () => {
  await upLab('k8s', settings)
  await cluster.installFlannel('v0.13.0')
  await rolledOut()
  await until('kubectl get nodes --no-headers | grep -c " Ready "', /^2$/)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

const other = 'v0.13.1-rc2'
const images = "kubectl get pods -n kube-system -l app=flannel -o jsonpath='{.items[*].spec.containers[*].image}'"

const addresses =
  "kubectl get nodes -o jsonpath='{.items[*].metadata.annotations.flannel\\.alpha\\.coreos\\.com/public-ip}'"

test('flannel on a card that its packets do not pass goes to the other one, and exactly back', async () => {
  const sets = ['--set', 'iface=host1', '--set', 'soak=1s']
  for (const node of nodes)
    await on(
      node,
      'nft add table inet cut; nft "add chain inet cut in { type filter hook input priority 0; }"; nft add rule inet cut in iifname host0 udp dport 8472 drop',
    )
  await until(addresses, /10\.77\.0\.32 10\.77\.0\.33/)
  const found = await said('diagnose', 'flannel-downgrade-iface')
  expect(found.text).toMatch(/packets do not arrive over the card[\s\S]*flannel\.1, which uses host0/)

  await on('n2', 'ip addr del 10.77.1.33/24 dev host1')
  const refused = await said('plan', 'flannel-downgrade-iface', ...sets)
  expect(refused).toMatchObject({
    code: 3,
    text: expect.stringMatching(/n2[\s\S]*no card host1 that is up and has an IPv4 address/),
  })
  await on('n2', 'ip addr add 10.77.1.33/24 dev host1')
  await on('n2', 'ip route add default via 10.77.1.1 dev host1 metric 500')
  const undecided = await said('plan', 'flannel-downgrade-iface', '--set', `target_version=${other}`)
  expect(undecided).toMatchObject({ code: 3, text: expect.stringMatching(/n2[\s\S]*2 default routes \(host0 host1/) })
  await on('n2', 'ip route del default dev host1')

  const more = ['--set', 'iface_regex=10\\.77\\.1\\..*', '--set', `target_version=${other}`, '--set', 'soak=1s']
  await thereAndBack('flannel-downgrade-iface', more, async () => {
    expect(await on('c1', images)).toBe(`quay.io/coreos/flannel:${other} `.repeat(2).trim())
    expect(await on('n1', 'ip -d link show flannel.1')).toContain('local 10.77.1.32 dev host1')
    expect(await on('c1', addresses)).toBe('10.77.1.32 10.77.1.33')
    expect((await said('diagnose', 'flannel-downgrade-iface')).text).not.toContain('do not arrive over the card that')
  })
  expect(await on('n1', 'ip -d link show flannel.1')).toContain('local 10.77.0.32 dev host0')
  for (const node of nodes) await on(node, 'nft delete table inet cut')
})

/** Asks for all memory of n1 but 120 MiB, of which flannel has 50 already. */
const HOG = `kib=$(kubectl get node n1 -o jsonpath='{.status.allocatable.memory}' | tr -d Ki)
kubectl apply -f - <<Y
apiVersion: v1
kind: Pod
metadata: {name: hog}
spec:
  nodeName: n1
  hostNetwork: true
  terminationGracePeriodSeconds: 0
  initContainers:
    - {name: small, image: "busybox:1.35", command: ["true"], resources: {requests: {memory: 1Mi}}}
  containers:
    - {name: hog, image: "busybox:1.35", command: [sleep, "9999"], resources: {requests: {memory: "$((kib - 122880))Ki"}}}
Y`

test('a node without room for what is asked for is told by its numbers', async () => {
  await on('c1', HOG)
  const refused = await said('plan', 'flannel-memory-limit', '--set', 'window=1s', '--set', 'memory_request=128Mi')
  expect(refused).toMatchObject({
    code: 3,
    text: expect.stringMatching(/128Mi are asked for, and n1 has (119|120) MiB left for requests/),
  })
  await on('c1', 'kubectl delete pod hog --wait=true --timeout=60s')
})

test('a flannel that reads its program again and again under its limit is found, and rests with more memory', async () => {
  for (const node of nodes) await on(node, 'echo "20 28 100" >/run/flannel/lab-memory')
  const found = await said('diagnose', 'flannel-memory-limit', '--set', 'window=5s')
  expect(found.text).toMatch(/flannel reads its program again and again[\s\S]*MiB\/s at [\d.]+ of 50 MiB/)
  expect(found.text).not.toContain('killed for want of memory')
  await thereAndBack('flannel-memory-limit', ['--set', 'soak=1s'], async () => {
    const after = parseRecords(cli.stateDir).records.flatMap((one) =>
      one.type === 'measured' && one.reading.phase === 'after' && one.reading.measure === 'reads'
        ? [one.reading.value]
        : [],
    )
    expect(after.filter((value) => value !== null && value < 1)).toHaveLength(2)
  })
})

test('a flannel that is killed for want of memory is found, and lives with more', async () => {
  for (const node of nodes) await on(node, 'echo "80 0" >/run/flannel/lab-memory')
  const killed = `kubectl get pods -n kube-system -l app=flannel -o jsonpath='{.items[*].status.containerStatuses[*].lastState.terminated.reason}'`
  await until(killed, /OOMKilled/)
  const found = await said('diagnose', 'flannel-memory-limit')
  expect(found.text).toMatch(/flannel is killed for want of memory/)
  const applied = await said('apply', 'flannel-memory-limit', '--yes', '--set', 'soak=5s')
  expect(applied.code, applied.text).toBe(0)
  expect(await on('c1', killed)).toBe('')
  for (const node of nodes) await on(node, 'rm /run/flannel/lab-memory')
})

const container = 'spec.template.spec.containers[0]'
const onDelete = ['spec.updateStrategy.rollingUpdate', 'spec.updateStrategy.type']
const limits = [`${container}.resources.limits.cpu`, `${container}.resources.limits.memory`]
const single = (version: string, more: readonly string[] = []) => ({ version, set: 'kube-flannel-ds', more, limits })

/** Every manifest of the fixtures: what is changed besides (OnDelete), and where its limits stand. */
const manifests: readonly (Chosen & { readonly more: readonly string[]; readonly limits: readonly string[] })[] = [
  single('v0.10.0', onDelete),
  { ...single('v0.11.0', onDelete), set: 'kube-flannel-ds-amd64' },
  { ...single('v0.12.0'), set: 'kube-flannel-ds-amd64' },
  ...['v0.13.0-rc2', 'v0.13.0', 'v0.13.1-rc1', 'v0.13.1-rc2', 'v0.14.0', 'v0.15.1', 'v0.20.2'].map((version) =>
    single(version),
  ),
  ...['v0.22.0', 'v0.28.9'].map((version) => ({ ...single(version), limits: [`${container}.resources.limits`] })),
]

test('on a real API server just the planned fields of every manifest of upstream are changed', async () => {
  await withoutPods(cluster, async () => {
    for (const { version, set, more, limits } of manifests) {
      await putManifest(cluster, { version, set })
      const before = await objectsByName(cluster)
      const memory = await patchedFields({ settings, cluster }, { book: 'flannel-memory-limit', params: {}, set })
      expect(memory, version).toEqual([...more, ...limits].sort())
      const card = await patchedFields(
        { settings, cluster },
        { book: 'flannel-downgrade-iface', params: { iface: 'host1' }, set },
      )
      expect(card, version).toEqual([`${container}.args`])
      expect(changedFields(before, await objectsByName(cluster)), version).toEqual([...memory, ...card].sort())
    }
  })
})

test('a whole run changes just what it says, with OnDelete and with RollingUpdate', async () => {
  // Nobody tells the nodes' addresses while flannel has no pods: they are somebody's own.
  await on('c1', 'kubectl annotate --overwrite nodes n1 n2 flannel.alpha.coreos.com/public-ip-overwrite=192.0.2.1')
  await withoutPods(cluster, async () => {
    for (const { version, set, more, limits } of manifests) {
      if (!['v0.10.0', 'v0.28.9'].includes(version)) continue
      await putManifest(cluster, { version, set })
      await changesJust([...more, ...limits], ['flannel-memory-limit', '--set', 'soak=1s', '--set', 'window=1s'])
      await changesJust([`${container}.args`], ['flannel-downgrade-iface', '--set', 'soak=1s', '--set', 'iface=host1'])
    }
  })
})

async function changesJust(fields: readonly string[], words: readonly string[]): Promise<void> {
  const before = await objectsByName(cluster)
  const { code, text } = await said('apply', ...words, '--yes')
  expect(code, text).toBe(0)
  expect(recordedFields(cli.stateDir), text).toEqual(fields.toSorted())
  expect(changedFields(before, await objectsByName(cluster)), text).toEqual(fields.toSorted())
  // what comes after another change of the same object is shown when it is reached
  for (const field of fields) if (!text.includes('assumed after step strategy')) expect(text).toContain(`${field}: `)
}
