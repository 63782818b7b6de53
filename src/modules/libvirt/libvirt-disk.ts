import { createHash } from 'node:crypto'
import { sh, withStdin } from '../../model/command.ts'
import type { Json } from '../../model/json.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { failureOf } from '../shared/host-script.ts'
import { loadUnifiedDiff, type UnifiedDiff } from '../shared/unified-diff.ts'
import { type Disk, type DiskWish, type DomainXml, openDomain } from './domain-xml.ts'
import { type Domain, DomainArgument, definitionResource, lookDomain, noDomain, uri } from './look-domain.ts'

const args = Type.Object(
  {
    domain: DomainArgument,
    bus: Type.Enum(['virtio', 'sata', 'ide']),
    disks: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z]+$' }), {
        minItems: 1,
        description: 'targets as they are now (hda); default all disks, never CD-ROMs and floppies',
      }),
    ),
    cache: Type.Optional(
      Type.Enum(['keep', 'none', 'writeback', 'writethrough', 'directsync'], {
        description: 'as libvirt names it; default keep; unsafe, which ignores flushes, is not offered',
      }),
    ),
    io: Type.Optional(
      Type.Enum(['keep', 'native', 'threads'], {
        description: 'default keep; native only with cache none or directsync',
      }),
    ),
  },
  { additionalProperties: false },
)

type DiskArgs = Static<typeof args>

interface State {
  readonly domain: Domain
  readonly next: DomainXml
  readonly live: DomainXml
  readonly diff: UnifiedDiff
}

/** The bus by which a virtual machine sees its disks, in the definition that its next start takes. */
export const libvirtDisk = defineModule<typeof args, State | undefined>({
  name: 'libvirt_disk',
  summary: "The bus and cache of a virtual machine's disks, as its next start takes them",
  example: 'libvirt_disk: {domain: web1, bus: virtio}\non: "{{ hypervisor }}"',
  effect: 'changes',
  args,
  resources: ({ domain }) => [definitionResource(domain)],
  read: async ({ domain: name }, probe) => {
    const [domain, diff] = await Promise.all([lookDomain(name, probe), loadUnifiedDiff()])
    return domain && { domain, next: openDomain(domain.next), live: openDomain(domain.live), diff }
  },
  plan: (wanted, state) => (state ? planDisk(wanted, state) : noDomain(wanted.domain)),
  apply: applyDisk,
  revert: revertDisk,
})

function planDisk(wanted: DiskArgs, { domain, next, live, diff }: State): Decision {
  const targets = targetsOf(wanted, next)
  const refusal = refuse(wanted, { domain, next, live, targets })
  if (refusal) return refusal
  const off = targets.filter((target) => !fits(diskOf(next, target), wanted))
  if (off.length === 0) return { kind: 'noop', summary: `${list(targets)} of ${wanted.domain}: ${wanted.bus} already` }
  const after = openDomain(next.withDisks(off, wishOf(wanted)))
  return {
    kind: 'change',
    change: {
      verb: 'update',
      summary: `put ${list(off)} of ${wanted.domain} on ${wanted.bus}${cacheWord(wishOf(wanted))}`,
      details: [
        { kind: 'diff', diff: diff(`${wanted.domain}.xml`, next.disksText(), after.disksText()) },
        { kind: 'note', text: 'in force from its next start' },
      ],
      before: { domain: wanted.domain, uuid: next.uuid, definition: digest(domain.next), disks: shown(next.disks) },
      after: { domain: wanted.domain, uuid: next.uuid, disks: shown(after.disks) },
      settles: true,
      reversible: true,
      predicts: {},
    } satisfies Change,
  }
}

const cacheWord = ({ cache }: DiskWish): string => (cache === undefined ? '' : `, cache ${cache}`)

const giB = 1_073_741_824

interface Seen {
  readonly domain: Domain
  readonly next: DomainXml
  readonly live: DomainXml
  readonly targets: readonly string[]
}

function refuse(wanted: DiskArgs, { domain, next, live, targets }: Seen): Decision | undefined {
  const { domain: name, bus } = wanted
  const blocked = (message: string, hint?: string): Decision => ({
    kind: 'blocked',
    message,
    ...(hint === undefined ? {} : { hint }),
  })
  const unknown = targets.filter((target) => !next.disks.some((disk) => disk.target === target))
  if (unknown.length > 0)
    return blocked(`${name} has no disk ${list(unknown)}`, `it has ${list(next.disks.map(nameOf))}`)
  if (targets.length === 0) return blocked(`${name} has no disk`, 'CD-ROMs and floppies stay where they are')
  if (!domain.isPersistent)
    return blocked(
      `${name} is transient: its definition is gone with it`,
      'define it first: virsh dumpxml, virsh define',
    )
  const cacheOf = (target: string) => wishOf(wanted).cache ?? diskOf(next, target)?.cache
  if (wanted.io === 'native' && !targets.every((target) => isUncached(cacheOf(target))))
    return blocked('io native needs cache none or directsync')
  if (targets.every((target) => fits(diskOf(next, target), wanted))) return undefined
  if (domain.hasSavedState)
    return blocked(`${name} has a saved state, whose disks are those of before`, `virsh managedsave-remove ${name}`)
  if (domain.snapshots.length > 0)
    return blocked(`${name} has snapshots, which keep the old definition: ${list(domain.snapshots)}`)
  if (domain.hasJob) return blocked(`${name} is being copied or moved`, `virsh domjobinfo ${name}`)
  // one that runs already with what is wanted waits for nothing
  const isAsWas = sameDisks(live, next) || sameDisks(live, openDomain(next.withDisks(targets, wishOf(wanted))))
  if (!isAsWas)
    return blocked(
      `${name} runs with other disks than its definition has: a change waits for its next start`,
      `compare virsh dumpxml ${name} with virsh dumpxml --inactive ${name}; restart it first`,
    )
  if (bus === 'ide' && next.machine.includes('q35'))
    return blocked(`a machine of type ${next.machine} has no IDE bus`, 'there it is sata')
  if (domain.freeBytes < giB) return blocked('less than 1 GiB is free under /var/lib of the hypervisor')
  return undefined
}

