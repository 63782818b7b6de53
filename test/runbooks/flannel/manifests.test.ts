import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../src/model/json.ts'
import { diffFields, placeText } from '../../../src/modules/k8s/object-diff.ts'
import { type Name, named, objectsOf, tryOn } from './bound-flannel.ts'
import { isSet, situationOf } from './flannel-situation.ts'

// What API server and pods make of it is tried in test/lab/flannel-runbooks.test.ts.

const versions = readdirSync(path.join(import.meta.dirname, '../../fixtures/flannel'))
  .flatMap((file) => /^kube-flannel-(.*)\.yml$/.exec(file)?.[1] ?? [])
  .sort()

/** Every DaemonSet of every manifest, as the one of its manifest that has pods. */
const sets = versions.flatMap((version) =>
  objectsOf(version)
    .filter(isSet)
    .map((set) => ({ version, set: named(set) })),
)

const strategyOf = (version: string): Record<string, readonly [Json, Json]> =>
  /^v0\.1[01]\./.test(version) ? { 'spec.updateStrategy.type': ['OnDelete', 'RollingUpdate'] } : {}
const container = 'spec.template.spec.containers[0]'
/** Since v0.21 upstream sets no limits. */
const isUnlimited = (version: string): boolean => /^v0\.2[1-9]\./.test(version)

const limitsOf = (version: string): Record<string, readonly [Json, Json]> =>
  isUnlimited(version)
    ? { [`${container}.resources.limits`]: [null, { memory: '256Mi' }] }
    : {
        [`${container}.resources.limits.memory`]: ['50Mi', '256Mi'],
        [`${container}.resources.limits.cpu`]: ['100m', null],
      }

const plain = ['--ip-masq', '--kube-subnet-mgr']
const argsOf = (version: string): readonly string[] =>
  version === 'v0.28.9' ? [...plain, '--healthz-port=8081'] : plain

const wanted: readonly (readonly [Name, JsonObject, (version: string) => Record<string, readonly [Json, Json]>])[] = [
  ['flannel-memory-limit', {}, limitsOf],
  [
    'flannel-downgrade-iface',
    { iface: 'eth1' },
    (version) => ({ [`${container}.args`]: [argsOf(version), [...argsOf(version), '--iface=eth1']] }),
  ],
]

test('there is every manifest that was promised', () => expect(sets.map(({ version }) => version)).toHaveLength(20))

test.each(sets.flatMap((one) => wanted.map(([book, params, fields]) => ({ ...one, book, params, fields }))))(
  '$book changes of the DaemonSet $set of $version what it says and nothing else',
  ({ version, set, book, params, fields }) => {
    const situation = situationOf(version, [set], params)
    const done = tryOn(book, situation)
    expect(done.objections).toEqual([])
    expect(done.fields).toEqual({ ...strategyOf(version), ...fields(version) })
    const changed = diffFields(situation.objects, done.after).map(({ path: [, ...place] }) => placeText(place))
    expect(changed.sort()).toEqual(Object.keys(done.fields).sort())
    expect(tryOn(book, { ...situation, objects: done.after }).fields, 'nothing to do again').toEqual({})
  },
)
