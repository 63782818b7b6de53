import type { Json, JsonObject } from '../../model/json.ts'
import { type Decision, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { at, jsonObject, kubeArgs, mustKubectl, NameArgument, textAt } from './kubectl.ts'

const args = Type.Object(
  {
    ...kubeArgs,
    kind: NameArgument('as kubectl takes it: daemonset, nodes, pods'),
    namespace: Type.Optional(
      Type.String({ pattern: '^([*]|[a-z0-9]([a-z0-9-]*[a-z0-9])?)$', description: 'default "*", all of them' }),
    ),
    name: Type.Optional(NameArgument('of one object; default all')),
    selector: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9./_=!,() -]+$', description: 'labels, as kubectl --selector takes them' }),
    ),
    fields: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]*$' }), Type.String({ minLength: 1 }), {
        additionalProperties: false,
        description:
          'what to give of each object by a name: spec.nodeName, metadata.annotations["flannel.alpha.coreos.com/public-ip"]; null where it is not there',
      }),
    ),
    required: Type.Optional(Type.Boolean({ default: false, description: 'blocked where there is none' })),
  },
  { additionalProperties: false },
)

type GetArgs = Static<typeof args>

/** Objects of the cluster, looked at. */
export const k8sGet = defineModule<typeof args, readonly JsonObject[]>({
  name: 'k8s_get',
  summary: 'Objects of a Kubernetes cluster as the API server has them, whole or some fields of each',
  example: 'k8s_get: {kind: nodes, fields: {pod_cidr: spec.podCIDR}}\nas: nodes',
  effect: 'reads',
  args,
  resources: ({ kind, name = '*', namespace = '*' }) => [`k8s:${namespace}/${kind.toLowerCase()}/${name}`],
  read: async (wanted, probe) => {
    const text = await mustKubectl(probe, wanted.kubeconfig, wordsFor(wanted), `reading ${wanted.kind}`)
    const { items } = text.trim() === '' ? { items: [] } : jsonObject(text)
    return Array.isArray(items) ? (items as readonly JsonObject[]) : [jsonObject(text)] // sealed: kubectl's lists hold objects
  },
  plan: planGet,
})

function wordsFor({ kind, name, namespace = '*', selector }: GetArgs): readonly string[] {
  const where = namespace === '*' ? ['--all-namespaces'] : ['--namespace', namespace]
  const which = name === undefined ? [] : [`--field-selector=metadata.name=${name}`]
  return [
    'get',
    kind,
    ...where,
    ...which,
    '--output=json',
    ...(selector === undefined ? [] : [`--selector=${selector}`]),
  ]
}

function planGet({ kind, name, fields, required = false }: GetArgs, objects: readonly JsonObject[]): Decision {
  if (required && objects.length === 0)
    return {
      kind: 'blocked',
      message: `there is no ${kind}${name === undefined ? '' : ` ${name}`} of this description`,
    }
  const items = objects.map((object) => ({ ...named(object), ...(fields ? picked(object, fields) : whole(object)) }))
  return { kind: 'noop', summary: `${items.length} ${kind}`, output: { count: items.length, items } }
}

const named = (object: JsonObject): JsonObject => ({
  name: textAt(object, 'metadata', 'name'),
  namespace: textAt(object, 'metadata', 'namespace'),
})

function whole(object: JsonObject): JsonObject {
  const { metadata, ...rest } = object
  const { managedFields: _, ...meta } = metadata as JsonObject // sealed: every object has metadata
  return { ...rest, metadata: meta }
}

const picked = (object: JsonObject, fields: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([key, path]): [string, Json] => [key, at(object, ...stepsOf(path)) ?? null]),
  )

/** spec.containers[0]["a.b"] as steps. */
export const stepsOf = (path: string): readonly (string | number)[] =>
  [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, plain]) =>
    index === undefined ? (quoted ?? plain ?? '') : Number(index),
  )
