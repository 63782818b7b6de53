import { sh, withStdin } from '../../model/command.ts'
import { sha256 } from '../../model/digest.ts'
import { canonical, type Json, type JsonObject } from '../../model/json.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { failureOf } from '../shared/host-script.ts'
import { HOLDERS } from './holders.ts'
import {
  at,
  getObject,
  jsonObject,
  kubectlProblem,
  listAt,
  mustKubectl,
  objectArgs,
  objectResource,
  runKubectl,
  textAt,
  titleOf,
  wordsOf,
} from './kubectl.ts'
import { LAST_APPLIED, wishesOf } from './object-diff.ts'
import { rolloutOf } from './rollout.ts'

const args = Type.Object(
  {
    ...objectArgs,
    allow_pods: Type.Optional(
      Type.Boolean({ default: false, description: 'also where pods run that would end with it' }),
    ),
  },
  { additionalProperties: false },
)

type DeleteArgs = Static<typeof args>

/** An object of the cluster that should not be there. What it was is kept on the host, and made anew when undone. */
export const k8sDelete = defineModule<typeof args, JsonObject | undefined>({
  name: 'k8s_delete',
  summary: 'An object of Kubernetes that should not be there; refuses what takes others or data with it',
  example:
    'k8s_delete: {kubeconfig: /etc/kubernetes/admin.conf, kind: configmap, namespace: kube-system, name: old-settings}',
  effect: 'changes',
  args,
  resources: (wanted) => [objectResource(wanted)],
  read: (wanted, probe) => getObject(probe, wanted),
  plan: planDelete,
  apply: async (wanted, change, session) => {
    await remove(wanted, change, session)
    return undefined
  },
  revert: putBack,
})

/** Kinds that are never deleted, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  ...HOLDERS,
  Node: 'its pods would go with it, and its kubelet makes it anew',
}

/** Kinds that come back as others than they were. */
const ONCE: Readonly<Record<string, string>> = {
  Pod: 'a pod that is made anew is another one, with nothing of what it held',
  Job: 'a job that is made anew runs again',
  ServiceAccount: 'tokens that were given out for it are not valid for a new one',
  Secret: 'what it holds would have to be kept on the host',
}

function planDelete(wanted: DeleteArgs, object: JsonObject | undefined): Decision {
  const title = titleOf(wanted)
  if (!object) return { kind: 'noop', summary: `there is no ${title}` }
  const why = refusalOf(wanted, object)
  if (why !== undefined) return { kind: 'blocked', message: `${title} is not deleted: ${why.message}`, ...why.more }
  const once = ONCE[textAt(object, 'kind')]
  return {
    kind: 'change',
    change: {
      verb: 'delete',
      summary: `delete ${title}`,
      details: [
        { kind: 'note', text: `${textAt(object, 'kind')} of ${textAt(object, 'metadata', 'creationTimestamp')}` },
      ],
      before: { sha256: digestOf(object) },
      after: { exists: false },
      settles: true,
      reversible: once === undefined,
      ...(once === undefined ? {} : { irreversibleBecause: once }),
      predicts: { [objectResource(wanted)]: null },
    },
  }
}

const digestOf = (object: JsonObject): string => sha256(canonical(wishesOf(object)))

function refusalOf(
  { allow_pods: allowed = false }: DeleteArgs,
  object: JsonObject,
): { readonly message: string; readonly more: { readonly hint?: string } } | undefined {
  const holds = REFUSED[textAt(object, 'kind')]
  if (holds !== undefined) return { message: holds, more: {} }
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined)
    return {
      message: 'it is being deleted already, and not gone yet',
      more: { hint: 'its finalizers wait for something' },
    }
  const finalizers = listAt(object, 'metadata', 'finalizers')
  if (finalizers.length > 0)
    return {
      message: `it has finalizers (${finalizers.join(', ')}), whose work is not undone by making it anew`,
      more: {},
    }
  const owner = listAt(object, 'metadata', 'ownerReferences').find((one) => at(one, 'controller') === true)
  if (owner !== undefined)
    return {
      message: `${textAt(owner, 'kind')} ${textAt(owner, 'name')} makes it anew`,
      more: { hint: 'change that one' },
    }
  const pods = rolloutOf(object)?.wanted ?? 0
  if (pods > 0 && !allowed)
    return { message: `${pods} of its pods would end`, more: { hint: 'allow_pods: true where that is meant' } }
  return undefined
}

/** Kept before it is deleted: the record holds a hash only, as settings may hold what is secret. */
async function remove(wanted: DeleteArgs, change: Change, session: Session): Promise<void> {
  const object = await getObject(session, wanted)
  if (!object) return
  if (digestOf(object) !== change.before.sha256)
    throw new ProblemError({ kind: 'plan-drifted', message: `${titleOf(wanted)} was changed by somebody else` })
  if (change.reversible) await keep(wishesOf(object), session)
  const words = ['delete', ...wordsOf(wanted), '--timeout=50s']
  await mustKubectl(session, wanted.kubeconfig, words, `deleting ${titleOf(wanted)}`)
}

const keptIn = ({ folder }: Session): string => `${folder}/object.json`

async function keep(object: JsonObject, session: Session): Promise<void> {
  const file = keptIn(session)
  const text = sh`umask 077; mkdir -p -- ${session.folder} && cat >${file}.new && mv -- ${file}.new ${file}`
  const reply = await session.run(withStdin(text, JSON.stringify(object)))
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'keeping the object as it was'))
}

/** Makes what was there anew. Refuses where something else is there now. */
async function putBack(wanted: DeleteArgs, change: Change, session: Session): Promise<void> {
  const object = await getObject(session, wanted)
  if (object && digestOf(object) === change.before.sha256) return
  const kept = await session.run(sh`cat -- ${keptIn(session)}`, { limitBytes: 8_388_608 })
  if (kept.code !== 0) throw new ProblemError(failureOf(kept, 'reading the object as it was', 'rollback-failed'))
  const { bare, note } = withoutNote(jsonObject(kept.stdout.toString('utf8')))
  if (object && canonical(wishesOf(object)) !== canonical(bare))
    throw new ProblemError({
      kind: 'rollback-failed',
      message: `${titleOf(wanted)} is there again, and is not what it was`,
      hint: `what it was lies on the host in ${keptIn(session)}`,
    })
  const doing = `making ${titleOf(wanted)} anew`
  const kubectl = async (words: readonly string[], input: JsonObject): Promise<void> => {
    const reply = await runKubectl(session, wanted.kubeconfig, words, { input: JSON.stringify(input) })
    if (reply.code !== 0) throw new ProblemError(kubectlProblem(reply, doing))
  }
  if (!object) await kubectl(['create', '--filename=-'], bare)
  if (note === undefined) return
  const patch = JSON.stringify({ metadata: { annotations: { [LAST_APPLIED]: note } } })
  await mustKubectl(
    session,
    wanted.kubeconfig,
    ['patch', ...wordsOf(wanted), '--type=merge', `--patch=${patch}`],
    doing,
  )
}

/** kubectl writes its note of a manifest anew when it makes an object that has one; so it is given back afterwards. */
function withoutNote(object: JsonObject): { readonly bare: JsonObject; readonly note: Json | undefined } {
  const { [LAST_APPLIED]: note, ...others } = (at(object, 'metadata', 'annotations') ?? {}) as JsonObject // sealed: annotations are a map
  const { annotations: _, ...metadata } = object.metadata as JsonObject // sealed: every object has metadata
  const kept = Object.keys(others).length === 0 ? {} : { annotations: others }
  return { bare: { ...object, metadata: { ...metadata, ...kept } }, note }
}
