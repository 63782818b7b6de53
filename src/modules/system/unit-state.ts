import { sh } from '../../model/command.ts'
import { isObject } from '../../model/json.ts'
import type { Probe, Resource } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { fileResource } from '../files/file-state.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'

/** A unit as `systemctl show` gives it: values of properties, which no locale translates. */
export type UnitState = {
  readonly unit: string // with its suffix
  readonly load: string // LoadState: loaded, not-found, masked, error, bad-setting; foreseen: an earlier step makes it
  readonly active: string // ActiveState
  readonly sub: string // SubState
  readonly file: string // UnitFileState: enabled, disabled, static, masked ...
  readonly needsReload: boolean
  readonly invocation: string // InvocationID: another one after each start
  readonly mainPid: number
  readonly type: string // service Type
  readonly result: string // Result of the last run
  readonly path: string // FragmentPath
}

export const unitName = (unit: string): string =>
  /\.(service|socket|timer|target|mount|path|slice|scope|device|swap|automount)$/.test(unit) ? unit : `${unit}.service`

export const unitResource = (unit: string): Resource => `unit:${unitName(unit)}`

const properties =
  'Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,InvocationID,MainPID,Type,Result,FragmentPath'

/**
 * The state of a unit, in one command; as an earlier step of the plan leaves it, where one does. A unit whose file an
 * earlier step writes is `foreseen`. Throws ProblemError of kind missing-tool without systemd.
 */
export async function readUnitState(unit: string, probe: Probe): Promise<UnitState> {
  const name = unitName(unit)
  const known = probe.predicted(unitResource(name))
  if (isObject(known)) return known as UnitState // sealed: only the service module predicts `unit:` resources
  const state = await showUnit(name, probe)
  const path = `/etc/systemd/system/${name}`
  const planned = state.load === 'not-found' ? probe.predicted(fileResource(path)) : undefined
  if (isObject(planned) && planned.entry !== null) return { ...state, load: 'foreseen', file: 'disabled', path }
  return state
}

/** The state of a unit as it is now. */
export async function showUnit(name: string, runner: Runner): Promise<UnitState> {
  const reply = await runner.run(sh`systemctl show -p ${properties} -- ${name}`)
  if (reply.code === 127) throw missingTool('systemctl', `look at ${name}`)
  if (reply.code !== 0) throw new ProblemError({ ...failureOf(reply, `asking systemd for ${name}`), ...hintFor(reply) })
  return parseUnit(name, reply.stdout.toString('utf8'))
}

const hintFor = (reply: Reply) =>
  /not been booted with systemd|connect to bus/i.test(reply.stderr.toString('utf8'))
    ? { kind: 'missing-tool' as const, hint: 'this host does not run systemd' }
    : {}

function parseUnit(name: string, text: string): UnitState {
  const found = new Map(
    text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const value = (property: string): string => found.get(property) ?? ''
  return {
    unit: name,
    load: value('LoadState'),
    active: value('ActiveState'),
    sub: value('SubState'),
    file: value('UnitFileState'),
    needsReload: value('NeedDaemonReload') === 'yes',
    invocation: value('InvocationID'),
    mainPid: Number(value('MainPID')),
    type: value('Type'),
    result: value('Result'),
    path: value('FragmentPath'),
  }
}

/** Whether a unit runs: `failing` waits for its automatic restart, as a crash loop does. */
export type Condition = 'running' | 'failing' | 'stopped'

export function conditionOf({ active, sub }: UnitState): Condition {
  if (sub === 'auto-restart' || sub === 'auto-restart-queued') return 'failing'
  return active === 'inactive' || active === 'failed' || active === 'deactivating' ? 'stopped' : 'running'
}

/** Whether a unit starts at boot; null where that is not its own to say (no [Install] section, generated, an alias). */
export function isEnabled({ file }: UnitState): boolean | null {
  if (file === 'enabled') return true
  return ['disabled', 'enabled-runtime', 'linked', 'linked-runtime'].includes(file) ? false : null
}
