import type { Json, JsonObject } from '../../model/json.ts'
import { type Decision, defineModule } from '../../model/module.ts'
import { Type } from '../../model/schema.ts'
import { loadUnifiedDiff, type UnifiedDiff } from '../shared/unified-diff.ts'
import { parseYamlPath, yamlPathPattern } from '../yaml/yaml-path.ts'
import { type ParseYaml, YamlEditError } from '../yaml/yaml-place.ts'
import { setAt } from '../yaml/yaml-set.ts'
import { unsetAt } from '../yaml/yaml-unset.ts'
import { applyFields, fieldsChange, revertFields } from './change-fields.ts'
import { at, getObject, kubeArgs, NameArgument, objectResource, type Target, titleOf } from './kubectl.ts'

const Path = Type.String({ pattern: yamlPathPattern })

const args = Type.Object(
  {
    ...kubeArgs,
    name: NameArgument('of the ConfigMap'),
    namespace: Type.Optional(NameArgument('default: that of the kubeconfig')),
    key: Type.String({ minLength: 1, description: 'of the text in it, as net-conf.json; JSON or YAML' }),
    set: Type.Optional(
      Type.Record(Path, Type.Unknown(), {
        additionalProperties: false,
        description: 'values by their place in the text, as Backend.Type',
      }),
    ),
    unset: Type.Optional(Type.Array(Path, { description: 'places that should not be there' })),
  },
  { additionalProperties: false },
)

interface State {
  readonly object: JsonObject | undefined
  readonly parse: ParseYaml
  readonly diff: UnifiedDiff
}

const targetOf = ({
  kubeconfig,
  name,
  namespace,
}: {
  kubeconfig?: string
  name: string
  namespace?: string
}): Target => ({
  kind: 'configmap',
  name,
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
  ...(namespace === undefined ? {} : { namespace }),
})

/** Values in a JSON or YAML text that a ConfigMap holds; all else of the text stays as it is. */
export const k8sConfigmapEdit = defineModule<typeof args, State>({
  name: 'k8s_configmap_edit',
  summary: 'Values in the JSON or YAML text of a ConfigMap (net-conf.json, config.yaml); comments and all else stay',
  example:
    'k8s_configmap_edit: {namespace: kube-system, name: kube-flannel-cfg, key: net-conf.json, set: {Backend.Type: vxlan}}',
  effect: 'changes',
  args,
  resources: (wanted) => [objectResource(targetOf(wanted))],
  read: async (wanted, probe) => {
    const [object, diff, { parseYamlText }] = await Promise.all([
      getObject(probe, targetOf(wanted)),
      loadUnifiedDiff(),
      import('../yaml/yaml-text.ts'),
    ])
    return { object, diff, parse: parseYamlText }
  },
  plan: (wanted, { object, parse, diff }): Decision => {
    const title = titleOf(targetOf(wanted))
    const text = at(object, 'data', wanted.key)
    if (!object) return { kind: 'blocked', message: `there is no ${title}` }
    if (typeof text !== 'string') return { kind: 'blocked', message: `${title} has no text ${wanted.key}` }
    try {
      const edited = [
        ...Object.entries(wanted.set ?? {}).map(([path, value]) => setAt(parseYamlPath(path), value as Json)), // sealed: bound arguments are JSON
        ...(wanted.unset ?? []).map((path) => unsetAt(parseYamlPath(path))),
      ].reduce((now, edit) => edit(now, parse), text)
      if (edited === text) return { kind: 'noop', summary: `${wanted.key} of ${title} has these values` }
      const field = { path: ['data', wanted.key], before: { value: text }, after: { value: edited } }
      const change = fieldsChange(targetOf(wanted), object, [field], `edit ${wanted.key} of ${title}`)
      return {
        kind: 'change',
        change: { ...change, details: [{ kind: 'diff', diff: diff(wanted.key, text, edited) }] },
      }
    } catch (thrown) {
      if (thrown instanceof YamlEditError)
        return { kind: 'blocked', message: `${wanted.key} of ${title}: ${thrown.message}` }
      throw thrown
    }
  },
  apply: async (wanted, change, session) => {
    await applyFields(targetOf(wanted), change, session, {})
    return undefined
  },
  revert: (wanted, change, session) => revertFields(targetOf(wanted), change, session, {}),
})
