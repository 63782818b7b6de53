import type { Json, JsonObject } from '../../model/json.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { loadUnifiedDiff, type UnifiedDiff } from '../shared/unified-diff.ts'
import { applyFields, fieldsChange, revertFields, waitForRollout } from './change-fields.ts'
import { ownFields } from './given-fields.ts'
import { HOLDERS } from './holders.ts'
import {
  getObject,
  jsonObject,
  kubeArgs,
  kubectlProblem,
  mustKubectl,
  objectResource,
  runKubectl,
  type Target,
  textAt,
  titleOf,
  wordsOf,
} from './kubectl.ts'
import { diffFields, type FieldChange, LAST_APPLIED, placeText, wishesOf } from './object-diff.ts'
import { neverRolls, rolloutOf } from './rollout.ts'

const args = Type.Object(
  {
    ...kubeArgs,
    manifest: Type.Unsafe<JsonObject>({
      type: 'object',
      required: ['apiVersion', 'kind', 'metadata'],
      properties: {
        apiVersion: { type: 'string', pattern: '^([a-z0-9.-]+/)?v[a-z0-9]+$' },
        kind: { type: 'string', pattern: '^[A-Z][A-Za-z]*$' },
        metadata: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', pattern: '^[^-]' }, namespace: { type: 'string', pattern: '^[^-]' } },
        },
      },
      description: 'one object as it should be; what it does not name stays as it is',
    }),
    wait: Type.Optional(
      DurationArgument('how long its pods may take to be up to date and available; default: not waited for'),
    ),
  },
  { additionalProperties: false },
)

type ApplyArgs = Static<typeof args>

interface State {
  readonly object: JsonObject | undefined
  readonly after: { readonly object: JsonObject } | { readonly refused: string }
  readonly diff: UnifiedDiff
}

/**
 * An object as a manifest has it, made where it is not there. What `kubectl apply` would make of it is asked of the API server (a dry
 * run there); of an object that is there just the fields that differ are sent, each tested by the server as it is changed.
 */
export const k8sApply = defineModule<typeof args, State>({
  name: 'k8s_apply',
  summary: 'An object of Kubernetes as a manifest has it, as kubectl apply does; shows the fields that would differ',
  example: `k8s_apply:
  manifest:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: coredns-custom, namespace: kube-system}
    data: {example.server: "example.com:53 { forward . 10.0.0.1 }"}`,
  effect: 'changes',
  args,
  resources: (wanted) => [objectResource(targetOf(wanted))],
  read: async (wanted, probe) => {
    const [object, after, diff] = await Promise.all([
      getObject(probe, targetOf(wanted)),
      dryRun(wanted, probe),
      loadUnifiedDiff(),
    ])
    return { object, after, diff }
  },
  plan: planApply,
  apply: async (wanted, change, session) => {
    if (change.verb === 'create') await create(wanted, change, session)
    else await applyFields(targetOf(wanted), change, session, waiting(wanted))
    return undefined
  },
  revert: (wanted, change, session) =>
    change.verb === 'create'
      ? removeOwn(targetOf(wanted), change, session)
      : revertFields(targetOf(wanted), change, session, waiting(wanted)),
})

const waiting = ({ wait }: ApplyArgs) => (wait === undefined ? {} : { waitMs: durationMs(wait) })

