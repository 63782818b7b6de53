import type { Change, Decision } from '../../model/module.ts'
import { ControllerFile, ControllerTemplate, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { unreachable } from '../../model/unreachable.ts'
import { ModeArgument, OwnerArgument, PathArgument } from '../shared/argument.ts'
import { changeEntry } from './change-entry.ts'
import {
  applyFileEdit,
  decisionOf,
  type FileView,
  metadataDetails,
  ownerName,
  planFileEdit,
  predictFile,
  readFileView,
  revertFileEdit,
  revertFileEditText,
} from './file-edit.ts'
import { type FileEntry, fileResource } from './file-state.ts'
import { moveOf, type RecordedFile, recordAt, recordEntry } from './recorded-file.ts'

const args = Type.Object(
  {
    path: PathArgument('the file'),
    state: Type.Optional(
      Type.Enum(['present', 'absent', 'directory', 'link'], {
        default: 'present',
        description: 'what should be at the path; directories are made one level deep and removed only when empty',
      }),
    ),
    content: Type.Optional(Type.String({ description: 'the whole content; left out: kept, empty for a new file' })),
    src: Type.Optional(ControllerFile('file beside the runbook that holds the content')),
    template: Type.Optional(ControllerTemplate('as src, rendered as a template first')),
    mode: Type.Optional(ModeArgument),
    owner: Type.Optional(OwnerArgument('user that owns it; left out: kept')),
    group: Type.Optional(OwnerArgument('group that owns it; left out: kept')),
    target: Type.Optional(Type.String({ minLength: 1, description: 'where a link leads (state: link)' })),
  },
  { additionalProperties: false },
)

type FileArgs = Static<typeof args>

export const file = defineModule<typeof args, FileView>({
  name: 'file',
  summary: 'A file, directory or symbolic link with given content, mode and owner, or its absence',
  effect: 'changes',
  args,
  example: `file: {path: /etc/motd, content: "repaired\\n", mode: "0644"}`,
  resources: ({ path }) => [fileResource(path)],
  read: ({ path }, probe) => readFileView(path, probe),
  plan: (wanted, view) => {
    const state = wanted.state ?? 'present'
    switch (state) {
      case 'present':
        return decisionOf(planFileEdit(view, wanted), `${wanted.path} is as it should be`)
      case 'directory':
        return planDirectory(wanted, view)
      case 'link':
        return planLink(wanted, view)
      case 'absent':
        return planAbsence(wanted, view)
      default:
        return unreachable(state)
    }
  },
  apply: async (_, change, session) => {
    const move = moveOf(change)
    if (move.after.type === 'file') return applyFileEdit(change, session)
    await changeEntry(session, move)
    return undefined
  },
  revert: (_, change, session) => revertFileEdit(change, session),
  revertText: (_, change, folder) => revertFileEditText(change, folder),
})

function planDirectory(wanted: FileArgs, { file: state }: FileView): Decision {
  const { entry, login, path, at } = state
  if (entry && entry.type !== 'directory') return blocked(`${path} is a ${entry.kind}, not a directory`)
  if (!entry && state.link !== null) return blocked(`${path} is a symbolic link to ${state.link}, where nothing is`)
  if (!entry && !state.inDirectory) return blocked(`the directory of ${path} does not exist`)
  const [self = '', selfGroup = ''] = login.split(':')
  const after = {
    type: 'directory' as const,
    mode: wanted.mode?.padStart(4, '0') ?? entry?.mode ?? '0755',
    owner: ownerName(wanted.owner, { name: entry?.owner ?? self, number: entry?.uid }),
    group: ownerName(wanted.group, { name: entry?.group ?? selfGroup, number: entry?.gid }),
  }
  const before = recordEntry(state) ?? { type: 'absent' }
  const details = metadataDetails(before, after)
  if (entry && details.length === 0) return { kind: 'noop', summary: `${path} is as it should be` }
  const change = {
    verb: entry ? ('update' as const) : ('create' as const),
    summary: `${entry ? 'change' : 'make'} directory ${path}`,
    details,
    predicts: predictFile(state, directoryEntry(after, entry)),
  }
  return { kind: 'change', change: { ...change, ...moved(path, at, { before, after }) } }
}

const directoryEntry = (after: Extract<RecordedFile, { type: 'directory' }>, before: FileEntry | null): FileEntry => ({
  type: 'directory',
  kind: 'directory',
  mode: after.mode,
  owner: after.owner,
  group: after.group,
  uid: after.owner === before?.owner ? before.uid : null,
  gid: after.group === before?.group ? before.gid : null,
  sizeBytes: before?.sizeBytes ?? 0,
  mtimeS: null,
  links: before?.links ?? 2,
  isEmpty: before?.isEmpty ?? true,
  sha256: null,
  content: null,
})

function planLink({ target }: FileArgs, { file: { path, link, entry, inDirectory } }: FileView): Decision {
  if (target === undefined) return blocked('state: link needs target, where the link leads')
  if (link === target) return { kind: 'noop', summary: `${path} leads to ${target}` }
  if (link === null && entry) return blocked(`${path} is a ${entry.kind}; it is not replaced by a link`)
  if (link === null && !inDirectory) return blocked(`the directory of ${path} does not exist`)
  const before: RecordedFile = link === null ? { type: 'absent' } : { type: 'link', target: link }
  const change = {
    verb: link === null ? ('create' as const) : ('update' as const),
    summary: `link ${path} to ${target}`,
    details: [{ kind: 'value' as const, name: 'target', before: link ?? '', after: target }],
    predicts: { [fileResource(path)]: null }, // what lies where it leads has not been looked at
  }
  return { kind: 'change', change: { ...change, ...moved(path, path, { before, after: { type: 'link', target } }) } }
}

function planAbsence({ path }: FileArgs, { file: state, diff }: FileView): Decision {
  const { entry, link, at } = state
  if (link === null && !entry) return { kind: 'noop', summary: `there is no ${path}` }
  const before: RecordedFile | undefined = link === null ? recordEntry(state) : { type: 'link', target: link }
  if (!before) return blocked(`${path} is a ${entry?.kind}, which is not removed`)
  if (before.type === 'directory' && !entry?.isEmpty) return blocked(`${path} is a directory that is not empty`)
  const text = before.type === 'file' && typeof entry?.content === 'string' ? diff(path, entry.content, null) : ''
  const details: Change['details'] = text === '' ? [] : [{ kind: 'diff', diff: text }]
  const change = {
    verb: 'delete' as const,
    summary: link === null ? `remove ${path}` : `remove the link ${path} to ${link}`,
    details: [...details, ...metadataDetails(before, { type: 'absent' })],
    predicts: { [fileResource(path)]: null }, // who would create it again has not been asked
  }
  const place = link === null ? at : path
  return { kind: 'change', change: { ...change, ...moved(path, place, { before, after: { type: 'absent' } }) } }
}

const moved = (
  path: string,
  at: string,
  { before, after }: { readonly before: RecordedFile; readonly after: RecordedFile },
) => ({
  before: recordAt(path, at, before),
  after: recordAt(path, at, after),
  settles: true,
  reversible: true,
})

const blocked = (message: string): Decision => ({ kind: 'blocked', message })
