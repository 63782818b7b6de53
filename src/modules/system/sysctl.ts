import { inTurn } from '../../model/command.ts'
import type { Json } from '../../model/json.ts'
import { isObject } from '../../model/json.ts'
import type { Change, Decision, Detail, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { type FileView, planFileEdit, readFileView } from '../files/file-edit.ts'
import { fileResource } from '../files/file-state.ts'
import { editIni, iniValue } from '../files/ini-edit.ts'
import { moveOf, type RecordedMove } from '../files/recorded-file.ts'
import { replaceFile } from '../files/replace-file.ts'
import { revertFile, revertFileText } from '../files/revert-file.ts'
import {
  type KernelSetting,
  moveSetting,
  moveSettingText,
  plainSetting,
  readSetting,
  sameSetting,
} from './kernel-setting.ts'

const args = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_:@-]*([./][A-Za-z0-9_:@-]+)+$',
      description: 'the kernel setting, as vm.swappiness',
    }),
    value: Type.Union(
      [
        Type.String({
          pattern: '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*\\S[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$',
        }),
        Type.Integer(),
      ],
      {
        description: 'its value; how many blanks are between words does not matter',
      },
    ),
    file: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$',
        default: '90-runbook',
        description: 'keeps it over a reboot in /etc/sysctl.d/<file>.conf',
      }),
    ),
    persistent: Type.Optional(
      Type.Boolean({ default: true, description: 'false: until the next boot only, no file is touched' }),
    ),
  },
  { additionalProperties: false },
)

type SysctlArgs = Static<typeof args>

interface SysctlState {
  readonly running: KernelSetting | undefined
  readonly view: FileView | undefined // of the file that keeps it, where it is to be kept
}

const confPath = ({ file = '90-runbook' }: SysctlArgs): string => `/etc/sysctl.d/${file}.conf`

export const sysctl = defineModule<typeof args, SysctlState>({
  name: 'sysctl',
  summary: 'A kernel setting, running and kept over a reboot in a file of /etc/sysctl.d',
  effect: 'changes',
  args,
  example: 'sysctl: {name: net.core.somaxconn, value: 4096}',
  resources: (wanted) => [
    `sysctl:${wanted.name}`,
    ...(wanted.persistent === false ? [] : [fileResource(confPath(wanted))]),
  ],
  read: async (wanted, probe) => {
    const [running, view] = await Promise.all([
      readSetting(wanted.name, probe),
      wanted.persistent === false ? undefined : readFileView(confPath(wanted), probe),
    ])
    return { running, view }
  },
  plan: planSysctl,
  apply: applySysctl,
  revert: async (_, change, session) => {
    const { name, running, file } = recordOf(change)
    if (file) await revertFile(session, file)
    if (running) await moveSetting(session, { name, from: running.to, to: running.from }, 'rollback-failed')
  },
  revertText: (_, change, folder) => {
    const { name, running, file } = recordOf(change)
    return inTurn(
      ...(file ? [revertFileText(folder, file)] : []),
      ...(running ? [moveSettingText({ name, from: running.to, to: running.from })] : []),
    )
  },
})

function planSysctl(wanted: SysctlArgs, { running, view }: SysctlState): Decision {
  const { name } = wanted
  const value = plainSetting(String(wanted.value))
  if (!running) {
    return {
      kind: 'blocked',
      message: `this kernel has no setting ${name}`,
      hint: 'is the name right, and the kernel module that has it loaded?',
    }
  }
  const runs = sameSetting(running.value, value)
  if (!runs && !running.writable) {
    return {
      kind: 'blocked',
      message: `${name} cannot be written here`,
      hint: 'a container may set only what its own name spaces have (net.*): set it on the machine that runs it; else set become: true',
    }
  }
  const edit = view ? planConf(view, { name, value }) : { kind: 'same' as const }
  if (edit.kind === 'blocked') return edit
  if (runs && edit.kind === 'same') return { kind: 'noop', summary: `${name} is ${value}` }
  const own: Detail = { kind: 'value', name, before: plainSetting(running.value), after: value }
  const file = edit.kind === 'edit' ? edit.change : undefined
  return {
    kind: 'change',
    change: {
      verb: 'update',
      summary: runs ? `keep ${name} = ${value} over a reboot` : `set ${name} = ${value}`,
      details: [...(runs ? [] : [own]), ...(file?.details ?? [])],
      before: {
        name,
        running: runs ? null : { from: running.value, to: value },
        file: file ? moveOf(file) : null,
      },
      after: { value },
      settles: true,
      reversible: true,
      predicts: { [`sysctl:${name}`]: null, ...file?.predicts },
      material: file?.material,
    },
  }
}

/** Lines of sysctl.d are those of an INI file without sections. */
function planConf(view: FileView, { name, value }: { readonly name: string; readonly value: string }) {
  const { entry, path } = view.file
  if (entry?.type === 'file' && entry.content === null) {
    return { kind: 'blocked' as const, message: `${path} is no UTF-8 text of at most 1 MiB` }
  }
  const text = entry?.content ?? ''
  const kept = iniValue(text, { section: '', key: name })
  if (kept !== undefined && sameSetting(kept, value)) return { kind: 'same' as const }
  const edit = editIni(text, { section: '', set: { [name]: value }, unset: [] })
  if (edit.kind === 'refused') return { ...edit, kind: 'blocked' as const, message: `${path}: ${edit.message}` }
  return planFileEdit(view, { content: edit.text })
}

/** What a change records: the running value and the file, each where it changes. */
function recordOf(change: Change): {
  readonly name: string
  readonly running: { readonly from: string; readonly to: string } | null
  readonly file: RecordedMove | null
} {
  const { name, running, file } = change.before
  return { name: String(name), running: memberOf(running), file: memberOf(file) }
}

const memberOf = <T>(value: Json | undefined): T | null => (isObject(value) ? (value as unknown as T) : null) // sealed: planSysctl alone makes it

/** The kernel first: what it does not take is not kept either. */
async function applySysctl(_: SysctlArgs, change: Change, session: Session): Promise<undefined> {
  const { name, running, file } = recordOf(change)
  if (running) await moveSetting(session, { name, ...running }, 'plan-drifted')
  if (!file) return
  if (typeof change.material !== 'string') throw new Error('a file edit without its content')
  await replaceFile(session, { ...file, content: change.material })
}
