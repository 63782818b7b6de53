import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/model/json.ts'
import { fieldAt } from '../../../src/modules/k8s/object-diff.ts'
import { type Name, named, type Situation, tryOn } from './bound-flannel.ts'
import { cards, isSet, node, onHosts, situationOf } from './flannel-situation.ts'

const sound = situationOf('v0.13.0', ['kube-flannel-ds'])
const [memory, iface]: readonly Name[] = ['flannel-memory-limit', 'flannel-downgrade-iface']

const edited = (situation: Situation, edit: (object: JsonObject) => JsonObject): Situation => ({
  ...situation,
  objects: situation.objects.map(edit),
})

/** With the text of every object changed. */
const rewritten = (situation: Situation, from: string | RegExp, to: string): Situation =>
  edited(situation, (object) => JSON.parse(JSON.stringify(object).replace(from, to)))

const onN1 = (facts: JsonObject): Situation => ({ ...sound, onHosts: { ...onHosts, n1: { ...onHosts.n1, ...facts } } })
const card = (more: JsonObject): JsonObject => ({ cards: { json: { ...cards.json, ...more } } })

const both = (version: string): Situation => situationOf(version, ['kube-flannel-ds-amd64', 'kube-flannel-ds-arm64'])
const helm = edited(sound, (object) =>
  isSet(object)
    ? {
        ...object,
        metadata: {
          ...(object.metadata as JsonObject),
          labels: { app: 'flannel', 'app.kubernetes.io/managed-by': 'Helm' },
        },
      } // sealed: every object has metadata
    : object,
)
const notReady = rewritten(sound, '"status":"True"', '"status":"False"')
const otherNamespace = edited(sound, (object) =>
  object.kind === 'ConfigMap'
    ? { ...object, metadata: { ...(object.metadata as JsonObject), namespace: 'old' } }
    : object,
) // sealed: as above

test.each<readonly [string, Name | undefined, Situation, JsonObject, RegExp]>([
  [
    'one DaemonSet per architecture, two of which have pods',
    memory,
    both('v0.12.0'),
    {},
    /2 DaemonSets of flannel have pods: kube-system\/kube-flannel-ds-amd64, kube-system\/kube-flannel-ds-arm64/,
  ],
  ['the same for a card', iface, both('v0.11.0'), { iface: 'eth1' }, /2 DaemonSets of flannel have pods/],
  ['none that has pods', memory, situationOf('v0.13.0', []), {}, /0 DaemonSets of flannel have pods/],
  [
    'a container under another name',
    iface,
    rewritten(sound, '"kube-flannel","image"', '"flanneld","image"'),
    { iface: 'eth1' },
    /has no container kube-flannel/,
  ],
  ['one that Helm keeps', memory, helm, {}, /kept by Helm, Rancher or an operator/],
  ['a node that is not ready', memory, notReady, {}, /not ready: n1/],
  ['a limit that does not help', memory, sound, { memory_limit: '64Mi' }, /a limit of 64Mi/],
  ['a request above the limit', memory, sound, { memory_request: '300Mi' }, /a limit of 256Mi with a request of 300Mi/],
  [
    'a limit that is nearly used up',
    memory,
    onN1({ memory: { own_mib: 200.5, usage_mib: 210, limit_mib: 220 } }),
    {},
    /less than one and a half times .*200\.5 MiB/,
  ],
  [
    'a node without room for the request',
    memory,
    {
      ...sound,
      onHosts: {
        ...onHosts,
        c1: {
          room: {
            json: [
              { node: 'n1', free_mib: 1000 },
              { node: 'n2', free_mib: 49 },
            ],
          },
        },
      },
    },
    {},
    /50Mi are asked for, and n2 has 49 MiB left for requests: the pod would stay Pending/,
  ],
  [
    'a node without memory for the limit',
    memory,
    onN1({ left: { json: { mib: 205 } }, memory: { own_mib: 20, usage_mib: 50.0, limit_mib: 50 } }),
    {},
    /this node has 205 MiB of memory left; with a limit of 256Mi flanneld may take 206 MiB more than the 50/,
  ],
  [
    'a version of another layout',
    iface,
    sound,
    { target_version: 'v0.12.0' },
    /from v0\.13\.0 \(v0\.13 to v0\.18\) to v0\.12\.0 \(until v0\.12\) is another installation/,
  ],
  [
    'an image by its digest',
    iface,
    rewritten(sound, /quay.io\/coreos\/flannel:v0.13.0/g, `quay.io/coreos/flannel@sha256:${'0'.repeat(64)}`),
    { target_version: 'v0.13.1-rc2' },
    /has no version of flannel as its tag/,
  ],
  [
    'a card by name and by regex',
    iface,
    sound,
    { iface: 'eth1', iface_regex: '^eth' },
    /both iface \(eth1\) and iface_regex \(\^eth\) are given/,
  ],
  [
    'arguments in two words',
    iface,
    rewritten(sound, '"--ip-masq"', '"--iface","eth0"'),
    { iface: 'eth1' },
    /in a way that is not rewritten: --iface eth0/,
  ],
  [
    'a card that a node has not',
    iface,
    onN1(card({ card: '', address: '', up: false })),
    { iface: 'eth1' },
    /no card eth1 that is up .* it has eth0=10\.1\.0\.1\/24/,
  ],
  ['a card that is down', iface, onN1(card({ up: false })), { iface_regex: '^eth1$' }, /no card \^eth1\$ that is up/],
  [
    'a card whose address another node has too',
    iface,
    onN1(node('10.0.0.2')),
    { iface: 'eth1' },
    /n2 has the same address as this node/,
  ],
  [
    'several default routes where none is named',
    iface,
    onN1(card({ default_routes: 2, default_cards: 'eth0 eth1' })),
    { target_version: 'v0.13.1-rc2' },
    /2 default routes \(eth0 eth1\), and without a named card/,
  ],
  [
    'a node without a default route, where that one is wished',
    iface,
    rewritten(
      onN1(card({ card: '', address: '', up: false, default_routes: 0, default_cards: '' })),
      '"--kube-subnet-mgr"',
      '"--kube-subnet-mgr","--iface=eth1"',
    ),
    { iface: 'none' },
    /0 default routes/,
  ],
  [
    'another network than one thinks',
    iface,
    sound,
    { iface: 'eth1', pod_cidr: '10.42.0.0/16' },
    /"Network": "10\.244\.0\.0\/16".* pod_cidr is 10\.42\.0\.0\/16/,
  ],
  [
    'no ConfigMap beside the DaemonSet',
    iface,
    otherNamespace,
    { iface: 'eth1' },
    /ConfigMap kube-flannel-cfg beside the DaemonSet says: ;/,
  ],
  [
    'another backend than VXLAN',
    iface,
    rewritten(sound, 'vxlan', 'host-gw'),
    { iface: 'eth1' },
    /known here for VXLAN only.*host-gw/,
  ],
])('%s is refused', (_, book, situation, params, message) => {
  const { objections, fields } = tryOn(book ?? 'flannel-memory-limit', { ...situation, params })
  expect(objections.join('\n')).toMatch(message)
  expect(fields).toEqual({})
})

