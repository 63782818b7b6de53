import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { loadUnifiedDiff, type UnifiedDiff } from '../shared/unified-diff.ts'
import { applyFields, fieldsChange, revertFields } from './change-fields.ts'
import { CorefileError } from './corefile.ts'
import { withHosts } from './corefile-hosts.ts'
import { at, getObject, kubeArgs, NameArgument, objectResource, type Target, titleOf } from './kubectl.ts'

const HOST_NAME = '^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z0-9]([a-z0-9-]*[a-z0-9])?$'
const KEY = 'Corefile'

const args = Type.Object(
  {
    ...kubeArgs,
    name: Type.Optional(NameArgument('of the ConfigMap, default coredns')),
    namespace: Type.Optional(NameArgument('default kube-system')),
    zone: Type.Optional(Type.String({ pattern: '^\\S+$', description: 'of the server block, default `.`' })),
    entries: Type.Array(
      Type.Object(
        {
          ip: Type.String({ pattern: '^[0-9A-Fa-f:.]+$' }),
          names: Type.Array(Type.String({ pattern: HOST_NAME, description: 'whole, with its domain' }), {
            minItems: 1,
          }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 100, description: 'addresses, and the names that have them' },
    ),
    ttl: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        default: 60,
        description: 's; of a block that is there its own stays',
      }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

interface State {
  readonly object: JsonObject | undefined
  readonly diff: UnifiedDiff
}

const targetOf = ({ kubeconfig, name = 'coredns', namespace = 'kube-system' }: Args): Target => ({
  kind: 'configmap',
  name,
  namespace,
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
})

/** Names that CoreDNS answers by itself, written into its Corefile; CoreDNS reads it anew within a minute where it has `reload`. */
export const k8sCorednsHosts = defineModule<typeof args, State>({
  name: 'k8s_coredns_hosts',
  summary: 'Names and addresses in the Corefile of CoreDNS, by its plugin hosts; all else of it stays byte for byte',
  example: 'k8s_coredns_hosts: {entries: [{ip: 10.0.0.5, names: [harbor.example.com]}]}',
  effect: 'changes',
  args,
  resources: (wanted) => [objectResource(targetOf(wanted))],
  read: async (wanted, probe) => {
    const [object, diff] = await Promise.all([getObject(probe, targetOf(wanted)), loadUnifiedDiff()])
    return { object, diff }
  },
  plan: planHosts,
  apply: async (wanted, change, session) => {
    await applyFields(targetOf(wanted), change, session, {})
    return undefined
  },
  revert: (wanted, change, session) => revertFields(targetOf(wanted), change, session, {}),
})

function planHosts(wanted: Args, { object, diff }: State): Decision {
  const { entries, zone = '.', ttl = 60 } = wanted
  const target = targetOf(wanted)
  const text = at(object, 'data', KEY)
  if (!object) return { kind: 'blocked', message: `there is no ${titleOf(target)}` }
  if (typeof text !== 'string') return { kind: 'blocked', message: `${titleOf(target)} has no ${KEY}` }
  try {
    const edited = withHosts(text, { zone, entries, ttl })
    if (edited === text) return { kind: 'noop', summary: `${KEY} of ${titleOf(target)} has these names` }
    const field = { path: ['data', KEY], before: { value: text }, after: { value: edited } }
    const names = entries.flatMap((entry) => entry.names).join(', ')
    const change = fieldsChange(target, object, [field], `give ${names} an address in ${titleOf(target)}`)
    return { kind: 'change', change: { ...change, details: [{ kind: 'diff', diff: diff(KEY, text, edited) }] } }
  } catch (thrown) {
    if (!(thrown instanceof CorefileError)) throw thrown
    return { kind: 'blocked', message: `${KEY} of ${titleOf(target)}: ${thrown.message}` }
  }
}
