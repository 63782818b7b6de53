import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { downLab, sshLab, upLab } from '../../../lab/lab.ts'
import { labSettings } from '../../../lab/settings.ts'
import { TOPOLOGIES, type TopologyName } from '../../../lab/topologies.ts'
import { openHashSeal } from '../../../src/journal/hash-seal.ts'
import type { HashSeal } from '../../../src/model/journal.ts'
import { type Plan, plannedSteps } from '../../../src/model/plan.ts'
import { differences, type HostSnapshot, lasting, snapshotHost } from './host-snapshot.ts'
import { parseRecords } from './journal-of.ts'
import { cliFor } from './run-cli.ts'
import { watchedWhile } from './watch.ts'

// The runbook on real hosts: three machines with systemd, sshd and etcd, in each way that etcd gets its settings.

const quick = ['--set', 'soak=1s', '--set', 'sample=1s', '--set', 'window=2s']

/** The whole life of the runbook on one kind of lab; each kind is a file of its own, so that two can run at once. */
export function describeTuning(kind: TopologyName): void {
  describe(`etcd-tune-timeouts on ${kind}`, () => {
    const stateDir = path.join(tmpdir(), `runbook-lab-${kind}-${process.pid}`)
    const settings = labSettings({}, { stateDir })
    const hosts = TOPOLOGIES[kind].hosts.map((host) => host.name)
    const urls = TOPOLOGIES[kind].hosts.map((host) => `http://${host.address}:2379`)
    const cli = cliFor(settings)
    const snapshots = (): Promise<readonly HostSnapshot[]> =>
      Promise.all(hosts.map((host) => snapshotHost(host, settings)))

    beforeAll(async () => {
      await upLab(kind, settings)
    })
    afterAll(async () => {
      await downLab(settings)
      await rm(stateDir, { recursive: true, force: true })
    })

    // Where the settings live makes no difference to this one.
    if (kind === 'etcd3')
      test('a saved plan is refused when a file was edited since, before any write', async () => {
        const file = path.join(stateDir, 'plan.json')
        expect(await cli.run('plan', 'etcd-tune-timeouts', ...quick, '--out', file)).toMatchObject({ code: 0 })
        const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan // just written by the program
        const edited = plannedSteps(plan).find(
          (step) => step.host === 'e2' && step.decision.kind === 'change' && step.resources[0]?.startsWith('file:'),
        )
        const target = edited?.resources[0]?.slice('file:'.length) ?? 'no file is changed on e2'
        const edit = await sshLab(
          'e2',
          [`cp -p ${target} /root/kept && printf '# edited by hand\\n' >>${target}`],
          settings,
        )
        expect(edit.code).toBe(0)
        // where a run keeps its own things: it holds its hosts while it verifies the plan
        await Promise.all(hosts.map((host) => sshLab(host, ['mkdir -p /var/lib/runbook'], settings)))
        const before = await snapshots()
        const applied = await cli.run('apply', file, '--yes')
        expect(applied.code).toBe(9)
        expect(applied.stderr).toContain('e2')
        expect(applied.stderr).toContain(target)
        expect(differences(before, await snapshots())).toEqual([])
        expect((await sshLab('e2', [`cp -p /root/kept ${target} && rm /root/kept`], settings)).code).toBe(0)
      })

    test('plan writes nothing, apply does what it says, a second one nothing, rollback brings all back, quorum at every moment', async () => {
      const file = path.join(stateDir, 'plan.json')
      const before = await snapshots()
      const planned = await cli.run('plan', 'etcd-tune-timeouts', ...quick, '--out', file)
      expect(planned).toMatchObject({ code: 0 })
      expect(differences(before, await snapshots())).toEqual([])
      for (const host of hosts) expect(planned.stdout).toContain(host)
      const plan = JSON.parse(readFileSync(file, 'utf8')) as Plan // just written by the program
      const { watched } = await watchedWhile(settings, urls, async () => {
        const applied = await cli.run('apply', file, '--yes')
        expect([0, 10]).toContain(applied.code) // 10: applied, and a measure missed its target on this machine's disk
        const { run, records } = parseRecords(cli.stateDir)
        expect(unplanned(plan, records, await openHashSeal(path.join(cli.stateDir, 'runs')))).toEqual([])
        expect(missing(plan, records)).toEqual([])

        const after = await snapshots()
        // A configuration file shows in neither command line nor environment: there the runbook's own look at the boot log stands.
        if (kind !== 'etcd3-config') {
          for (const [host, snapshot] of after.entries()) expect(snapshot.running).not.toEqual(before[host]?.running)
        }
        const again = await cli.run('apply', 'etcd-tune-timeouts', ...quick, '--yes')
        expect(again).toMatchObject({ code: 0 })
        expect(differences(after, await snapshots())).toEqual([])

        const rolled = await cli.run('rollback', run, '--yes')
        expect([0, 10]).toContain(rolled.code)
      })
      expect(differences(before.map(lasting), (await snapshots()).map(lasting))).toEqual([])
      expect(watched.withoutQuorum).toEqual([])
      expect(watched.fewest).toBe(2) // one at a time was restarted, and the watcher saw it
      expect(watched.reads).toBeGreaterThan(1000)
    })
  })
}

type Records = ReturnType<typeof parseRecords>['records']

/** Leadership moves by itself: who must hand it over, and to whom, is decided when reached, and the plan says so. */
const isLeadership = (module: string): boolean => module === 'etcd_move_leader'

/** Changes in the journal that the plan neither shows nor defers. */
function unplanned(plan: Plan, records: Records, { seal }: HashSeal): readonly string[] {
  const allowed = new Map(plannedSteps(plan).map((step) => [`${step.host} ${step.step}`, step.decision]))
  return records.flatMap((event) => {
    if (event.type !== 'step-started' || isLeadership(event.module)) return []
    const decision = allowed.get(`${event.host} ${event.step}`)
    if (decision?.kind === 'deferred') return []
    const same =
      decision?.kind === 'change' &&
      decision.change.summary === event.change.summary &&
      JSON.stringify(seal(decision.change.before)) === JSON.stringify(event.change.before)
    return same ? [] : [`${event.host} ${event.step}: ${event.change.summary}`]
  })
}

/** Changes of the plan that the journal does not hold. */
function missing(plan: Plan, records: Records): readonly string[] {
  const done = new Set(
    records.flatMap((event) =>
      event.type === 'step-finished' && event.result === 'changed' ? [`${event.host} ${event.step}`] : [],
    ),
  )
  return plannedSteps(plan).flatMap((step) =>
    step.decision.kind === 'change' && !isLeadership(step.module) && !done.has(`${step.host} ${step.step}`)
      ? [`${step.host} ${step.step}`]
      : [],
  )
}
