import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { FORWARD_PORT, forwardAddress } from '../../lab/forward-address.ts'
import { downLab, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import { type LabSettings, labSettings } from '../../lab/settings.ts'
import { topologyOf } from '../../lab/state.ts'
import type { TopologyName } from '../../lab/topologies.ts'
import { hostName } from '../../src/model/id.ts'
import { createModules } from '../../src/modules/index.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { type CaseFile, type LawCase, readCaseFiles } from '../modules/law-case.ts'
import { type LawHost, lawHostOver } from '../modules/law-host.ts'
import { obeyLaws } from '../modules/laws.ts'

const modules = createModules()
const files = readCaseFiles()

/** The first host of a lab, as root over SSH. */
async function openLabHost(topology: TopologyName, offers: readonly string[], settings: LabSettings): Promise<LawHost> {
  const state = await upLab(topology, settings)
  const [first] = topologyOf(state).hosts
  if (!first) throw new Error('the lab has no host')
  const connection = await createTransport({ randomBytes }).open({
    host: hostName(first.name),
    transport: 'ssh2',
    address: forwardAddress(first, state.loopback),
    port: FORWARD_PORT,
    user: 'root',
    identityFiles: [labPaths(settings.stateDir).key],
    knownHostsFiles: [labPaths(settings.stateDir).knownHosts],
    connectTimeoutMs: 10_000,
  })
  return lawHostOver(connection, { name: first.name, offers, scratch: '/srv/laws' })
}

const needs = (lawCase: LawCase, need: string): boolean => lawCase.needs?.includes(need) ?? false

const casesFor = (takes: (lawCase: LawCase) => boolean): readonly CaseFile[] =>
  files.map((file) => ({ ...file, cases: file.cases.filter(takes) })).filter((file) => file.cases.length > 0)

const trials = [
  {
    topology: 'one' as const,
    offers: ['root', 'gnu', 'acl', 'systemd', 'http'],
    taken: casesFor((one) => !needs(one, 'etcd')),
  },
  {
    topology: 'etcd3' as const,
    offers: ['root', 'gnu', 'acl', 'systemd', 'etcd'],
    taken: casesFor((one) => needs(one, 'etcd')),
  },
].filter(({ taken }) => taken.length > 0)

describe.each(trials)('on a host of the lab $topology', ({ topology, offers, taken }) => {
  const settings = labSettings({ ...process.env, RUNBOOK_LAB: mkdtempSync(path.join(tmpdir(), 'runbook-lab-')) })
  let host: LawHost
  beforeAll(async () => {
    host = await openLabHost(topology, offers, settings)
  })
  afterAll(async () => {
    await host?.close()
    await downLab(settings)
    rmSync(settings.stateDir, { recursive: true, force: true })
  })

  for (const { module: name, cases } of taken) {
    describe(name, () => {
      for (const lawCase of cases.filter(
        (one) => one.needs?.every((need) => offers.some((it) => it === need)) ?? true,
      )) {
        test(lawCase.name, async () => {
          const module = modules.get(name)
          if (!module) throw new Error(`there is no module ${name}`)
          await obeyLaws(module, lawCase, host)
        })
      }
    })
  }
})
