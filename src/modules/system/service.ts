import { displayCommand } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Change, Decision, Detail, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { type FileView, readFileView } from '../files/file-edit.ts'
import { fileResource } from '../files/file-state.ts'
import { UnitArgument } from '../shared/argument.ts'
import { applyDropIn, dropInPath, planDropIn, recordedDropIn } from './drop-in.ts'
import { revertService, revertServiceText } from './revert-service.ts'
import { reloadManager, runJob, systemctl, systemctlCommand, type UnitJob } from './systemctl.ts'
import {
  type Condition,
  conditionOf,
  isEnabled,
  readUnitState,
  showUnit,
  type UnitState,
  unitName,
  unitResource,
} from './unit-state.ts'

const args = Type.Object(
  {
    unit: UnitArgument,
    state: Type.Optional(
      Type.Enum(['started', 'stopped', 'restarted', 'reloaded'], {
        description: 'restarted and reloaded always happen: give such a step when_changed',
      }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: 'whether it starts at boot' })),
    daemon_reload: Type.Optional(
      Type.Boolean({
        description:
          'read unit files again where systemd says that they changed: true also when there is nothing else to do, false never; left out: before whatever else is done',
      }),
    ),
    dropin: Type.Optional(
      Type.Object(
        {
          name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$', description: 'file name without .conf' }),
          content: Type.String({ description: 'the whole drop-in, sections included' }),
        },
        { additionalProperties: false, description: 'settings in /etc/systemd/system/UNIT.d/NAME.conf' },
      ),
    ),
  },
  { additionalProperties: false },
)

type ServiceArgs = Static<typeof args>

interface ServiceState {
  readonly unit: UnitState
  readonly dropin: FileView | null
}

export const service = defineModule<typeof args, ServiceState>({
  name: 'service',
  summary: 'A systemd unit: running or not, restarted, enabled at boot, with a drop-in of settings',
  effect: 'changes',
  args,
  example: 'service: {unit: etcd, state: restarted}',
  resources: ({ unit, dropin, daemon_reload }) => [
    unitResource(unit),
    ...(daemon_reload ? (['systemd:files'] as const) : []), // any earlier step may write one: decided when reached
    ...(dropin ? [fileResource(dropInPath(unitName(unit), dropin.name))] : []),
  ],
  read: async ({ unit, dropin }, probe) => {
    const path = dropin && dropInPath(unitName(unit), dropin.name)
    const [state, view] = await Promise.all([readUnitState(unit, probe), path ? readFileView(path, probe) : null])
    return { unit: state, dropin: view }
  },
  plan: planService,
  apply: applyService,
  revert: revertService,
  revertText: revertServiceText,
})

/** What is to be done, in the order it is done. */
interface Work {
  readonly drop: ReturnType<typeof planDropIn> | undefined
  readonly reloadsManager: boolean
  readonly boot: 'enable' | 'disable' | undefined
  readonly job: UnitJob | undefined
}

function planService(wanted: ServiceArgs, state: ServiceState): Decision {
  const refusal = refuse(wanted, state.unit)
  if (refusal) return refusal
  const work = workFor(wanted, state)
  if (work.drop?.edit.kind === 'blocked') return work.drop.edit
  const reloads = work.reloadsManager && wanted.daemon_reload === true
  const hasWork = work.boot || work.job || reloads || work.drop?.edit.kind === 'edit'
  if (!hasWork) return { kind: 'noop', summary: `${state.unit.unit} is ${state.unit.active} (${state.unit.sub})` }
  return { kind: 'change', change: changeFor(wanted, state, work) }
}

function refuse({ state, enabled, dropin }: ServiceArgs, unit: UnitState): Decision | undefined {
  const { unit: name, load } = unit
  if (load === 'not-found') {
    return {
      kind: 'blocked',
      message: `there is no unit ${name}`,
      hint: `systemctl list-units '*${name}*' on the host`,
    }
  }
  if (load === 'masked' && (state !== 'stopped' || enabled === true || dropin)) {
    return { kind: 'blocked', message: `${name} is masked`, hint: `systemctl unmask ${name}, if that is meant` }
  }
  if (load !== 'loaded' && load !== 'foreseen' && load !== 'masked') {
    return { kind: 'blocked', message: `systemd cannot load ${name}: ${load}`, hint: `systemctl status ${name}` }
  }
  if (enabled !== undefined && isEnabled(unit) === null && !(load === 'masked' && !enabled)) {
    const why = unit.file === 'static' ? 'it has no [Install] section' : `its unit file is ${unit.file}`
    return { kind: 'blocked', message: `${name} cannot be enabled or disabled: ${why}` }
  }
  return undefined
}

function workFor({ state, enabled, daemon_reload, dropin }: ServiceArgs, { unit, dropin: view }: ServiceState): Work {
  const drop = dropin && view ? planDropIn(view, dropin.content) : undefined
  const isEnabledNow = isEnabled(unit)
  const boot =
    enabled === undefined || isEnabledNow === null || enabled === isEnabledNow
      ? undefined
      : enabled
        ? ('enable' as const)
        : ('disable' as const)
  return {
    drop,
    reloadsManager: daemon_reload !== false && (unit.needsReload || drop?.edit.kind === 'edit'),
    boot,
    job: jobFor(state, conditionOf(unit)),
  }
}

