import type { Change, Decision, Probe, Session } from '../../model/module.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { type FileView, planFileEdit, readFileView, textOf } from '../files/file-edit.ts'
import { moveOf, recordAt, recordEntry } from '../files/recorded-file.ts'
import { replaceFile } from '../files/replace-file.ts'
import { revertFile } from '../files/revert-file.ts'
import { type Refusal, runScript, scriptWith } from '../shared/host-script.ts'
import { addFstabLine, type FstabEdit } from './mount-fstab.ts'
import { lookMountText, mountNowText, reloadFstabText, unmountText } from './mount-text.ts'

/** A mount that there is to be: now, and at every boot. */
export interface WantedMount {
  readonly path: string
  readonly device: string
  readonly fstype: string | undefined // absent: as the device has it
  readonly options: readonly string[]
  readonly fstab: string
}

/** What a host shows of it. */
export type MountState =
  | {
      readonly kind: 'mounting'
      readonly fstab: FileView
      readonly uuid: string
      readonly fstype: string
      readonly live: 'this' | 'other' | 'none'
      readonly folder: 'absent' | 'nowhere' | 'empty' | 'full' | 'link' | 'other'
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const words = ({ path, device, fstab }: WantedMount): Readonly<Record<string, string>> => ({ path, device, fstab })

export async function readMounting(wanted: WantedMount, probe: Probe): Promise<MountState> {
  const [fstab, done] = await Promise.all([
    readFileView(wanted.fstab, probe),
    runScript(probe, scriptWith(words(wanted), lookMountText), { what: `looking at ${wanted.path}` }),
  ])
  if ('refusal' in done) return { kind: 'refused', refusal: done.refusal }
  const said = new Map(done.stdout.split('\n').map((line) => [line.split(' ')[0], line.split(' ')[1] ?? '']))
  type Seen = Extract<MountState, { kind: 'mounting' }>
  return {
    kind: 'mounting',
    fstab,
    uuid: said.get('uuid') ?? '',
    fstype: said.get('fstype') ?? '',
    live: said.get('live') as Seen['live'], // sealed: lookMountText prints one of them
    folder: said.get('folder') as Seen['folder'], // as above
  }
}

export function planMounting(wanted: WantedMount, state: MountState): Decision {
  if (state.kind === 'refused') return { kind: 'blocked', ...refusalText(state.refusal, wanted) }
  const objection = objectionTo(wanted, state)
  if (objection) return { kind: 'blocked', ...objection }
  const { path, options } = wanted
  const { uuid, fstype, live, folder } = state
  const { file } = state.fstab
  const edit = addFstabLine(file.entry ? textOf(file) : '', { uuid, path, fstype, options })
  if (edit.kind === 'taken') return { kind: 'blocked', ...taken(wanted, edit) }
  if (edit.kind === 'same' && live === 'this')
    return { kind: 'noop', summary: `${path} is mounted from ${wanted.device}, also at boot` }
  const fstab = edit.kind === 'add' ? planFileEdit(state.fstab, { content: edit.content }) : undefined
  if (fstab?.kind === 'blocked') return fstab
  const now = recordEntry(file) ?? { type: 'absent' as const }
  const kept = recordAt(file.path, file.at, now)
  const change = fstab?.kind === 'edit' ? fstab.change : undefined
  return {
    kind: 'change',
    change: {
      verb: 'create',
      summary: `mount ${wanted.device} at ${path}, now and at every boot`,
      details: [
        ...(change?.details ?? []),
        ...(live === 'this' ? [] : [{ kind: 'command' as const, command: `mount ${path}` }]),
      ],
      before: { ...(change?.before ?? kept), live, folder },
      after: { ...(change?.after ?? kept), live: 'this', folder: 'empty' },
      settles: true,
      reversible: true,
      predicts: change?.predicts ?? {},
      material: change?.material ?? null,
    },
  }
}

type Objection = Pick<Problem, 'message' | 'hint'>

function objectionTo(
  { path, device, fstype }: WantedMount,
  seen: Extract<MountState, { kind: 'mounting' }>,
): Objection | undefined {
  if (seen.uuid === '' || seen.fstype === '')
    return { message: `${device} holds no file system with a UUID`, hint: 'make one first: filesystem' }
  if (fstype !== undefined && fstype !== seen.fstype)
    return { message: `${device} holds ${seen.fstype}, not ${fstype}` }
  if (seen.live === 'other') return { message: `something else is mounted at ${path}` }
  switch (seen.folder) {
    case 'link':
    case 'other':
      return { message: `${path} is no folder` }
    case 'nowhere':
      return { message: `the folder of ${path} does not exist` }
    case 'full':
      return { message: `${path} is not empty: what it holds would be hidden`, hint: 'give another mount point' }
    default:
      return undefined
  }
}

const taken = ({ fstab }: WantedMount, { line }: Extract<FstabEdit, { kind: 'taken' }>): Objection => ({
  message: `${fstab} has another line for it: ${line}`,
  hint: 'take that line out first, or give another mount point',
})

const timeoutMs = 120_000

export async function applyMounting(wanted: WantedMount, change: Change, session: Session): Promise<undefined> {
  if (typeof change.material === 'string') await replaceFile(session, { ...moveOf(change), content: change.material })
  await run(session, wanted, { text: mountNowText })
  return undefined
}

/** Unmounted first: while it is in use, fstab stays as it is, too. */
export async function revertMounting(wanted: WantedMount, change: Change, session: Session): Promise<void> {
  const { live, folder } = change.before
  await run(session, wanted, { text: unmountText, was: String(live), folder_was: String(folder) })
  await revertFile(session, moveOf(change))
  await run(session, wanted, { text: reloadFstabText })
}

async function run(
  session: Session,
  wanted: WantedMount,
  { text, ...more }: { readonly text: string } & Readonly<Record<string, string>>,
): Promise<void> {
  const done = await runScript(session, scriptWith({ ...words(wanted), ...more }, text), {
    what: `mounting ${wanted.path}`,
    timeoutMs,
  })
  if (!('refusal' in done)) return
  const { refusal } = done
  throw new ProblemError({
    kind: 'step-failed',
    ...refusalText(refusal, wanted),
    ...(refusal.detail === '' ? {} : { detail: refusal.detail }),
  })
}

function refusalText({ word, facts }: Refusal, { path, device, fstab }: WantedMount): Objection {
  switch (word) {
    case 'missing':
      return { message: `the host has no ${facts}, needed to mount`, hint: 'install util-linux' }
    case 'no-device':
      return { message: `there is no device ${device}`, hint: 'ls -l /dev/disk/by-id on the host' }
    case 'other':
      return { message: `something else than ${device} is mounted at ${path} by now` }
    case 'busy':
      return { message: `${path} is in use and cannot be unmounted`, hint: `fuser -vm ${path} shows by whom` }
    case 'not-empty':
      return { message: `${path} is not empty without its mount: it is left`, hint: 'somebody wrote there' }
    case 'mount':
      return { message: `${path} cannot be mounted by its line in ${fstab}` }
    default:
      return { message: `cannot change the mount ${path} (${word})` }
  }
}
