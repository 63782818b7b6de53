import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { downLab, upLab } from '../../lab/lab.ts'
import type { Outcome } from '../../lab/run-tool.ts'
import { labSettings } from '../../lab/settings.ts'
import { cliAt } from '../lab/support/cli-at.ts'
import { parseRecords } from '../lab/support/journal-of.ts'
import { runBeside } from '../lab/support/run-beside.ts'
import type { Watched } from '../lab/support/watch.ts'
import { guestCluster, type MemberSeen } from './guest-cluster.ts'
import { bootFiles, withoutVirtio } from './own-initramfs.ts'

// node test/scenarios/kvm-member.ts: `kvm-disk-virtio` on a virtual machine that holds one of three members of etcd, there and back, while
// a watcher reads from all three. Prints what it saw; ends with 0 only when all of it held. Needs root, as the lab does; 10 minutes and more.
//   --lab DIR     state folder of a lab `kvm-etcd` that is up: it is used, and left up   --verbose   also what the command line said
//   --fix-initramfs   the guest starts from an initramfs of its own without virtio, which the runbook has to build in; 10 minutes more

const { values } = parseArgs({
  options: {
    lab: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    'fix-initramfs': { type: 'boolean', default: false },
  },
})
const mends = values['fix-initramfs']
const folder = mkdtempSync(path.join(tmpdir(), 'runbook-kvm-member-'))
const settings = labSettings({}, { stateDir: values.lab ?? path.join(folder, 'lab') })
const cli = cliAt({ settings, stateDir: path.join(folder, 'state') })
const cluster = guestCluster(settings)
const { urls, on, form, untilHealthy, member, readThere, letGuestLead, writing } = cluster

const began = performance.now()
const print = (line: string): void =>
  void process.stdout.write(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${line}\n`)

const results: boolean[] = []
function told(what: string, isSo: boolean, seen: unknown): void {
  results.push(isSo)
  print(`${isSo ? 'held    ' : 'NOT HELD'}  ${what}: ${String(seen)}`)
}

const definition = () => on('v1', 'virsh dumpxml --inactive --security-info g1')
async function isOn(device: string): Promise<void> {
  const root = await on('g1', 'findmnt -no SOURCE /')
  told('  the root file system of the guest is on', root === device, root)
}

async function ran(...words: readonly string[]): Promise<Outcome & { readonly said: string }> {
  const patient = ['--timeout', '60'] // the machine that emulates is shared
  const outcome = await cli.run(...words, ...patient)
  if (values.verbose) process.stdout.write(`${outcome.stdout}${outcome.stderr}\n`)
  return { ...outcome, said: `${outcome.stdout}${outcome.stderr}`.replaceAll(/\s+/g, ' ') }
}

const UNMENDED = ['kvm-disk-virtio', '--set', 'reads=100']
const RUNBOOK = mends ? [...UNMENDED, '--set', 'fix_initramfs=true'] : UNMENDED

async function refusedWithoutAnother(): Promise<void> {
  await on('e3', 'systemctl stop etcd')
  const { code, said } = await ran('plan', ...UNMENDED)
  await on('e3', 'systemctl start etcd')
  await untilHealthy()
  told('with e3 down the plan is refused', code === 3, `exit ${code}`)
  const why = /no member of etcd may be stopped now: \w+ is unhealthy/.exec(said)?.[0]
  told('  and says why', why !== undefined, why ?? said)
  const lacking = /kernels without virtio_blk and virtio_pci in their initramfs: [\w.-]+/.exec(said)?.[0]
  told('  and of the initramfs', (lacking !== undefined) === mends, lacking ?? 'nothing')
}

async function planned(): Promise<void> {
  const before = await definition()
  print(`the guest's member leads before: ${await letGuestLead()}`)
  const { code, stdout } = await ran('plan', ...RUNBOOK)
  told('the plan ends well', code === 0, `exit ${code}`)
  for (const line of ['-      <target dev="hda" bus="ide"/>', '+      <target dev="vda" bus="virtio"/>'])
    told('  it shows', loosely(stdout).includes(loosely(line)), line.replaceAll(/\s+/g, ' '))
  const guards = /Guards: (\d+) of \1 passed/.exec(stdout)?.[0]
  told('  it shows', guards !== undefined, guards ?? stdout)
  told('  it shows', stdout.includes('It is the same member'), 'that the member must be back')
  print(`leadership: ${/Hand over leadership: .*/.exec(stdout)?.[0] ?? 'nothing to hand over'}`)
  told('  it changes nothing', (await definition()) === before, 'the definition is the same')
}