const sameDisks = (one: DomainXml, other: DomainXml): boolean =>
  JSON.stringify(one.disks) === JSON.stringify(other.disks)

const isUncached = (cache: string | null | undefined): boolean => cache === 'none' || cache === 'directsync'
const nameOf = ({ target }: Disk): string => target
const list = (names: readonly string[]): string => names.join(', ')
const diskOf = ({ disks }: DomainXml, target: string): Disk | undefined => disks.find((disk) => disk.target === target)
const digest = (text: string): string => createHash('sha256').update(text.trim()).digest('hex')
const shown = (disks: readonly Disk[]): Json => disks.map((disk) => ({ ...disk }))

/** All disks, or those that are named: by their present name, or by the one that they have once it is done. */
function targetsOf({ disks: wanted, bus }: DiskArgs, { disks }: DomainXml): readonly string[] {
  const own = disks.filter(({ device }) => device === 'disk').map(nameOf)
  if (!wanted) return own
  const isThere = (target: string): boolean => disks.some((disk) => disk.target === target)
  if (wanted.every(isThere)) return wanted
  // after the change they have other names: what is on the bus by now is what they have become
  const done = disks.filter((disk) => disk.device === 'disk' && disk.bus === bus).map(nameOf)
  return wanted.some(isThere) || done.length < wanted.length ? wanted : done.slice(0, wanted.length)
}

const wishOf = ({ bus, cache, io }: DiskArgs): DiskWish => ({
  bus,
  ...(cache === undefined || cache === 'keep' ? {} : { cache }),
  ...(io === undefined || io === 'keep' ? {} : { io }),
})

function fits(disk: Disk | undefined, wanted: DiskArgs): boolean {
  const { bus, cache = disk?.cache, io = disk?.io } = wishOf(wanted)
  return disk?.bus === bus && disk.cache === cache && disk.io === io
}

async function applyDisk(wanted: DiskArgs, change: Change, session: Session): Promise<undefined> {
  const now = await definitionOf(wanted.domain, session)
  if (fitsAll(now, wanted)) return undefined
  if (digest(now) !== change.before.definition)
    throw new ProblemError({
      kind: 'plan-drifted',
      message: `the definition of ${wanted.domain} is not what was planned with`,
    })
  await keep(now, session)
  const xml = openDomain(now)
  const targets = targetsOf(wanted, xml).filter((target) => !fits(diskOf(xml, target), wanted))
  await define(xml.withDisks(targets, wishOf(wanted)), wanted.domain, session)
  if (!fitsAll(await definitionOf(wanted.domain, session), wanted))
    throw new ProblemError({ kind: 'step-failed', message: `libvirt has not taken the definition of ${wanted.domain}` })
  return undefined
}

function fitsAll(text: string, wanted: DiskArgs): boolean {
  const xml = openDomain(text)
  return targetsOf(wanted, xml).every((target) => fits(diskOf(xml, target), wanted))
}

/** The definition as it was is given back, where it was kept: before that nothing was changed. */
async function revertDisk({ domain }: DiskArgs, change: Change, session: Session): Promise<void> {
  const kept = await session.run(sh`cat -- ${keptIn(session)}`)
  if (kept.code !== 0) {
    if (digest(await definitionOf(domain, session)) === change.before.definition) return
    throw new ProblemError(failureOf(kept, `reading the kept definition of ${domain}`))
  }
  const text = kept.stdout.toString('utf8')
  if (digest(await definitionOf(domain, session)) === digest(text)) return
  await define(text, domain, session)
}

const keptIn = ({ folder }: Session): string => `${folder}/domain.xml`

async function keep(text: string, session: Session): Promise<void> {
  const file = keptIn(session)
  const made = await session.run(
    withStdin(sh`umask 077; mkdir -p -- ${session.folder} && cat >${file}.new && mv -- ${file}.new ${file}`, text),
  )
  if (made.code !== 0) throw new ProblemError(failureOf(made, 'keeping the definition as it was'))
}

async function define(text: string, domain: string, session: Session): Promise<void> {
  const file = `${session.folder}/new.xml`
  const reply = await session.run(
    withStdin(sh`umask 077; cat >${file} && virsh -q -c ${uri} define ${file} && rm -f -- ${file}`, text),
  )
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `defining ${domain}`))
}

async function definitionOf(domain: string, session: Session): Promise<string> {
  const reply = await session.run(sh`virsh -q -c ${uri} dumpxml --inactive --security-info -- ${domain}`, {
    limitBytes: 4_194_304,
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `reading the definition of ${domain}`))
  return reply.stdout.toString('utf8').trim()
}
