import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Reply } from '../../model/transport.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { applyFields, fieldsChange, revertFields } from './change-fields.ts'
import { standingPatch, withoutVainNulls } from './json-patch.ts'
import { getObject, jsonObject, objectArgs, objectResource, runKubectl, titleOf, wordsOf } from './kubectl.ts'
import { diffFields, wishesOf } from './object-diff.ts'
import { neverRolls, rolloutOf } from './rollout.ts'

const args = Type.Object(
  {
    ...objectArgs,
    type: Type.Optional(
      Type.Enum(['strategic', 'merge', 'json'], { default: 'strategic', description: 'as kubectl patch --type' }),
    ),
    patch: Type.Unsafe<Json>({
      anyOf: [{ type: 'object' }, { type: 'array' }],
      description: 'what the object should have; lists are merged by their keys with strategic (containers by name)',
    }),
    wait: Type.Optional(
      DurationArgument('how long its pods may take to be up to date and available; default: not waited for'),
    ),
  },
  { additionalProperties: false },
)

type PatchArgs = Static<typeof args>

interface State {
  readonly object: JsonObject | undefined
  readonly after: JsonObject | { readonly refused: string }
}

/**
 * Fields of an object. What a patch would make of it is asked of the API server (a dry run there); what is then sent are just the
 * fields that differ, each tested by the server as it is changed.
 */
export const k8sPatch = defineModule<typeof args, State>({
  name: 'k8s_patch',
  summary: 'Fields of an object of Kubernetes, by a strategic merge, merge or JSON patch; waits for its pods',
  example: `k8s_patch:
  kind: daemonset
  namespace: kube-system
  name: kube-flannel-ds
  patch: {spec: {template: {spec: {containers: [{name: kube-flannel, resources: {limits: {memory: 256Mi}}}]}}}}
  wait: 5m`,
  effect: 'changes',
  args,
  resources: (wanted) => [objectResource(wanted)],
  read: readPatched,
  plan: planPatch,
  apply: async (wanted, change, session) => {
    await applyFields(wanted, change, session, waiting(wanted))
    return undefined
  },
  revert: (wanted, change, session) => revertFields(wanted, change, session, waiting(wanted)),
})

const waiting = ({ wait }: PatchArgs) => (wait === undefined ? {} : { waitMs: durationMs(wait) })

async function readPatched(wanted: PatchArgs, probe: Probe): Promise<State> {
  const object = await getObject(probe, wanted)
  if (!object) return { object, after: { refused: '' } }
  const patch = wanted.type === 'json' ? standingPatch(wanted.patch, object) : withoutVainNulls(wanted.patch, object)
  if (isRefused(patch)) return { object, after: patch }
  const text = JSON.stringify(patch)
  const words = ['patch', ...wordsOf(wanted), `--type=${wanted.type ?? 'strategic'}`, `--patch=${text}`]
  const dry = await runKubectl(probe, wanted.kubeconfig, [...words, '--dry-run=server', '--output=json'])
  return { object, after: dry.code === 0 ? jsonObject(dry.stdout.toString('utf8')) : { refused: saidBy(dry) } }
}

const saidBy = ({ stderr }: Reply): string => stderr.toString('utf8').trim()

function planPatch(wanted: PatchArgs, { object, after }: State): Decision {
  const title = titleOf(wanted)
  if (!object) return { kind: 'blocked', message: `there is no ${title}` }
  if (isRefused(after))
    return { kind: 'blocked', message: `the API server does not take the patch of ${title}`, detail: after.refused }
  const changes = diffFields(wishesOf(object), wishesOf(after))
  if (changes.length === 0) return { kind: 'noop', summary: `${title} is so already` }
  const never = wanted.wait !== undefined && rolloutOf(after) ? neverRolls(after) : undefined
  if (never !== undefined)
    return {
      kind: 'blocked',
      message: `${title}: ${never}`,
      hint: 'patch spec.updateStrategy.type to RollingUpdate with it',
    }
  const count = `${changes.length} field${changes.length === 1 ? '' : 's'}`
  return { kind: 'change', change: fieldsChange(wanted, object, changes, `change ${count} of ${title}`) }
}

const isRefused = (value: unknown): value is { readonly refused: string } =>
  isObject(value) && typeof value.refused === 'string' && !('kind' in value)
