import { isObject, type Json } from '../../model/json.ts'
import type { Change, ControllerEntry, Decision, Detail } from '../../model/module.ts'
import { directoryOf } from '../shared/directory-of.ts'
import { file } from './file.ts'
import type { FileView } from './file-edit.ts'
import { fileResource } from './file-state.ts'
import { recordAt } from './recorded-file.ts'

/** How a folder on a host should be. */
export interface WantedCopy {
  readonly path: string
  readonly entries?: readonly ControllerEntry[]
  readonly mode?: string
  readonly modes?: Readonly<Record<string, string>>
  readonly directory_mode?: string
  readonly owner?: string
  readonly group?: string
  readonly prune?: boolean
}

export interface CopyState {
  readonly top: FileView
  readonly views: readonly FileView[] // in the order of the entries
  readonly extra: readonly FileView[] // what is pruned, what is deeper first
}

/** Copying a folder is one change of many parts, each as the module `file` plans it: from the top down, then what goes. */
export function planCopy(wanted: WantedCopy, state: CopyState): Decision {
  const refusal = refuse(wanted, state)
  if (refusal !== undefined) return { kind: 'blocked', message: refusal }
  const decisions = [...plansOf(wanted, state), ...state.extra.map((view) => planAbsence(view, state.extra))]
  const blocked = decisions.find((one) => one.kind === 'blocked')
  if (blocked) return blocked
  const parts = decisions.flatMap((one) => (one.kind === 'change' ? [one.change] : []))
  if (parts.length === 0) return { kind: 'noop', summary: `${wanted.path} is as it should be` }
  return { kind: 'change', change: changeOf(wanted, parts) }
}

function refuse({ path, entries, modes = {}, prune }: WantedCopy, { top, views }: CopyState): string | undefined {
  if (entries === undefined) return 'copy takes src, the folder beside the runbook'
  const known = new Set(entries.map((entry) => entry.path))
  const orphan = [...known].find((name) => name.includes('/') && !known.has(directoryOf(`/${name}`).slice(1)))
  if (orphan !== undefined) return `entries has ${orphan} and not the folder that it lies in`
  const lost = Object.keys(modes).find((name) => !known.has(name))
  if (lost !== undefined) return `modes has ${lost}, which is not in src`
  if (prune && path.lastIndexOf('/') === 0) return `prune would empty ${path} of the system: name a folder below it`
  // a link on the way would lead the copy elsewhere
  if (top.file.link !== null) return `${path} is a symbolic link to ${top.file.link}`
  const strange = views.find(({ file: { link } }, at) => link !== null && entries[at]?.target === undefined)
  return strange && `${strange.file.path} is a symbolic link to ${strange.file.link}`
}

function plansOf(wanted: WantedCopy, { top, views }: CopyState): readonly Decision[] {
  const { path, entries = [], modes = {}, owner, group } = wanted
  const owned = { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) }
  const folderMode = wanted.directory_mode ?? '0755'
  const first = file.plan({ path, state: 'directory', mode: folderMode, ...owned }, top)
  const others = entries.map((entry, at): Decision => {
    const view = views[at]
    if (!view) throw new Error(`nothing was read of ${entry.path}`)
    const own = { path: view.file.path, ...owned }
    if (entry.target !== undefined) return file.plan({ ...own, state: 'link', target: entry.target }, inPlace(view))
    const mode = modes[entry.path] ?? (entry.content === undefined ? folderMode : (wanted.mode ?? '0644'))
    if (entry.content === undefined) return file.plan({ ...own, state: 'directory', mode }, inPlace(view))
    return file.plan({ ...own, content: entry.content, mode }, inPlace(view))
  })
  return [first, ...others]
}

/** Its folder is made by a part before it. */
const inPlace = (view: FileView): FileView => ({ ...view, file: { ...view.file, inDirectory: true } })

/** A folder is empty by the time it goes: all that is in it goes before. */
function planAbsence(view: FileView, all: readonly FileView[]): Decision {
  const { entry, path } = view.file
  const isEmptied = entry?.type === 'directory' && all.some((other) => directoryOf(other.file.path) === path)
  const emptied = isEmptied ? { ...view, file: { ...view.file, entry: { ...entry, isEmpty: true } } } : view
  return file.plan({ path, state: 'absent' }, emptied)
}

function changeOf({ path, entries = [] }: WantedCopy, parts: readonly Change[]): Change {
  const full = new Set([path, ...entries.map((one) => `${path}/${one.path}`)].map((one) => directoryOf(one)))
  const isNew = parts[0]?.verb === 'create' && parts[0].before.path === path
  return {
    verb: isNew ? 'create' : 'update',
    summary: `${isNew ? 'make' : 'change'} ${path}: ${countsOf(parts)}`,
    details: parts.flatMap((part) => detailsOf(part, path)),
    before: { parts: parts.map((part) => part.before) },
    after: { parts: parts.map((part) => part.after ?? recordAt(path, path, { type: 'absent' })) },
    settles: true,
    reversible: true,
    predicts: Object.assign(
      {},
      ...parts.map((part) => (full.has(String(part.before.path)) ? filledIn(part) : part.predicts)),
    ),
    material: parts.map((part): Json => (typeof part.material === 'string' ? part.material : null)),
  }
}

/** What is predicted of a folder, with something in it. */
function filledIn({ before, predicts }: Change): Change['predicts'] {
  const resource = fileResource(String(before.path))
  const state = predicts[resource]
  if (!isObject(state) || !isObject(state.entry)) return predicts
  return { ...predicts, [resource]: { ...state, entry: { ...state.entry, isEmpty: false } } as Json } // sealed: Json
}

function countsOf(parts: readonly Change[]): string {
  const words = { create: 'new', update: 'changed', delete: 'removed' } as const
  return Object.entries(words)
    .map(([verb, word]) => ({ word, count: parts.filter((part) => part.verb === verb).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`)
    .join(', ')
}

/** The details of a part with its path; who owns what is new goes without saying. */
function detailsOf({ before, verb, summary, details }: Change, top: string): readonly Detail[] {
  const name = String(before.path).slice(top.length + 1) || '.'
  const shown = details.flatMap((detail): readonly Detail[] => {
    if (detail.kind !== 'value') return [detail]
    const isPlain = verb !== 'update' && (detail.name === 'owner' || detail.name === 'group')
    return isPlain ? [] : [{ ...detail, name: `${name} ${detail.name}` }]
  })
  return shown.length > 0 ? shown : [{ kind: 'note', text: summary }]
}
