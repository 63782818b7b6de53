import { inTurn, sh } from '../../model/command.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { Change, Probe, Session } from '../../model/module.ts'
import { ControllerFolder, defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { ModeArgument, OwnerArgument } from '../shared/argument.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'
import { changeEntry } from './change-entry.ts'
import { type CopyState, planCopy } from './copy-plan.ts'
import { readFileView } from './file-edit.ts'
import { fileResource } from './file-state.ts'
import { moveOf, type RecordedMove } from './recorded-file.ts'
import { replaceFile } from './replace-file.ts'
import { revertFile, revertFileText } from './revert-file.ts'

const noDots = '(?!(.*/)?\\.\\.?(/|$))' // no way out of a folder
const name = '[^/\\u0000-\\u001f\\u007f]+'
/** One spelling a path, so that what prune finds is told from what is copied. */
const below = `^${noDots}${name}(/${name})*$`

const args = Type.Object(
  {
    path: Type.String({
      pattern: `^${noDots}(/${name})+$`,
      description: 'the folder on the host (absolute, no slash at the end); the one that it lies in must exist',
    }),
    src: Type.Optional(ControllerFolder('folder beside the runbook: at most 500 entries and 1 MiB of text files')),
    entries: Type.Optional(
      Type.Array(
        Type.Object(
          {
            path: Type.String({ pattern: below }),
            content: Type.Optional(Type.String()),
            target: Type.Optional(Type.String({ minLength: 1, description: 'where a link leads' })),
          },
          { additionalProperties: false },
        ),
        { description: 'in place of src: what the folder has; a file has content, a link target, a folder neither' },
      ),
    ),
    mode: Type.Optional(ModeArgument),
    modes: Type.Optional(
      Type.Record(Type.String(), ModeArgument, {
        description: 'permissions of single files and folders, by path in src',
      }),
    ),
    directory_mode: Type.Optional(ModeArgument),
    owner: Type.Optional(OwnerArgument('user that owns all of it; left out: kept')),
    group: Type.Optional(OwnerArgument('group that owns all of it; left out: kept')),
    prune: Type.Optional(
      Type.Boolean({ default: false, description: 'remove what is in the folder on the host and not in src' }),
    ),
  },
  { additionalProperties: false },
)

type CopyArgs = Static<typeof args>

export const copy = defineModule<typeof args, CopyState>({
  name: 'copy',
  summary: 'A folder with all that is in it, as it is beside the runbook',
  effect: 'changes',
  args,
  example: 'copy: {src: files/app, path: /etc/app, mode: "0644", modes: {bin/start: "0755"}, prune: true}',
  resources: (wanted) =>
    [wanted.path, ...(wanted.entries ?? []).map(({ path }) => `${wanted.path}/${path}`)].map(fileResource),
  read: readCopy,
  plan: planCopy,
  apply: async (_, change, session) => {
    const contents = change.material as readonly (string | null)[] // sealed: planCopy alone makes it
    for (const [at, move] of movesOf(change).entries()) {
      const content = contents[at]
      const step = partOf(session, at)
      if (move.after.type === 'file') await replaceFile(step, { ...move, content: content ?? '' })
      else await changeEntry(step, move)
    }
    return undefined
  },
  revert: async (_, change, session) => {
    for (const [at, move] of [...movesOf(change).entries()].toReversed()) await revertFile(partOf(session, at), move)
  },
  revertText: (_, change, folder) =>
    inTurn(...[...movesOf(change).entries()].toReversed().map(([at, move]) => revertFileText(`${folder}/${at}`, move))),
})

/** Each part keeps its pre-image in a folder of its own. */
const partOf = (session: Session, at: number): Session => ({ ...session, folder: `${session.folder}/${at}` })

function movesOf({ before, after }: Change): readonly RecordedMove[] {
  const [old, now] = [recordsIn(before), recordsIn(after ?? {})]
  return old.map((one, at) => moveOf({ before: one, after: now[at] ?? {} }))
}

const recordsIn = ({ parts }: JsonObject): readonly JsonObject[] =>
  Array.isArray(parts) ? parts.filter((one): one is JsonObject => isObject(one)) : []

async function readCopy(wanted: CopyArgs, probe: Probe): Promise<CopyState> {
  const inside = (wanted.entries ?? []).map(({ path }) => `${wanted.path}/${path}`)
  const [top, views, extra] = await Promise.all([
    readFileView(wanted.path, probe),
    Promise.all(inside.map((path) => readFileView(path, probe))),
    wanted.prune ? readExtra(wanted.path, new Set(inside), probe) : [],
  ])
  return { top, views, extra: await Promise.all(extra.map((path) => readFileView(path, probe))) }
}

/** What the folder on the host has besides; what is deeper comes first. */
async function readExtra(path: string, known: ReadonlySet<string>, probe: Probe): Promise<readonly string[]> {
  const reply = await probe.run(sh`[ ! -d ${path} ] || [ -L ${path} ] || find ${path} -xdev -mindepth 1 -print0`)
  if (reply.code === 127) throw missingTool('find', `look into ${path}`)
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `looking into ${path}`))
  if (reply.truncated) throw new ProblemError({ kind: 'blocked', message: `${path} has too many files to be pruned` })
  const found = reply.stdout.toString('utf8').split('\0').filter(Boolean)
  return found.filter((one) => !known.has(one)).toSorted((a, b) => (a < b ? 1 : -1))
}
