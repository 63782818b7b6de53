import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { safeRegex } from '../../model/safe-regex.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { applyFileEdit, type FileView, readFileView, revertFileEdit, revertFileEditText } from './file-edit.ts'
import { fileResource } from './file-state.ts'
import { dropLines, putLine, type WantedLine } from './line-edit.ts'
import { planTextEdit, type TextEdit } from './text-edit.ts'

const Pattern = (description: string) => Type.String({ minLength: 1, maxLength: 200, description })

const args = Type.Object(
  {
    path: PathArgument('the text file'),
    line: Type.Optional(
      Type.String({ pattern: '^[^\\u0000\\r\\n]+$', description: 'the whole line, as it should be (or not be)' }),
    ),
    state: Type.Optional(
      Type.Enum(['present', 'absent'], { default: 'present', description: 'absent removes every such line' }),
    ),
    match: Type.Optional(
      Pattern('regular expression of the one line that is replaced; with state: absent, of all lines removed'),
    ),
    after: Type.Optional(Pattern('regular expression: a new line goes after the last line that it finds')),
    before: Type.Optional(Pattern('regular expression: a new line goes before the first line that it finds')),
    at: Type.Optional(Type.Enum(['start', 'end'], { default: 'end', description: 'else, where a new line goes' })),
    create: Type.Optional(
      Type.Boolean({ default: false, description: 'make the file where it is missing (else that blocks)' }),
    ),
  },
  { additionalProperties: false },
)

type LineArgs = Static<typeof args>

export const line = defineModule<typeof args, FileView>({
  name: 'line',
  summary: 'One line of a text file, there or not, by its exact text or by what it matches; all else in it stays',
  effect: 'changes',
  args,
  example: `line: {path: /etc/ssh/sshd_config, match: "^#?MaxSessions ", line: MaxSessions 50}`,
  resources: ({ path }) => [fileResource(path)],
  read: ({ path }, probe) => readFileView(path, probe),
  plan: planLine,
  apply: (_, change, session) => applyFileEdit(change, session),
  revert: (_, change, session) => revertFileEdit(change, session),
  revertText: (_, change, folder) => revertFileEditText(change, folder),
})

function planLine(wanted: LineArgs, view: FileView): Decision {
  const refusal = refuse(wanted)
  if (refusal !== undefined) return { kind: 'blocked', message: refusal }
  const { path, state = 'present', create = false } = wanted
  const removes = state === 'absent'
  const edit = removes
    ? (text: string) => dropLines(text, dropped(wanted))
    : (text: string) => putLine(text, put(wanted))
  return planTextEdit(view, {
    path,
    create,
    removes,
    same: removes ? `${path} has no such line` : `${path} has this line`,
    edit: (text) => placed(edit(text), path),
  })
}

function refuse({ line: text, state = 'present', ...wanted }: LineArgs): string | undefined {
  const bad = (['match', 'after', 'before'] as const).flatMap((name) => {
    const checked = safeRegex(wanted[name] ?? '')
    return checked.ok ? [] : [`${name} is no regular expression that can be taken: ${checked.message}`]
  })
  if (bad[0] !== undefined) return bad[0]
  if (state === 'present' && text === undefined) return 'line is missing: the line that should be there'
  if (state === 'absent' && (text === undefined) === (wanted.match === undefined)) {
    return 'state: absent takes exactly one of line and match'
  }
  const places = [wanted.after, wanted.before, wanted.at].filter((place) => place !== undefined)
  if (state === 'absent' && places.length > 0) return 'state: absent takes no place (after, before, at)'
  return places.length > 1 ? 'a line has one place: one of after, before, at' : undefined
}

const dropped = ({ line: text, match }: LineArgs): string | RegExp =>
  match === undefined ? (text ?? '') : regex(match)

const put = ({ line: text = '', match, after, before, at = 'end' }: LineArgs): WantedLine => ({
  line: text,
  ...(match === undefined ? {} : { match: regex(match) }),
  place:
    after !== undefined
      ? { kind: 'after', anchor: regex(after) }
      : before !== undefined
        ? { kind: 'before', anchor: regex(before) }
        : at === 'end'
          ? { kind: 'end' }
          : { kind: 'start' },
})

/** Of a pattern that refuse has let through. */
function regex(text: string): RegExp {
  const checked = safeRegex(text)
  if (!checked.ok) throw new Error(checked.message)
  return checked.regex
}

const placed = (edit: TextEdit, path: string): TextEdit =>
  edit.kind === 'text'
    ? { ...edit, summary: `${edit.summary} in ${path}` }
    : { ...edit, message: `${path}: ${edit.message}` }