function jobFor(state: ServiceArgs['state'], now: Condition): Work['job'] {
  if (state === 'restarted') return 'restart'
  if (state === 'reloaded') return 'reload'
  if (state === 'started' && now !== 'running') return 'start'
  return state === 'stopped' && now !== 'stopped' ? 'stop' : undefined
}

function changeFor(wanted: ServiceArgs, state: ServiceState, work: Work): Change {
  const { unit } = state
  const now = conditionOf(unit)
  const repeats = work.job === 'restart' || work.job === 'reload'
  const runs = work.job === 'start' || work.job === 'restart' ? 'running' : work.job === 'stop' ? 'stopped' : now
  const enabled = work.boot ? work.boot === 'enable' : isEnabled(unit)
  const boot = (value: boolean | null): JsonObject => (wanted.enabled === undefined ? {} : { enabled: value })
  const runState = (condition: Condition): JsonObject => (wanted.state === undefined ? {} : { condition })
  const dropin: JsonObject = work.drop ? { dropin: work.drop.record } : {}
  return {
    verb: verbOf(work, state),
    summary: summaryOf(work, state, wanted),
    details: detailsOf(work, unit),
    before: { unit: unit.unit, ...runState(now), ...boot(isEnabled(unit)), ...dropin },
    after: repeats ? null : { unit: unit.unit, ...runState(runs), ...boot(enabled), ...dropin },
    settles: provesItself(work) && !(work.job === 'start' && unit.type === 'oneshot'),
    reversible: true,
    predicts: predictionOf(work, unit, { runs, enabled }),
    material: wanted.dropin?.content,
    ...(work.job === 'restart' ? { trace: { invocation: unit.invocation } } : {}),
  }
}

/** Whether looking again tells that it was done, and after undoing that it was undone: a reload leaves no trace. */
const provesItself = ({ drop, boot, job }: Work): boolean =>
  job === 'start' || job === 'stop' || (job === undefined && (boot !== undefined || drop?.edit.kind === 'edit'))

function predictionOf(
  work: Work,
  unit: UnitState,
  after: { readonly runs: Condition; readonly enabled: boolean | null },
): Change['predicts'] {
  const files = work.drop?.edit.kind === 'edit' ? work.drop.edit.change.predicts : {}
  const [active, sub] = after.runs === 'running' ? ['active', 'running'] : ['inactive', 'dead']
  const isSame = after.runs === conditionOf(unit)
  const file = after.enabled === null ? unit.file : after.enabled ? 'enabled' : 'disabled'
  const run = isSame ? {} : { active, sub, invocation: '', mainPid: 0 }
  return { ...files, [unitResource(unit.unit)]: { ...unit, ...run, file, needsReload: false } }
}

function verbOf({ drop, job, boot }: Work, state: ServiceState): Change['verb'] {
  if (job) return job
  if (drop?.edit.kind === 'edit') return state.dropin?.file.entry ? 'update' : 'create'
  return boot ? 'update' : 'reload'
}

function summaryOf({ drop, boot, job, reloadsManager }: Work, { unit }: ServiceState, wanted: ServiceArgs): string {
  const writes = drop?.edit.kind === 'edit' ? [`write drop-in ${wanted.dropin?.name}.conf of`] : []
  const verbs = [...writes, ...(boot ? [boot] : []), ...(job ? [job] : [])]
  if (verbs.length === 0 && reloadsManager) return `read the changed unit files of ${unit.unit} again`
  return `${verbs.length > 1 ? `${verbs.slice(0, -1).join(', ')} and ${verbs.at(-1)}` : verbs[0]} ${unit.unit}`
}

function detailsOf({ drop, boot, job, reloadsManager }: Work, unit: UnitState): readonly Detail[] {
  const file = drop?.edit.kind === 'edit' ? drop.edit.change.details : []
  // Whether systemd asks for a reload follows from the files; as a command it would be drift when an earlier step writes one.
  const note = reloadsManager ? [{ kind: 'note' as const, text: 'systemctl daemon-reload' }] : []
  const commands = [boot, job].flatMap((verb) =>
    verb ? [{ kind: 'command' as const, command: displayCommand(systemctlCommand(verb, unit.unit)) }] : [],
  )
  return [...file, ...note, ...commands]
}

async function applyService(wanted: ServiceArgs, change: Change, session: Session): Promise<undefined> {
  const name = unitName(wanted.unit)
  const drop = recordedDropIn(change.before.dropin)
  if (drop) {
    if (typeof change.material !== 'string') throw new Error('a drop-in without its content')
    await applyDropIn(session, { ...drop, content: change.material })
  }
  const now = await showUnit(name, session)
  if (wanted.daemon_reload !== false && (drop || now.needsReload)) await reloadManager(session)
  if (wanted.enabled !== undefined && isEnabled(now) !== wanted.enabled) {
    await systemctl(session, wanted.enabled ? 'enable' : 'disable', name)
  }
  await runJob(session, name, jobFor(wanted.state, conditionOf(now)))
  return undefined
}
