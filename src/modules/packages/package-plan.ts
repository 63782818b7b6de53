import type { Change, Decision, Detail } from '../../model/module.ts'
import type { HostManager } from './host-packages.ts'
import type { Installed, PackageManager, PackageMove, Simulation, Transaction } from './package-manager.ts'

/** How a package should be. */
export interface WantedPackage {
  readonly name: string
  readonly state?: 'present' | 'absent'
  readonly version?: string
  readonly hold?: boolean
  readonly touches?: readonly string[]
}

export interface PackageState {
  readonly manager: HostManager
  readonly installed: Installed
  readonly simulation: Simulation | undefined // where a transaction is needed
  readonly automatic: readonly string[] // of what it changes
  readonly lost: readonly string[] // `name=version` now installed that no repository has any more
  readonly outdated: readonly string[] // processes that run what has been replaced
  readonly noHold: Refusal | undefined // why nothing can be held here
}

type Refusal = { readonly message: string; readonly hint?: string; readonly detail?: string }

const removes = ({ state }: WantedPackage): boolean => state === 'absent'

/** Whether what is installed is what is asked for, hold apart. */
export function isThere(wanted: WantedPackage, { version }: Installed, manager: PackageManager): boolean {
  if (removes(wanted)) return version === null
  return version !== null && (wanted.version === undefined || manager.isVersion(wanted.version, version))
}

export function transactionOf(wanted: WantedPackage, wasHeld: boolean): Transaction {
  const { name, version } = wanted
  const target = removes(wanted) ? { name, version: null } : { name, ...(version === undefined ? {} : { version }) }
  return { targets: [target], changeHeld: wasHeld && (wanted.hold !== undefined || removes(wanted)) }
}

export function planPackage(wanted: WantedPackage, state: PackageState): Decision {
  const { manager, installed, simulation, outdated } = state
  if (removes(wanted) && (wanted.version !== undefined || wanted.hold !== undefined)) {
    return { kind: 'blocked', message: 'state: absent takes neither version nor hold' }
  }
  if (typeof manager === 'string') return { kind: 'blocked', ...unknownManager(manager) }
  const refusal = refuse(wanted, state, manager)
  if (refusal) return { kind: 'blocked', ...refusal }
  const moves = simulation?.kind === 'moves' ? simulation.moves : []
  const holds = !removes(wanted) && wanted.hold !== undefined && wanted.hold !== installed.isHeld
  if (moves.length > 0 || holds) return { kind: 'change', change: changeFor(wanted, state, { moves, manager }) }
  const version = installed.version
  const summary = version === null ? `${wanted.name} is not installed` : `${wanted.name} ${version} is installed`
  const still = outdated.length === 0 ? '' : `, but ${outdated.length} of its processes run what was there before`
  return { kind: 'noop', summary: summary + still, output: { version, outdated: [...outdated] } }
}

const unknownManager = (found: string): Refusal => ({
  message: `the host has ${found === '' ? 'none of apt, dnf and zypper' : found}; this module works with apt, dnf 4 and zypper`,
  hint: 'use command with check for packages of this host',
})

function refuse(
  wanted: WantedPackage,
  { installed, simulation, noHold }: PackageState,
  manager: PackageManager,
): Refusal | undefined {
  const { name, version, hold } = wanted
  if (!['installed', 'config-files', 'not-installed'].includes(installed.status)) {
    return { message: `${name} is ${installed.status}`, hint: manager.repairs }
  }
  if (hold !== undefined && noHold) return noHold
  if (installed.isHeld && installed.version !== null && !isThere(wanted, installed, manager) && hold === undefined) {
    return { message: `${name} ${installed.version} is held`, hint: 'hold: true changes it and holds it again' }
  }
  if (simulation === undefined) return undefined
  const what = `${removes(wanted) ? 'remove' : 'install'} ${name}${version === undefined ? '' : ` ${version}`}`
  if (simulation.kind === 'refused') {
    return {
      message: `${manager.tool} cannot ${what}`,
      detail: simulation.said,
      hint: `is the version in a repository of the host, and its list fresh (${manager.lists})?`,
    }
  }
  return simulation.moves.some((move) => isNamed(move, name)) ? undefined : otherName(what, simulation.moves, manager)
}

const isNamed = (move: PackageMove, name: string): boolean => move.name.replace(/:.*/, '') === name.replace(/:.*/, '')

/** What was asked for is not a package's own name (but what one provides), or is done in another way. */
const otherName = (what: string, moves: readonly PackageMove[], { tool }: PackageManager): Refusal => ({
  message:
    moves.length === 0
      ? `${tool} finds nothing to do to ${what}`
      : `${tool} would take ${moves.map((move) => move.name).join(', ')} to ${what}`,
  hint: 'name the package by its own name',
})

function changeFor(
  wanted: WantedPackage,
  state: PackageState,
  { moves, manager }: { readonly moves: readonly PackageMove[]; readonly manager: PackageManager },
): Change {
  const { name, hold } = wanted
  const { installed, simulation, automatic, lost } = state
  const isHeld = hold ?? installed.isHeld
  const to = moves.find((move) => isNamed(move, name))?.to ?? installed.version
  const isDowngrade = simulation?.kind === 'moves' && simulation.isDowngrade
  const removesLater = !removes(wanted) && installed.version === null
  const held: readonly Detail[] =
    hold === undefined || hold === installed.isHeld
      ? []
      : [{ kind: 'value', name: `${name} held`, before: String(installed.isHeld), after: String(hold) }]
  return {
    verb: removes(wanted) ? 'delete' : installed.version === null ? 'create' : 'update',
    summary: summaryOf(wanted, { from: installed.version, to, moves, isDowngrade }),
    details: [
      ...(moves.length === 0
        ? []
        : [{ kind: 'command' as const, command: manager.shown(transactionOf(wanted, installed.isHeld)) }]),
      ...moves.map((move) => ({
        kind: 'value' as const,
        name: move.name,
        before: move.from ?? 'not installed',
        after: move.to ?? 'not installed',
      })),
      ...held,
      ...(removesLater
        ? [{ kind: 'note' as const, text: 'undoing removes it again, but leaves its configuration files' }]
        : []),
    ],
    before: { moves: [...moves], wasHeld: installed.isHeld, automatic: [...automatic] },
    after: { version: removes(wanted) ? null : to, held: isHeld },
    settles: true,
    reversible: lost.length === 0,
    ...(lost.length === 0 ? {} : { irreversibleBecause: `no repository of the host has ${lost.join(', ')}` }),
    predicts: Object.fromEntries([`package:${name}` as const, ...(wanted.touches ?? [])].map((one) => [one, null])),
  }
}

function summaryOf(
  wanted: WantedPackage,
  {
    from,
    to,
    moves,
    isDowngrade,
  }: {
    readonly from: string | null
    readonly to: string | null
    readonly moves: readonly PackageMove[]
    readonly isDowngrade: boolean
  },
): string {
  const { name, hold } = wanted
  if (moves.length === 0) return `${hold ? 'hold' : 'unhold'} ${name} ${from}`
  const others = moves.length === 1 ? '' : `, and ${moves.length - 1} more`
  if (removes(wanted)) return `remove ${name} ${from}${others}`
  if (from === null) return `install ${name} ${to}${others}`
  return `${isDowngrade ? 'downgrade' : 'upgrade'} ${name} from ${from} to ${to}${others}`
}
