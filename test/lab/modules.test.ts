import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORWARD_PORT, forwardAddress } from '../../lab/forward-address.ts'
import { downLab, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import { type LabSettings, labSettings } from '../../lab/settings.ts'
import { topologyOf } from '../../lab/state.ts'
import type { TopologyName } from '../../lab/topologies.ts'
import { hostName } from '../../src/model/id.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { createModules } from '../../src/modules/index.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { type CaseFile, type LawCase, readCaseFiles } from '../modules/law-case.ts'
import { type LawHost, lawHostOver } from '../modules/law-host.ts'
import { obeyLaws } from '../modules/laws.ts'
import { asRecorded } from '../modules/trial.ts'

const modules = createModules()
const files = readCaseFiles()

interface Trial {
  readonly topology: TopologyName
  readonly host?: string // default: the first
  readonly offers: readonly string[]
}

/** One host of a lab, as root over SSH. */
async function openLabHost({ topology, host, offers }: Trial, settings: LabSettings): Promise<LawHost> {
  const state = await upLab(topology, settings)
  const { hosts } = topologyOf(state)
  const first = hosts.find(({ name }) => name === host) ?? hosts[0]
  if (!first) throw new Error('the lab has no host')
  const connection = await createTransport({ randomBytes }).open({
    host: hostName(first.name),
    transport: 'ssh2',
    address: forwardAddress(first, state.loopback),
    port: FORWARD_PORT,
    user: 'root',
    identityFiles: [labPaths(settings.stateDir).key],
    knownHostsFiles: [labPaths(settings.stateDir).knownHosts],
    connectTimeoutMs: 30_000,
  })
  return lawHostOver(connection, { name: first.name, offers, scratch: '/srv/laws' })
}

/** Makes one change on a host, and gives its undoing. */
async function changeBy(host: LawHost, name: string, args: JsonObject): Promise<{ undo(): Promise<void> }> {
  const module = modules.get(name)
  const decision = module?.plan(args, await module.read(args, host.probe()))
  if (decision?.kind !== 'change') throw new Error(`${name} has nothing to do`)
  const session = host.session(`/var/lib/runbook/${name}-test/step`)
  await module?.apply?.(args, decision.change, session)
  return { undo: async () => module?.revert?.(args, asRecorded(decision.change), session) }
}

const needs = (lawCase: LawCase, need: string): boolean => lawCase.needs?.includes(need) ?? false

const casesFor = (takes: (lawCase: LawCase) => boolean): readonly CaseFile[] =>
  files.map((file) => ({ ...file, cases: file.cases.filter(takes) })).filter((file) => file.cases.length > 0)

/** What hosts of other topologies than `one` are needed for, and loop devices, of which those of the lab have none of their own. */
const special = ['etcd', 'dnf', 'zypper', 'libvirt', 'k8s', 'loop', 'docker']

const trials = [
  {
    topology: 'one' as const,
    host: 'h1',
    offers: ['root', 'gnu', 'acl', 'systemd', 'http'],
    taken: casesFor((one) => !special.some((need) => needs(one, need))),
  },
  {
    topology: 'etcd3' as const,
    host: 'e1',
    offers: ['root', 'gnu', 'acl', 'systemd', 'etcd'],
    taken: casesFor((one) => needs(one, 'etcd')),
  },
  ...(['dnf', 'zypper'] as const).map((tool) => ({
    topology: 'rpm' as const,
    host: tool === 'dnf' ? 'r1' : 'r2',
    offers: ['root', 'gnu', 'systemd', tool],
    taken: casesFor((one) => needs(one, tool)),
  })),
  {
    topology: 'kvm' as const,
    host: 'v1',
    offers: ['root', 'gnu', 'systemd', 'libvirt'],
    taken: casesFor((one) => needs(one, 'libvirt')),
  },
  {
    topology: 'k8s' as const,
    host: 'c1',
    offers: ['root', 'gnu', 'systemd', 'k8s'],
    taken: casesFor((one) => needs(one, 'k8s')),
  },
  {
    topology: 'docker' as const,
    host: 'd1',
    offers: ['root', 'gnu', 'systemd', 'docker'],
    taken: casesFor((one) => needs(one, 'docker')),
  },
].filter(({ taken }) => taken.length > 0)

describe.each(trials)('on $host of the lab $topology', ({ topology, host: name, offers, taken }) => {
  let settings: LabSettings
  let host: LawHost
  beforeAll(async () => {
    settings = labSettings({ ...process.env, RUNBOOK_LAB: mkdtempSync(path.join(tmpdir(), 'runbook-lab-')) })
    host = await openLabHost({ topology, host: name, offers }, settings)
  })
  afterAll(async () => {
    await host?.close()
    await downLab(settings)
    rmSync(settings.stateDir, { recursive: true, force: true })
  })

  test.runIf(topology === 'one')('undoing a restart runs what the restored unit file says', async () => {
    const unit = '/etc/systemd/system/lawundo.service'
    const text = (seconds: number): string => `[Service]\nExecStart=/bin/sleep ${seconds}\n`
    const running = 'tr "\\0" " " </proc/$(systemctl show -p MainPID lawundo | cut -d= -f2)/cmdline'
    await host.run(
      `printf '${text(11111).replaceAll('\n', '\\n')}' >${unit}; systemctl daemon-reload; systemctl start lawundo`,
      '/',
    )
    const edit = await changeBy(host, 'file', { path: unit, content: text(22222) })
    const restart = await changeBy(host, 'service', { unit: 'lawundo', state: 'restarted' })
    expect((await host.run(running, '/')).stdout.toString()).toBe('/bin/sleep 22222 ')
    await edit.undo()
    await restart.undo()
    expect((await host.run(running, '/')).stdout.toString()).toBe('/bin/sleep 11111 ')
    await host.run(`systemctl stop lawundo; rm ${unit}; systemctl daemon-reload`, '/')
  })

  for (const { module: moduleName, cases } of taken) {
    describe(moduleName, () => {
      for (const lawCase of cases.filter(
        (one) => one.needs?.every((need) => offers.some((it) => it === need)) ?? true,
      )) {
        test(lawCase.name, async () => {
          const module = modules.get(moduleName)
          if (!module) throw new Error(`there is no module ${moduleName}`)
          await obeyLaws(module, lawCase, host)
        })
      }
    })
  }
})
