import { sh } from '../../model/command.ts'
import { canonical, type Json, type JsonObject } from '../../model/json.ts'
import type { Change, Detail, Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { leaveNote } from '../shared/note.ts'
import { at, getObject, kubectlProblem, objectResource, runKubectl, type Target, titleOf, wordsOf } from './kubectl.ts'
import { type FieldChange, fieldAt, jsonPatch, placeText, shownField } from './object-diff.ts'
import { isRolledOut, rolloutOf } from './rollout.ts'

/** How long to wait for the pods; absent: not at all. */
export interface Waiting {
  readonly waitMs?: number
}

/** A change of just these fields of an object. */
export function fieldsChange(
  target: Target,
  object: JsonObject,
  changes: readonly FieldChange[],
  summary: string,
): Change {
  return {
    verb: 'update',
    summary,
    details: changes.map(detailOf),
    before: {
      uid: at(object, 'metadata', 'uid') ?? null,
      fields: changes.map(({ path, before }) => ({ path, value: before })),
    },
    after: { fields: changes.map(({ path, after }) => ({ path, value: after })) },
    settles: true,
    reversible: true,
    predicts: { [objectResource(target)]: null },
  }
}

const detailOf = ({ path, before, after }: FieldChange): Detail => ({
  kind: 'value',
  name: placeText(path),
  before: shownField(before),
  after: shownField(after),
})

/** Makes the fields what the change says. Refuses where one of them is no longer as planned. */
export async function applyFields(
  target: Target,
  change: Change,
  session: Session,
  { waitMs }: Waiting,
): Promise<void> {
  const first = waitMs === undefined ? undefined : (object: JsonObject) => noteIfWell(object, session)
  await bring(target, { changes: fieldsOf(change), kind: 'plan-drifted', ...(first ? { first } : {}) }, session)
  if (waitMs !== undefined) await waitForRollout(target, waitMs, session)
}

/** Gives the fields back what they had. Refuses where one of them was changed since. */
export async function revertFields(
  target: Target,
  change: Change,
  session: Session,
  { waitMs }: Waiting,
): Promise<void> {
  const changes = fieldsOf(change).map(({ path, before, after }) => ({ path, before: after, after: before }))
  await bring(target, { changes, kind: 'rollback-failed' }, session)
  if (waitMs !== undefined && (await wereWell(session))) await waitForRollout(target, waitMs, session)
}

/** Pods that were not well before need not become so; how they are comes and goes, and is no state to compare. */
async function noteIfWell(object: JsonObject, session: Session): Promise<void> {
  const rollout = rolloutOf(object)
  if (rollout && isRolledOut(rollout))
    await leaveNote(session, noteOf(session), 'all pods were up to date and available')
}

const wereWell = async (session: Session): Promise<boolean> =>
  (await session.run(sh`[ -e ${noteOf(session)} ]`)).code === 0

const noteOf = ({ folder }: Session): string => `${folder}/rolled-out`

const TRIES = 5

interface Bringing {
  readonly changes: readonly FieldChange[]
  readonly kind: 'plan-drifted' | 'rollback-failed'
  readonly first?: (object: JsonObject) => Promise<void> // before the object is changed
}

/** From before to after, both found in place; the server itself tests each field as it changes it. */
async function bring(target: Target, { changes, kind, first }: Bringing, session: Session): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    const object = await getObject(session, target)
    if (!object) throw new ProblemError({ kind, message: `${titleOf(target)} is not there any more` })
    const open = changes.filter(({ path, after }) => canonical(fieldAt(object, path)) !== canonical(after))
    const foreign = open.filter(({ path, before }) => canonical(fieldAt(object, path)) !== canonical(before))
    if (foreign.length > 0) throw new ProblemError({ kind, ...foreignText(target, object, foreign) })
    if (open.length === 0) return
    await first?.(object)
    const patch = JSON.stringify(jsonPatch(object, open))
    const reply = await runKubectl(session, target.kubeconfig, [
      'patch',
      ...wordsOf(target),
      '--type=json',
      `--patch=${patch}`,
    ])
    if (reply.code === 0) return
    // somebody was faster: what is there now is looked at
    if (left > 1 && /testing value|the object has been modified/i.test(reply.stderr.toString('utf8'))) continue
    throw new ProblemError(kubectlProblem(reply, `changing ${titleOf(target)}`))
  }
}

const foreignText = (target: Target, object: JsonObject, foreign: readonly FieldChange[]) => ({
  message: `${titleOf(target)} was changed by somebody else: ${foreign.map(({ path }) => placeText(path)).join(', ')}`,
  detail: foreign
    .map(
      ({ path, before }) =>
        `${placeText(path)}: ${shownField(before)} expected, ${shownField(fieldAt(object, path))} found`,
    )
    .join('\n'),
  hint: 'nothing of it was changed; compare with kubectl get -o yaml, and decide by hand',
})

/** A change as journaled holds its fields in `before` and `after`, in the same order. */
function fieldsOf({ before, after }: Change): readonly FieldChange[] {
  const [old, next] = [before.fields, after?.fields] as unknown as readonly (readonly Recorded[] | undefined)[] // sealed: as fieldsChange wrote them
  return (old ?? []).map(({ path, value }, index) => ({ path, before: value, after: next?.[index]?.value ?? null }))
}

interface Recorded {
  readonly path: FieldChange['path']
  readonly value: Json
}

/** Waits until all pods are of the new template and available; throws ProblemError with what the pods say. */
export async function waitForRollout(target: Target, waitMs: number, session: Session): Promise<void> {
  const words = ['rollout', 'status', ...wordsOf(target), '--watch', `--timeout=${Math.ceil(waitMs / 1000)}s`]
  const reply = await runKubectl(session, target.kubeconfig, words, { timeoutMs: waitMs + 30_000, requestS: 0 })
  if (reply.code === 0) return
  const namespace = target.namespace === undefined ? [] : ['--namespace', target.namespace]
  const pods = await runKubectl(session, target.kubeconfig, ['get', 'pods', ...namespace, '--output=wide'])
  throw new ProblemError({
    ...kubectlProblem(reply, `waiting for the pods of ${titleOf(target)}`),
    detail: `${reply.stderr.toString('utf8').trim()}\n${pods.stdout.toString('utf8').trim()}`,
  })
}
