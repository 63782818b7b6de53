import type { Decision, Probe, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { type Refusal, runScript, scriptWith } from '../shared/host-script.ts'
import { copyTreeText, dropTreeText, lookTreeText } from './copy-tree-text.ts'

const args = Type.Object(
  {
    src: PathArgument('the folder that is copied'),
    dest: PathArgument('what becomes its copy: not there, empty (but for lost+found), or begun by an earlier pass'),
    pass: Type.Optional(
      Type.Enum(['live', 'final'], {
        description:
          'live: a first copy while src is in use, not verified, to shorten the final one; final (default): src is at rest, and the copy is verified by checksum',
      }),
    ),
  },
  { additionalProperties: false },
)

type CopyTreeArgs = Static<typeof args>

interface Trees {
  readonly tool: string // rsync, tar, or '' where neither will do
  readonly dest: 'absent' | 'empty' | 'begun' | 'full' | 'link' | 'other'
  readonly isSame: boolean // by names, owners, modes, sizes and times
  readonly freeKb: number // where dest lies
  readonly sizeKb: number // of src, as if it had no holes
  readonly heldKb: number // of dest
  readonly user: string // a process that has a file of src open
}

type State = { readonly kind: 'seen'; readonly trees: Trees } | { readonly kind: 'refused'; readonly refusal: Refusal }

export const copyTree = defineModule<typeof args, State>({
  name: 'copy_tree',
  summary: 'A whole folder copied on its host, with owners, modes, links, attributes and holes, verified by checksum',
  effect: 'changes',
  args,
  example: 'copy_tree: {src: /var/lib/etcd, dest: /mnt/new/etcd}',
  resources: ({ src, dest }) => [`tree:${src}`, `tree:${dest}`],
  read: readTrees,
  plan: planCopy,
  apply: copyOnce,
  revert: dropCopy,
})

async function readTrees({ src, dest }: CopyTreeArgs, probe: Probe): Promise<State> {
  const done = await runScript(probe, scriptWith({ src, dest }, lookTreeText), {
    what: `looking at ${src} and ${dest}`,
    timeoutMs: 300_000,
  })
  if ('refusal' in done) return { kind: 'refused', refusal: done.refusal }
  const words = new Map(done.stdout.split('\n').map((line) => [line.split(' ')[0], line.split(' ')[1] ?? '']))
  const number = (name: string): number => Number(words.get(name) ?? 0)
  return {
    kind: 'seen',
    trees: {
      tool: words.get('tool') ?? '',
      dest: (words.get('dest') ?? 'other') as Trees['dest'], // sealed: lookTreeText prints one of them
      isSame: words.has('same'),
      freeKb: number('free'),
      sizeKb: number('size'),
      heldKb: number('held'),
      user: words.get('user') ?? '',
    },
  }
}

function planCopy({ src, dest, pass = 'final' }: CopyTreeArgs, state: State): Decision {
  if (state.kind === 'refused') return { kind: 'blocked', ...refusalText(state.refusal, { src, dest }) }
  const { trees } = state
  if (trees.dest === 'full' && trees.isSame) return { kind: 'noop', summary: `${dest} is a copy of ${src}` }
  const objection = objectionTo(trees, { src, dest, pass })
  if (objection) return { kind: 'blocked', ...objection }
  const mebibytes = Math.ceil(trees.sizeKb / 1024)
  return {
    kind: 'change',
    change: {
      verb: trees.dest === 'begun' ? 'update' : 'create',
      summary: pass === 'live' ? `copy ${src} to ${dest}, a first time` : `copy ${src} to ${dest} and verify the copy`,
      details: [{ kind: 'note', text: `about ${mebibytes} MiB, by ${trees.tool}` }],
      before: { dest: trees.dest },
      after: { dest: pass === 'live' ? 'begun' : 'full' },
      // A first pass is as good as what it copied was at rest; a copy that was begun is not taken back to where it was.
      settles: pass === 'final' && trees.dest !== 'begun',
      reversible: true,
      predicts: {},
      ...(pass === 'live' || trees.dest === 'begun' ? { trace: {} } : {}), // done again it is the same
    },
  }
}

const spare = 1.1 // file systems differ in what they need besides

function objectionTo(
  trees: Trees,
  { src, dest, pass }: Required<CopyTreeArgs>,
): Pick<Problem, 'message' | 'hint'> | undefined {
  if (trees.tool === '') return { message: 'the host has neither rsync nor GNU tar', hint: 'install rsync' }
  if (trees.dest === 'full')
    return {
      message: `${dest} holds something else than a copy of ${src}`,
      hint: 'give another folder; nothing is replaced',
    }
  if (trees.dest === 'link' || trees.dest === 'other') return { message: `${dest} is no folder` }
  if (pass === 'final' && trees.user !== '')
    return {
      message: `process ${trees.user} has files of ${src} open`,
      hint: 'stop it first, or copy a first time with pass: live',
    }
  const needKb = trees.sizeKb * spare - trees.heldKb
  return trees.freeKb < needKb
    ? {
        message: `${Math.floor(trees.freeKb / 1024)} MiB are free for ${dest}, ${Math.ceil(needKb / 1024)} MiB are needed`,
      }
    : undefined
}

const copyTimeoutMs = 4 * 3_600_000

async function copyOnce({ src, dest, pass = 'final' }: CopyTreeArgs, _: unknown, session: Session) {
  const words = { src, dest, pass, folder: session.folder }
  const what = `copying ${src} to ${dest}`
  const done = await runScript(session, scriptWith(words, copyTreeText), { what, timeoutMs: copyTimeoutMs })
  if ('refusal' in done) throw failed(done.refusal, { src, dest })
  const sum = /^[0-9a-f]{64}/.exec(done.stdout)?.[0]
  return sum === undefined ? { pass } : { pass, sha256: sum } // of the list of all checksums
}

async function dropCopy({ src, dest }: CopyTreeArgs, _: unknown, session: Session): Promise<void> {
  const words = { src, dest, folder: session.folder }
  const what = `removing the copy ${dest}`
  const done = await runScript(session, scriptWith(words, dropTreeText), { what, timeoutMs: copyTimeoutMs })
  if ('refusal' in done) throw failed(done.refusal, { src, dest })
}

const failed = (refusal: Refusal, place: Pick<CopyTreeArgs, 'src' | 'dest'>): ProblemError =>
  new ProblemError({
    kind: refusal.word === 'full' ? 'plan-drifted' : 'step-failed',
    ...refusalText(refusal, place),
    ...(refusal.detail === '' ? {} : { detail: refusal.detail }),
  })

function refusalText(
  { word, facts }: Refusal,
  { src, dest }: Pick<CopyTreeArgs, 'src' | 'dest'>,
): Pick<Problem, 'message' | 'hint'> {
  switch (word) {
    case 'nested':
      return { message: `a folder cannot be copied into itself: ${facts}` }
    case 'no-source':
      return { message: `there is no folder ${src}` }
    case 'full':
      return { message: `${dest} holds something else than a copy of ${src} by now` }
    case 'differs':
      return { message: `${dest} is no copy of ${src}: ${facts} differ`, hint: `does something still write to ${src}?` }
    case 'copying':
      return { message: `copying ${src} to ${dest} failed (${facts})`, hint: 'run again: it goes on where it was' }
    default:
      return { message: `cannot write ${dest} (${word} ${facts})` }
  }
}
