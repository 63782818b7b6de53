import type { Json } from '../../model/json.ts'
import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import {
  applyFileEdit,
  decisionOf,
  type FileView,
  planFileEdit,
  readFileView,
  revertFileEdit,
  revertFileEditText,
} from '../files/file-edit.ts'
import { fileResource } from '../files/file-state.ts'
import { PathArgument } from '../shared/argument.ts'
import { setFlag, unsetFlag } from './yaml-flags.ts'
import { parseYamlPath, yamlPathPattern } from './yaml-path.ts'
import { type ParseYaml, type YamlChange, YamlEditError } from './yaml-place.ts'
import { setAt } from './yaml-set.ts'
import { unsetAt } from './yaml-unset.ts'

const Path = Type.String({ pattern: yamlPathPattern })
const Flag = Type.String({ pattern: '^--?[A-Za-z][A-Za-z0-9_.-]*$' })
const Word = Type.Union([Type.String(), Type.Number(), Type.Boolean()])

const args = Type.Object(
  {
    path: PathArgument('the YAML file'),
    set: Type.Optional(
      Type.Record(Path, Type.Unknown(), {
        additionalProperties: false,
        description: 'values by their place, as spec.containers[0].image; missing maps are made',
      }),
    ),
    unset: Type.Optional(Type.Array(Path, { description: 'places that should not be there' })),
    flags: Type.Optional(
      Type.Object(
        {
          at: Type.String({ pattern: yamlPathPattern, description: 'place of the list of words' }),
          set: Type.Optional(
            Type.Record(Flag, Word, { additionalProperties: false, description: 'flags and their values' }),
          ),
          unset: Type.Optional(Type.Array(Flag, { description: 'flags that should not be there' })),
        },
        { additionalProperties: false, description: 'flags in a list of words, such as the command of a static pod' },
      ),
    ),
  },
  { additionalProperties: false },
)

type YamlEditArgs = Static<typeof args>

interface YamlView extends FileView {
  readonly parse: ParseYaml
}

export const yamlEdit = defineModule<typeof args, YamlView>({
  name: 'yaml_edit',
  summary: 'Values in a YAML file on the host (static pod manifest, etcd.conf.yml); comments and all else stay',
  effect: 'changes',
  args,
  example: `yaml_edit: {path: /etc/kubernetes/manifests/etcd.yaml, flags: {at: "spec.containers[0].command", set: {"--heartbeat-interval": 500}}}`,
  resources: ({ path }) => [fileResource(path)],
  read: async ({ path }, probe) => {
    const [view, { parseYamlText }] = await Promise.all([readFileView(path, probe), import('./yaml-text.ts')])
    return { ...view, parse: parseYamlText }
  },
  plan: planYamlEdit,
  apply: (_, change, session) => applyFileEdit(change, session),
  revert: (_, change, session) => revertFileEdit(change, session),
  revertText: (_, change, folder) => revertFileEditText(change, folder),
})

function planYamlEdit(wanted: YamlEditArgs, view: YamlView): Decision {
  const { path } = wanted
  const { entry } = view.file
  if (!entry) return { kind: 'blocked', message: `there is no ${path}` }
  if (entry.content === null) return { kind: 'blocked', message: `${path} is no UTF-8 text of at most 1 MiB` }
  const changes = changesOf(wanted)
  try {
    const content = changes.reduce((text, change) => change(text, view.parse), entry.content)
    const summary = `set ${changes.length} value${changes.length === 1 ? '' : 's'} in ${path}`
    return decisionOf(planFileEdit(view, { content }, summary), `${path} has these values`)
  } catch (thrown) {
    if (thrown instanceof YamlEditError) return { kind: 'blocked', message: `${path}: ${thrown.message}` }
    throw thrown
  }
}

function changesOf({ set = {}, unset = [], flags }: YamlEditArgs): readonly YamlChange[] {
  const at = parseYamlPath(flags?.at ?? '')
  return [
    ...Object.entries(set).map(([path, value]) => setAt(parseYamlPath(path), value as Json)), // sealed: bound arguments are JSON
    ...unset.map((path) => unsetAt(parseYamlPath(path))),
    ...Object.entries(flags?.set ?? {}).map(([flag, value]) => setFlag(at, flag, String(value))),
    ...(flags?.unset ?? []).map((flag) => unsetFlag(at, flag)),
  ]
}