/** The group goes with the kind: an Ingress is of one, or of another. */
function targetOf({ manifest, kubeconfig }: ApplyArgs): Target {
  const namespace = textAt(manifest, 'metadata', 'namespace')
  const [group, version] = textAt(manifest, 'apiVersion').split('/')
  const kind = textAt(manifest, 'kind').toLowerCase()
  return {
    kind: version === undefined ? kind : `${kind}.${version}.${group}`,
    name: textAt(manifest, 'metadata', 'name'),
    ...(namespace === '' ? {} : { namespace }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  }
}

async function dryRun({ manifest, kubeconfig }: ApplyArgs, runner: Runner): Promise<State['after']> {
  const words = ['apply', '--filename=-', '--dry-run=server', '--output=json']
  const reply = await runKubectl(runner, kubeconfig, words, { input: JSON.stringify(manifest) })
  return reply.code === 0
    ? { object: jsonObject(reply.stdout.toString('utf8')) }
    : { refused: reply.stderr.toString('utf8').trim() }
}

function planApply(wanted: ApplyArgs, { object, after, diff }: State): Decision {
  const title = titleOf(targetOf(wanted))
  if (textAt(wanted.manifest, 'kind') === 'Secret')
    return { kind: 'blocked', message: 'a Secret is not applied: what it holds would stand in the plan and the record' }
  if ('refused' in after)
    return { kind: 'blocked', message: `the API server does not take the manifest of ${title}`, detail: after.refused }
  const never = wanted.wait !== undefined && rolloutOf(after.object) ? neverRolls(after.object) : undefined
  if (never !== undefined)
    return { kind: 'blocked', message: `${title}: ${never}`, hint: 'write updateStrategy: {type: RollingUpdate} in it' }
  if (!object) return { kind: 'change', change: creation(wanted, after.object, diff) }
  const changes = diffFields(wishesOf(object), wishesOf(after.object))
  const shown = changes.filter((one) => !isNote(one))
  if (shown.length === 0) return { kind: 'noop', summary: `${title} is so already` }
  const summary = `change ${shown.length} field${shown.length === 1 ? '' : 's'} of ${title}`
  const change = fieldsChange(targetOf(wanted), object, changes, summary)
  const { details } = fieldsChange(targetOf(wanted), object, shown, summary)
  return { kind: 'change', change: { ...change, details } }
}

/** What kubectl notes of the manifest for the next time says nothing that the other fields do not. */
const isNote = ({ path, after }: FieldChange): boolean =>
  placeText(path) === `metadata.annotations.${LAST_APPLIED}` ||
  (placeText(path) === 'metadata.annotations' &&
    Object.keys((after as { readonly value?: object } | null)?.value ?? {}).join() === LAST_APPLIED) // sealed: boxed JSON

function creation(wanted: ApplyArgs, made: JsonObject, diff: UnifiedDiff): Change {
  const target = targetOf(wanted)
  const holds = HOLDERS[textAt(wanted.manifest, 'kind')]
  return {
    verb: 'create',
    summary: `create ${titleOf(target)}`,
    details: [{ kind: 'diff', diff: diff(titleOf(target), null, `${JSON.stringify(wanted.manifest, null, 2)}\n`) }],
    before: { exists: false },
    after: { object: ownFields(made) },
    settles: true,
    reversible: holds === undefined,
    ...(holds === undefined ? {} : { irreversibleBecause: `it is not deleted again: ${holds}` }),
    predicts: { [objectResource(target)]: null },
  }
}

async function create(wanted: ApplyArgs, change: Change, session: Session): Promise<void> {
  const target = targetOf(wanted)
  const object = await getObject(session, target)
  if (object && foreignFields(change, object).length > 0)
    throw new ProblemError({ kind: 'plan-drifted', message: `${titleOf(target)} was made by somebody else meanwhile` })
  if (!object) {
    const input = JSON.stringify(wanted.manifest)
    const reply = await runKubectl(session, wanted.kubeconfig, ['create', '--save-config', '--filename=-'], { input })
    if (reply.code !== 0) throw new ProblemError(kubectlProblem(reply, `creating ${titleOf(target)}`))
  }
  if (wanted.wait !== undefined) await waitForRollout(target, durationMs(wanted.wait), session)
}

/** Where the object is not what was made. */
const foreignFields = ({ after }: Change, object: JsonObject): readonly FieldChange[] =>
  diffFields((after?.object ?? null) as Json, ownFields(object)) // sealed: as creation wrote it

/** Takes away what was made. Refuses where somebody has changed it since. */
async function removeOwn(target: Target, change: Change, session: Session): Promise<void> {
  const object = await getObject(session, target)
  if (!object) return
  const foreign = foreignFields(change, object)
  if (foreign.length > 0)
    throw new ProblemError({
      kind: 'rollback-failed',
      message: `${titleOf(target)} was changed by somebody else: ${foreign.map(({ path }) => placeText(path)).join(', ')}`,
      hint: 'it was left there; delete it by hand where nobody needs it',
    })
  await mustKubectl(
    session,
    target.kubeconfig,
    ['delete', ...wordsOf(target), '--timeout=50s'],
    `deleting ${titleOf(target)}`,
  )
}
