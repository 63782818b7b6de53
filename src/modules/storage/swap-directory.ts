import type { Decision, Probe, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { PathArgument } from '../shared/argument.ts'
import { type Refusal, runScript, scriptWith } from '../shared/host-script.ts'
import { bringBackText, lookSwapText, markText, staleMark, swapBackText, swapText } from './swap-directory-text.ts'

const args = Type.Object(
  {
    path: PathArgument('the directory; a link to the new one takes its place'),
    copy: PathArgument('a verified copy of it, as copy_tree makes it'),
    home: PathArgument('where the copy is moved to, beside it: a half-done rollback then finds no copy to remove'),
    aside: PathArgument('where the old directory is moved to, on its own file system'),
    state: Type.Optional(
      Type.Enum(['swapped', 'used'], {
        description:
          'swapped (default): the copy is in place, undone by renaming back; used: from here on only the new one is right, the old one is marked, and undone by copying back',
      }),
    ),
  },
  { additionalProperties: false },
)

type SwapArgs = Static<typeof args>
type Kind = 'directory' | 'mount' | 'link' | 'absent' | 'other'

/** What lies where. */
interface Places {
  readonly path: Kind
  readonly copy: Kind
  readonly home: Kind
  readonly aside: Kind
  readonly leadsHome: boolean // path is a link to home
  readonly isStale: boolean // aside is marked
  readonly isBegun: boolean // the copy is not verified
  readonly hasTool: boolean // to copy back with
  readonly apart: string // aside or home lies on another file system than what is moved there
  readonly user: string // a process that has files of path open
}

export const swapDirectory = defineModule<typeof args, Places>({
  name: 'swap_directory',
  summary: 'Puts a verified copy of a directory in its place, the old one kept aside and marked once it is out of date',
  effect: 'changes',
  args,
  example:
    'swap_directory: {path: /var/lib/etcd, copy: /mnt/disk/etcd.new, home: /mnt/disk/etcd, aside: /var/lib/etcd.old}',
  resources: ({ path, copy, home, aside }) => [`tree:${path}`, `tree:${copy}`, `tree:${home}`, `tree:${aside}`],
  read: readPlaces,
  plan: planSwap,
  apply: (wanted, _, session) =>
    wanted.state === 'used'
      ? run(session, markText, { ...wanted, text: staleText(wanted) })
      : run(session, swapText, wanted),
  revert: (wanted, _, session) => run(session, wanted.state === 'used' ? bringBackText : swapBackText, wanted),
})

const staleText = ({ path, home }: SwapArgs): string =>
  `Out of date: ${home} is used in its place, by the link ${path}. Nothing may be started on this copy.`

async function readPlaces({ path, copy, home, aside }: SwapArgs, probe: Probe): Promise<Places> {
  const done = await runScript(probe, scriptWith({ path, copy, home, aside }, lookSwapText), {
    what: `looking at ${path} and ${copy}`,
  })
  const words = new Map(
    'refusal' in done ? [] : done.stdout.split('\n').map((line) => [line.split(' ')[0], line.split(' ')[1] ?? '']),
  )
  const kind = (name: string): Kind => (words.get(name) ?? 'other') as Kind // sealed: lookSwapText prints one of them
  return {
    path: kind('path'),
    copy: kind('copy'),
    home: kind('home'),
    aside: kind('aside'),
    leadsHome: words.has('leads'),
    isStale: words.has('stale'),
    isBegun: words.has('begun'),
    hasTool: words.has('tool'),
    apart: words.get('apart') ?? '',
    user: words.get('user') ?? '',
  }
}

function planSwap(wanted: SwapArgs, places: Places): Decision {
  return wanted.state === 'used' ? planUse(wanted, places) : planRenames(wanted, places)
}

function planRenames({ path, copy, home, aside }: SwapArgs, places: Places): Decision {
  if (isSwapped(places)) return { kind: 'noop', summary: `${path} leads to ${home}, the old one lies at ${aside}` }
  const half = isHalf(places)
  const objection = half ? undefined : objectionTo({ path, copy, home, aside }, places)
  if (objection) return { kind: 'blocked', ...objection }
  return {
    kind: 'change',
    change: {
      verb: 'move',
      summary: `put ${copy} in the place of ${path}, which is kept at ${aside}`,
      details: [
        { kind: 'value', name: copy, before: 'verified copy', after: home },
        { kind: 'value', name: path, before: 'directory', after: `link to ${home}` },
      ],
      before: { path: half ? 'half' : 'directory' },
      after: { path: 'link' },
      settles: !half,
      reversible: true,
      predicts: {},
    },
  }
}

const isSwapped = ({ leadsHome, home, aside, copy }: Places): boolean =>
  leadsHome && home === 'directory' && aside === 'directory' && copy === 'absent'

/** After one or two of the three renames: the host went down in the middle of them. */
const isHalf = ({ path, home, aside, copy }: Places): boolean =>
  copy === 'absent' &&
  home === 'directory' &&
  ((path === 'directory' && aside === 'absent') || (path === 'absent' && aside === 'directory'))

type Objection = Pick<Problem, 'message' | 'hint'>

function objectionTo({ path, copy, home, aside }: Omit<SwapArgs, 'state'>, places: Places): Objection | undefined {
  const hint = 'nothing is replaced; give another place, or look what it is'
  if (places.path === 'mount')
    return { message: `${path} is a mount of its own and cannot be renamed`, hint: 'mount the new disk there instead' }
  if (places.path !== 'directory') return { message: `${path} is no directory but ${article(places.path)}`, hint }
  if (places.isBegun || places.copy !== 'directory')
    return { message: `${copy} is no verified copy of ${path}`, hint: 'copy_tree with pass: final makes one' }
  if (places.home !== 'absent') return { message: `something lies at ${home} already`, hint }
  if (places.aside !== 'absent') return { message: `something lies at ${aside} already`, hint }
  if (places.apart !== '')
    return {
      message: `${places.apart === 'aside' ? aside : home} lies on another file system: a rename cannot lead there`,
    }
  if (!places.hasTool)
    return { message: 'the host has neither rsync nor GNU tar, which the way back needs', hint: 'install rsync' }
  return places.user === ''
    ? undefined
    : { message: `process ${places.user} has files of ${path} open`, hint: 'stop it' }
}

const article = (kind: Kind): string => (kind === 'absent' ? 'nothing' : kind === 'link' ? 'a link' : 'something else')

function planUse({ path, home, aside }: SwapArgs, places: Places): Decision {
  if (!isSwapped(places))
    return { kind: 'blocked', message: `${path} does not lead to ${home}, with the old directory at ${aside}` }
  if (places.isStale) return { kind: 'noop', summary: `${aside} is marked as out of date` }
  return {
    kind: 'change',
    change: {
      verb: 'update',
      summary: `mark ${aside} as out of date`,
      details: [
        { kind: 'value', name: `${aside}/${staleMark}`, before: 'absent', after: 'present' },
        {
          kind: 'note',
          text: `point of no return: before it a rollback renames back; after it it first copies what ${home} holds to ${aside}, verified, and never starts anything on the old copy`,
        },
      ],
      before: { stale: false },
      after: { stale: true },
      settles: true,
      reversible: true,
      predicts: {},
    },
  }
}

const timeoutMs = 4 * 3_600_000

async function run(session: Session, text: string, wanted: SwapArgs & { readonly text?: string }): Promise<undefined> {
  const { path, copy, home, aside, text: said = '' } = wanted
  const words = { path, copy, home, aside, text: said, folder: session.folder }
  const done = await runScript(session, scriptWith(words, text), { what: `changing ${path}`, timeoutMs })
  if (!('refusal' in done)) return undefined
  const { word, detail } = done.refusal
  throw new ProblemError({
    kind: word === 'drifted' ? 'plan-drifted' : 'step-failed',
    ...refusalText(done.refusal, wanted),
    ...(detail === '' ? {} : { detail }),
  })
}

function refusalText({ word, facts }: Refusal, { path, home, aside }: SwapArgs): Objection {
  const [first = '', second = ''] = facts.split(' ')
  switch (word) {
    case 'drifted':
      return { message: `${path}, ${home} or ${aside} is not as it was by now`, hint: 'look at them, make a new plan' }
    case 'used':
      return { message: `process ${first} has files of ${second} open`, hint: 'stop it first' }
    case 'stale':
      return {
        message: `${aside} is out of date (${staleMark}): it is not put back`,
        hint: `its way back is to copy ${home} there while nothing uses it; roll back again`,
      }
    case 'taken':
      return { message: `something lies at ${first} by now`, hint: 'move it away, then roll back again' }
    case 'no-home':
    case 'no-aside':
      return { message: `there is no directory ${word === 'no-home' ? home : aside}`, hint: 'is its disk mounted?' }
    case 'no-tool':
      return { message: 'the host has neither rsync nor GNU tar', hint: 'install rsync, then roll back again' }
    case 'differs':
      return {
        message: `${aside} is no copy of ${home} after copying`,
        hint: 'is something writing? is the disk well?',
      }
    case 'copying':
      return { message: `copying ${home} back to ${aside} failed (${facts})`, hint: 'roll back again: it goes on' }
    default:
      return { message: `cannot write beside ${path} (${word})` }
  }
}
