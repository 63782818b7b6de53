import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
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

test('flannel on a card that its packets do not pass goes to the other one, and exactly back', async () => {
  const sets = ['--set', 'iface=host1', '--set', 'soak=1s']
  for (const node of nodes)
    await on(
      node,
      'nft add table inet cut; nft "add chain inet cut in { type filter hook input priority 0; }"; nft add rule inet cut in iifname host0 udp dport 8472 drop',
    )
  await until(
    "kubectl get nodes -o jsonpath='{.items[*].metadata.annotations.flannel\\.alpha\\.coreos\\.com/public-ip}'",
    /10\.77\.0\.32 10\.77\.0\.33/,
  )
  const found = await said('diagnose', 'flannel-downgrade-iface')
  expect(found.text).toMatch(/packets do not arrive over the card[\s\S]*flannel\.1, which uses host0/)

  await on('n2', 'ip addr del 10.77.1.33/24 dev host1')
  const refused = await said('plan', 'flannel-downgrade-iface', ...sets)
  expect(refused).toMatchObject({
    code: 3,
    text: expect.stringMatching(/n2[\s\S]*no card host1 that is up and has an IPv4 address/),
  })
  await on('n2', 'ip addr add 10.77.1.33/24 dev host1')

  await thereAndBack('flannel-downgrade-iface', sets, async () => {
    expect(await on('n1', 'ip -d link show flannel.1')).toContain('local 10.77.1.32 dev host1')
    expect((await said('diagnose', 'flannel-downgrade-iface')).text).not.toContain('do not arrive over the card that')
  })
  expect(await on('n1', 'ip -d link show flannel.1')).toContain('local 10.77.0.32 dev host0')
  for (const node of nodes) await on(node, 'nft delete table inet cut')
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
