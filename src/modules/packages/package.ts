import type { Json } from '../../model/json.ts'
import type { Change, Probe, Resource, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { runArguments } from '../system/run-command.ts'
import { readManager } from './host-packages.ts'
import type { Installed, PackageManager, PackageMove } from './package-manager.ts'
import { isThere, type PackageState, planPackage, transactionOf } from './package-plan.ts'

const args = Type.Object(
  {
    // no "-" at the end: apt-get takes such a word for a removal
    name: Type.String({
      pattern: '^[A-Za-z0-9]([A-Za-z0-9+._:-]*[A-Za-z0-9+._])?$',
      description: 'the package, by its own name',
    }),
    state: Type.Optional(
      Type.Enum(['present', 'absent'], {
        default: 'present',
        description: 'absent removes it and keeps its configuration files',
      }),
    ),
    version: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z]([A-Za-z0-9.+~^_:-]*[A-Za-z0-9.+~^_])?$',
        description:
          'exact version, an older one too (of rpm with or without epoch and release); left out: any that is installed will do',
      }),
    ),
    hold: Type.Optional(
      Type.Boolean({
        description:
          'keep upgrades from changing it (true), or not (false); left out: as it is. For dnf it needs the plugin versionlock',
      }),
    ),
    touches: runArguments.touches,
  },
  { additionalProperties: false },
)

type PackageArgs = Static<typeof args>

const none: Installed = { version: null, status: 'not-installed', isHeld: false }

// "package" is a reserved word
export const packageModule = defineModule<typeof args, PackageState>({
  name: 'package',
  summary: 'A package (apt, dnf or zypper): there or not, at an exact version, held or not',
  effect: 'changes',
  args,
  example: 'package: {name: etcd-server, version: 3.4.23-4+b4, hold: true}',
  resources: ({ name, touches = [] }) => [
    `package:${name}`,
    ...(touches as readonly Resource[]), // sealed: the schema's pattern is kind:name
  ],
  read: readPackage,
  plan: planPackage,
  apply: async (wanted, change, session) => {
    const manager = await managerOf(session)
    const record = recordOf(change)
    if (record.moves.length > 0) await manager.transact(transactionOf(wanted, record.wasHeld), session)
    const isHeld = wanted.hold ?? record.wasHeld
    const { version } = await holdAs(isHeld, wanted.name, { manager, session, moved: record.moves.length > 0 })
    return { version, outdated: [...(await manager.readOutdated(wanted.name, session))] }
  },
  revert: ({ name }, change, session) => revertPackage(name, recordOf(change), session),
})

/** Where a transaction is needed, it is simulated, and asked what of it can be undone. */
async function readPackage(wanted: PackageArgs, probe: Probe): Promise<PackageState> {
  const manager = await readManager(probe)
  const empty = { simulation: undefined, automatic: [], lost: [], outdated: [], noHold: undefined }
  if (typeof manager === 'string') return { ...empty, manager, installed: none }
  const [[installed = none], outdated, noHold] = await Promise.all([
    manager.readInstalled([wanted.name], probe),
    manager.readOutdated(wanted.name, probe),
    wanted.hold === undefined ? undefined : manager.refuseHold?.(probe),
  ])
  const seen = { ...empty, manager, installed, outdated, noHold }
  if (isThere(wanted, installed, manager)) return seen
  const simulation = await manager.simulate(transactionOf(wanted, installed.isHeld), probe)
  if (simulation.kind === 'refused') return { ...seen, simulation }
  const old = simulation.moves.filter(({ from }) => from !== null)
  const names = old.map((move) => move.name)
  const [available, automatic] = await Promise.all([
    manager.readAvailable(names, probe),
    manager.readAutomatic(names, probe),
  ])
  const lost = old.map(({ name, from }) => `${name.replace(/:.*/, '')}=${from}`).filter((one) => !available.has(one))
  return { ...seen, simulation, automatic, lost }
}

/** While changing: the plan has seen that there is one. */
async function managerOf(session: Session): Promise<PackageManager> {
  const manager = await readManager(session)
  if (typeof manager !== 'string') return manager
  throw new ProblemError({ kind: 'plan-drifted', message: `${session.host} has no package manager any more` })
}

/** Holds a package or frees it, where it is there; one that has moved is held anew, as a hold may name a version. */
async function holdAs(
  isHeld: boolean,
  name: string,
  { manager, session, moved }: { readonly manager: PackageManager; readonly session: Session; readonly moved: boolean },
): Promise<Installed> {
  const [now = none] = await manager.readInstalled([name], session)
  if (now.version !== null && (now.isHeld !== isHeld || (moved && isHeld))) {
    await manager.setHold(isHeld ? 'held' : 'free', name, session)
  }
  return now
}

interface RecordedPackages {
  readonly moves: readonly PackageMove[]
  readonly wasHeld: boolean
  readonly automatic: readonly string[]
}

/** What changeFor alone makes. */
const recordOf = ({ before }: Change): RecordedPackages => before as Json as unknown as RecordedPackages // sealed

/** Every package of the transaction back at its version, or gone; what was neither before nor after is left. */
async function revertPackage(
  name: string,
  { moves, wasHeld, automatic }: RecordedPackages,
  session: Session,
): Promise<void> {
  const manager = await managerOf(session)
  const now = await manager.readInstalled(
    moves.map((move) => move.name),
    session,
  )
  const strange = moves.find(({ from, to }, at) => ![from, to].includes(now[at]?.version ?? null))
  if (strange) {
    throw new ProblemError({
      kind: 'rollback-failed',
      message: `${strange.name} on ${session.host} was changed by someone since; it is left as it is`,
      hint: `it was ${strange.from ?? 'not installed'}, and this run made it ${strange.to ?? 'not installed'}`,
    })
  }
  const back = moves.filter(({ from }, at) => (now[at]?.version ?? null) !== from)
  if (back.length > 0) {
    const targets = back.map((move) => ({ name: move.name, version: move.from }))
    await manager.transact({ targets, changeHeld: true }, session)
    await manager.markAutomatic(automatic, session)
  }
  await holdAs(wasHeld, name, { manager, session, moved: back.length > 0 })
}
