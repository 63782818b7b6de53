import { defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { applyFileEdit, type FileView, readFileView, revertFileEdit, revertFileEditText } from './file-edit.ts'
import { fileResource } from './file-state.ts'
import { editIni } from './ini-edit.ts'
import { planTextEdit } from './text-edit.ts'

const Key = Type.String({ pattern: '^[^\\s=:;#\\[\\u0000-\\u001f]([^=:\\u0000-\\u001f]*[^\\s=:\\u0000-\\u001f])?$' })
const Value = Type.Union([
  Type.String({ pattern: '^([^\\s\\u0000-\\u001f]([^\\u0000-\\u001f]*[^\\s\\u0000-\\u001f])?)?$' }),
  Type.Number(),
  Type.Boolean(),
])

const args = Type.Object(
  {
    path: PathArgument('the INI file (my.cnf, php.ini, a systemd unit)'),
    section: Type.Optional(
      Type.String({
        pattern: '^[^\\[\\]\\s]([^\\[\\]\\u0000-\\u001f]*[^\\[\\]\\s])?$',
        description: 'the section, without brackets; left out: the keys before the first one',
      }),
    ),
    set: Type.Optional(
      Type.Record(Key, Value, {
        additionalProperties: false,
        description: 'keys and their values, as they are written',
      }),
    ),
    unset: Type.Optional(Type.Array(Key, { description: 'keys that should not be there' })),
    create: Type.Optional(
      Type.Boolean({ default: false, description: 'make the file where it is missing (else that blocks)' }),
    ),
  },
  { additionalProperties: false },
)

export const ini = defineModule<typeof args, FileView>({
  name: 'ini',
  summary: 'Keys of one section of an INI file; comments and all else in it stay, keys that stand twice are told',
  effect: 'changes',
  args,
  example: 'ini: {path: /etc/mysql/my.cnf, section: mysqld, set: {max_connections: 500}}',
  resources: ({ path }) => [fileResource(path)],
  read: ({ path }, probe) => readFileView(path, probe),
  plan: ({ path, section = '', unset = [], create = false, ...wanted }, view) => {
    const set = Object.fromEntries(Object.entries(wanted.set ?? {}).map(([key, value]) => [key, String(value)]))
    const both = unset.find((key) => Object.hasOwn(set, key))
    if (both !== undefined) return { kind: 'blocked', message: `${both} is both in set and in unset` }
    return planTextEdit(view, {
      path,
      create,
      removes: Object.keys(set).length === 0,
      same: `${path} has these values`,
      edit: (text) => {
        const edit = editIni(text, { section, set, unset })
        if (edit.kind === 'refused') return { ...edit, message: `${path}: ${edit.message}` }
        return { ...edit, summary: `${edit.summary} in ${section === '' ? '' : `[${section}] of `}${path}` }
      },
    })
  },
  apply: (_, change, session) => applyFileEdit(change, session),
  revert: (_, change, session) => revertFileEdit(change, session),
  revertText: (_, change, folder) => revertFileEditText(change, folder),
})