const tryIface = (situation: Situation, params: JsonObject) =>
  tryOn('flannel-downgrade-iface', { ...situation, params })

test('the version that is there already is nothing to do, also with OnDelete', () => {
  expect(tryIface(sound, { target_version: 'v0.13.0' })).toMatchObject({ objections: [], fields: {} })
  const old = situationOf('v0.10.0', ['kube-flannel-ds'])
  expect(tryIface(old, { target_version: 'v0.10.0' })).toMatchObject({ objections: [], fields: {} })
})

test('pods of an earlier template, which OnDelete left, are rolled out', () => {
  const behind = rewritten(
    situationOf('v0.10.0', ['kube-flannel-ds']),
    '"updatedNumberScheduled":2',
    '"updatedNumberScheduled":1',
  )
  expect(Object.keys(tryIface(behind, { target_version: 'v0.10.0' }).fields)).toEqual(['spec.updateStrategy.type'])
})

test('another version is put in place of the image and of init containers with the same image, with its architecture', () => {
  const { fields, objections } = tryIface(situationOf('v0.11.0', ['kube-flannel-ds-arm']), {
    target_version: 'v0.12.0',
  })
  expect(objections).toEqual([])
  const image = ['quay.io/coreos/flannel:v0.10.0-arm', 'quay.io/coreos/flannel:v0.12.0-arm']
  expect(fields).toMatchObject({
    'spec.template.spec.containers[0].image': image,
    'spec.template.spec.initContainers[0].image': image,
  })
})

test('what copies the CNI plugin keeps its own image', () => {
  const { fields } = tryIface(situationOf('v0.15.1', ['kube-flannel-ds']), { target_version: 'v0.14.0' })
  expect(Object.keys(fields).sort()).toEqual([
    'spec.template.spec.containers[0].image',
    'spec.template.spec.initContainers[1].image',
  ])
})

test.each<readonly [string, JsonObject, readonly string[]]>([
  ['several names', { iface: 'eth1,ens4' }, ['--ip-masq', '--kube-subnet-mgr', '--iface=eth1', '--iface=ens4']],
  [
    'a regex',
    { iface_regex: '10\\.0\\..*,^eth' },
    ['--ip-masq', '--kube-subnet-mgr', '--iface-regex=10\\.0\\..*', '--iface-regex=^eth'],
  ],
  ['none', { iface: 'none' }, ['--ip-masq', '--kube-subnet-mgr']],
])('%s takes the place of the cards that were named', (_, params, args) => {
  const before = rewritten(sound, '"--kube-subnet-mgr"', '"--iface=eth0","--iface-regex=^en","--kube-subnet-mgr"')
  const { after, objections } = tryIface(before, params)
  expect(objections).toEqual([])
  expect(fieldAt(after.find(isSet) ?? null, ['spec', 'template', 'spec', 'containers', 0, 'args'])).toEqual({
    value: args,
  })
})

test('a DaemonSet under another name and in another namespace is changed, and one without pods beside it is not', () => {
  const moved = edited(situationOf('v0.13.0', []), (object) =>
    object.kind === 'DaemonSet' || object.kind === 'ConfigMap'
      ? {
          ...object,
          metadata: {
            ...(object.metadata as JsonObject),
            namespace: 'net',
            ...(isSet(object) ? { name: 'my-flannel' } : {}),
          },
        } // sealed: every object has metadata
      : object,
  )
  const here = rewritten(moved, '"desiredNumberScheduled":0', '"desiredNumberScheduled":2')
  const beside = { ...here, objects: [...here.objects, ...situationOf('v0.13.0', []).objects.filter(isSet)] }
  const { after, objections } = tryIface(beside, { iface: 'eth1' })
  expect(objections).toEqual([])
  const changed = after.filter((object, index) => JSON.stringify(object) !== JSON.stringify(beside.objects[index]))
  expect(changed.map(named)).toEqual(['my-flannel'])
})

test('a limit of 1024Mi, which the server writes as 1Gi, is nothing to do again', () => {
  const situation = {
    ...rewritten(sound, /"limits":\{"cpu":"100m","memory":"50Mi"\}/, '"limits":{"memory":"1Gi"}'),
    params: { memory_limit: '1024Mi' },
  }
  expect(tryOn('flannel-memory-limit', situation)).toMatchObject({ objections: [], fields: {} })
})
