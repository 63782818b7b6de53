import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { changeEntry } from '../files/change-entry.ts'
import { file } from '../files/file.ts'
import {
  applyFileEdit,
  decisionOf,
  type FileView,
  planFileEdit,
  readFileView,
  revertFileEdit,
  revertFileEditText,
} from '../files/file-edit.ts'
import { fileResource } from '../files/file-state.ts'
import { moveOf } from '../files/recorded-file.ts'
import { OwnerArgument } from '../shared/argument.ts'
import { refuseSchedule } from './cron-schedule.ts'

const args = Type.Object(
  {
    // cron reads no file of /etc/cron.d whose name has a dot
    name: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$', description: 'name of the file in /etc/cron.d' }),
    state: Type.Optional(Type.Enum(['present', 'absent'], { default: 'present' })),
    schedule: Type.Optional(
      Type.String({
        description: 'five fields as crontab(5) has them, or @hourly, @daily, @weekly, @monthly, @reboot',
      }),
    ),
    user: Type.Optional(OwnerArgument('user that runs it, default root')),
    command: Type.Optional(
      Type.String({
        pattern: '^\\S[^\\u0000\\r\\n]*$',
        maxLength: 900,
        description: 'one line for sh; an unescaped % ends it (crontab(5)) and is refused',
      }),
    ),
  },
  { additionalProperties: false },
)

type CronArgs = Static<typeof args>

const cronPath = ({ name }: CronArgs): string => `/etc/cron.d/${name}`

export const cron = defineModule<typeof args, FileView>({
  name: 'cron',
  summary: 'A command that cron runs, as a file of its own in /etc/cron.d, or the absence of that file',
  effect: 'changes',
  args,
  example: 'cron: {name: etcd-defrag, schedule: "30 3 * * sun", command: /usr/local/sbin/defrag}',
  resources: (wanted) => [fileResource(cronPath(wanted))],
  read: (wanted, probe) => readFileView(cronPath(wanted), probe),
  plan: planCron,
  apply: async (_, change, session) => {
    const move = moveOf(change)
    if (move.after.type === 'file') return applyFileEdit(change, session)
    await changeEntry(session, move)
    return undefined
  },
  revert: (_, change, session) => revertFileEdit(change, session),
  revertText: (_, change, folder) => revertFileEditText(change, folder),
})

function planCron(wanted: CronArgs, view: FileView): Decision {
  const path = cronPath(wanted)
  if (wanted.state === 'absent') return file.plan({ path, state: 'absent' }, view)
  const { schedule, user = 'root', command } = wanted
  if (schedule === undefined || command === undefined) {
    return { kind: 'blocked', message: 'cron takes schedule and command' }
  }
  const refusal = refuseSchedule(schedule)
  if (refusal !== undefined) return { kind: 'blocked', message: refusal }
  if (/(^|[^\\])%/.test(command)) {
    return {
      kind: 'blocked',
      message: 'cron ends a command at its first %',
      hint: 'write \\% where a percent sign is meant',
    }
  }
  const text = `# by runbook\n${schedule} ${user} ${command}\n`
  // cron takes only files that are root's own and that nobody else may write
  const edit = planFileEdit(
    view,
    { content: text, mode: '0644', owner: 'root', group: 'root' },
    `run ${wanted.name} by cron`,
  )
  return decisionOf(edit, `${path} is as it should be`)
}
