import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { editEnv } from './env-edit.ts'
import { applyFileEdit, type FileView, readFileView, revertFileEdit, revertFileEditText } from './file-edit.ts'
import { fileResource } from './file-state.ts'
import { planTextEdit, type TextEdit } from './text-edit.ts'

const Key = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })
const Value = Type.Union([
  Type.String({ pattern: '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*$' }),
  Type.Number(),
  Type.Boolean(),
])

const args = Type.Object(
  {
    path: PathArgument('the environment file'),
    set: Type.Optional(
      Type.Record(Key, Value, { additionalProperties: false, description: 'keys and their values, unquoted' }),
    ),
    unset: Type.Optional(Type.Array(Key, { description: 'keys that should not be assigned' })),
    create: Type.Optional(
      Type.Boolean({ default: false, description: 'make the file where it is missing (else that blocks)' }),
    ),
  },
  { additionalProperties: false },
)

type EnvFileArgs = Static<typeof args>

export const envFile = defineModule<typeof args, FileView>({
  name: 'env_file',
  summary: 'Keys of an environment file (systemd EnvironmentFile, /etc/default/*); all else in it stays as it is',
  effect: 'changes',
  args,
  example: 'env_file: {path: /etc/default/etcd, set: {ETCD_ELECTION_TIMEOUT: 5000}}',
  resources: ({ path }) => [fileResource(path)],
  read: ({ path }, probe) => readFileView(path, probe),
  plan: planEnvFile,
  apply: (_, change, session) => applyFileEdit(change, session),
  revert: (_, change, session) => revertFileEdit(change, session),
  revertText: (_, change, folder) => revertFileEditText(change, folder),
})

function planEnvFile({ path, create = false, unset = [], ...wanted }: EnvFileArgs, view: FileView): Decision {
  const set = Object.fromEntries(Object.entries(wanted.set ?? {}).map(([key, value]) => [key, String(value)]))
  const both = unset.find((key) => Object.hasOwn(set, key))
  if (both !== undefined) return { kind: 'blocked', message: `${both} is both in set and in unset` }
  return planTextEdit(view, {
    path,
    create,
    removes: Object.keys(set).length === 0,
    same: `${path} has these values`,
    edit: (text) => {
      const edit = editEnv(text, { set, unset })
      if (edit.kind === 'trap') return trapped(path, edit)
      const what = edit.changed.length === 1 ? edit.changed[0] : `${edit.changed.length} keys`
      return { kind: 'text', text: edit.text, summary: `set ${what} in ${path}` }
    },
  })
}

const trapped = (path: string, { key, line }: { readonly key: string; readonly line: string }): TextEdit => ({
  kind: 'refused',
  message: `${path} has several assignments on one line, ${key} among them`,
  detail: line,
  hint: 'systemd takes all after the first "=" as the value of the first key; give each assignment a line of its own',
})