const loosely = (text: string): string => text.replaceAll(/\s+/g, '')

/** What the newest run says of a step: the journal's own words. */
function summaryOf(wanted: string): string {
  const found = parseRecords(cli.stateDir).records.flatMap((one) =>
    one.type === 'step-finished' && one.step === wanted ? [`${one.result}, ${one.summary}`] : [],
  )
  return found.at(-1) ?? 'nothing'
}

async function sameMember(was: MemberSeen): Promise<void> {
  await untilHealthy()
  const now = await member()
  told('  its member is back by its own id', now.id === was.id, now.id)
  told('  no revision behind', now.revision >= was.revision, `${was.revision}, then ${now.revision}`)
  const kept = await readThere('before')
  told('  what was written before is read from it', kept === 'written', kept)
}

async function there(was: MemberSeen): Promise<string> {
  print(`the guest's member leads before: ${await letGuestLead()}`)
  const { code, said } = await ran('apply', ...RUNBOOK, '--yes')
  told('apply', code === 0, code === 0 ? 'exit 0' : said)
  const { run, records } = parseRecords(cli.stateDir)
  print(`leadership: ${summaryOf('leader')}`)
  for (const one of records)
    if (one.type === 'measured') print(`parallel reads ${one.reading.phase}: ${JSON.stringify(one.reading.value)} 1/s`)
  await isOn('/dev/vda')
  await sameMember(was)
  const again = await ran('apply', ...RUNBOOK, '--yes')
  told(
    'a second apply has nothing to do',
    again.code === 0 && again.said.includes('Nothing to do'),
    `exit ${again.code}`,
  )
  return run
}

async function back(run: string, was: MemberSeen, before: string): Promise<void> {
  print(`the guest's member leads before: ${await letGuestLead()}`)
  const { code, said } = await ran('rollback', run, '--yes')
  told('rollback', code === 0, code === 0 ? 'exit 0' : said)
  print(`leadership: ${summaryOf('leader')}`)
  told('  the definition is as it was, to the letter', (await definition()) === before, `${before.length} characters`)
  await isOn('/dev/sda')
  await sameMember(was)
}

async function thereAndBack(): Promise<void> {
  const before = await definition()
  await isOn('/dev/sda')
  const [was, files] = [await member(), await bootFiles(cluster)]
  print(`its member: ${JSON.stringify(was)}`)
  await writing(async () => {
    const run = await there(was)
    const isNew = (await bootFiles(cluster)) !== files
    told('an initramfs was built', isNew === mends, isNew)
    await back(run, was, before)
  })
  told('the initramfs is as it was, to the byte', (await bootFiles(cluster)) === files, files.split('\n')[0])
}

try {
  await upLab('kvm-etcd', settings)
  await form()
  print('three members are healthy')
  await on('e2', 'ETCDCTL_API=3 etcdctl put before written')
  if (mends) await withoutVirtio(cluster)
  await refusedWithoutAnother()
  await planned()
  // an emulated member serves a read in seconds, and is off for longer than that
  const watcher = { script: 'watch-etcd.ts', args: ['--answer-ms=20000', '--pause-ms=200', ...urls] }
  const { seen } = await runBeside<void, Watched>(settings, watcher, thereAndBack)
  told(
    'the watcher saw a quorum at any moment',
    seen.withoutQuorum.length === 0,
    seen.withoutQuorum.join('; ') || 'yes',
  )
  told('  and at the fewest', seen.fewest === 2, `${seen.fewest} of 3 healthy members in ${seen.reads} reads`)
  print(`  slowest read that was answered at once: ${seen.slowestMs} ms`)
} catch (error) {
  told('the scenario was run to its end', false, error instanceof Error ? error.message : error)
} finally {
  if (values.lab === undefined) await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
}
print(`${results.filter(Boolean).length} of ${results.length} held`)
process.exitCode = results.every(Boolean) ? 0 : 1
