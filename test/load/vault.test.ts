import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { endpointOf } from '../../src/load/endpoint.ts'
import { loadInventory } from '../../src/load/inventory.ts'
import { loadRunbook } from '../../src/load/runbook.ts'
import { sourceKey } from '../../src/load/secret-source.ts'
import { resolveVariables, secretSources } from '../../src/load/variables.ts'
import { unvaultWith } from '../../src/load/vault.ts'
import { openVaulted } from '../../src/load/vault-file.ts'
import { hostName } from '../../src/model/id.ts'
import { unwrap } from '../../src/model/problem.ts'
import { Secret } from '../../src/model/secret.ts'
import { testModules } from './modules-for-tests.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

/** As ansible-vault does it; test/differential/vault.test.ts compares with the program itself. */
function sealed(text: string, password = 'open sesame'): string {
  const salt = Buffer.alloc(32, 7)
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256')
  const padding = 16 - (Buffer.byteLength(text) % 16)
  const padded = Buffer.concat([Buffer.from(text), Buffer.alloc(padding, padding)])
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64))
  const bytes = Buffer.concat([cipher.update(padded), cipher.final()])
  const mac = createHmac('sha256', keys.subarray(32, 64)).update(bytes).digest()
  const body = Buffer.from([salt, mac, bytes].map((part) => part.toString('hex')).join('\n')).toString('hex')
  return `$ANSIBLE_VAULT;1.1;AES256\n${body.match(/.{1,80}/g)?.join('\n')}\n`
}

const inYaml = (text: string, indent: string): string =>
  `!vault |\n${sealed(text).trimEnd().replaceAll(/^/gm, indent)}\n`

const HOSTS = `etcd:
  hosts:
    e1:
  vars:
    password: ${inYaml('the password', '      ')}
    users:
      - {name: app, port: 1234}
      - name: ops
        token: ${inYaml('the token', '          ')}
    ansible_become_password: ${inYaml('the sudo password', '      ')}
`
const RUNBOOK = `name: login
summary: Log in
hosts: etcd
params:
  password: {type: string, secret: true, minLength: 6, description: of the database}
steps:
  - file: {path: /a, content: "{{ password }}"}
`
const unvault = unvaultWith([new Secret('open sesame')])

function resolve(files: Readonly<Record<string, string>>, varsFiles: readonly string[] = []) {
  const folder = writeFiles(files)
  const inventory = unwrap(loadInventory([join(folder, 'h.yaml')], { unvault }))
  const runbook = unwrap(loadRunbook({ file: 'login.yaml', text: RUNBOOK, modules: testModules }))
  const input = {
    ...{ runbook, inventory, hosts: [hostName('e1')], set: [], unvault },
    varsFiles: varsFiles.map((name) => join(folder, name)),
  }
  const sources = unwrap(secretSources(input))
  const values = sources.flatMap((source) =>
    source.kind === 'vault' ? [[sourceKey(source), unwrap(openVaulted(source, unvault))] as const] : [],
  )
  return { inventory, resolved: unwrap(resolveVariables({ ...input, secrets: new Map(values) })) }
}

const openedOf = (secrets: ReadonlyMap<string, Secret> | undefined) =>
  Object.fromEntries([...(secrets ?? [])].map(([name, secret]) => [name, JSON.parse(secret.reveal())]))

describe('values that ansible-vault encrypted', () => {
  it('are opened for templates, shown as ***, and known to be secret, wherever they stand in a value', () => {
    const { resolved } = resolve({ 'h.yaml': HOSTS })
    const e1 = resolved.hosts.get(hostName('e1'))
    expect([e1?.params.password, e1?.variables.users]).toEqual([
      '***',
      [
        { name: 'app', port: 1234 },
        { name: 'ops', token: '***' },
      ],
    ])
    expect(openedOf(e1?.secrets)).toEqual({
      password: 'the password',
      users: [
        { name: 'app', port: 1234 },
        { name: 'ops', token: 'the token' },
      ],
    })
    expect(resolved.secrets.map(({ name, secret }) => [name, secret.reveal()])).toEqual([
      ['password', 'the password'],
      ['users', 'the token'],
    ])
    expect(e1?.all.get('password')?.origin.text).toMatch(/^group etcd \(.*h\.yaml:5:5\), from ansible-vault$/)
    expect(JSON.stringify([...(e1?.all ?? [])])).not.toContain('ANSIBLE_VAULT')
  })

  it('are passwords of connections too', () => {
    const { inventory } = resolve({ 'h.yaml': HOSTS })
    const host = inventory.hosts.get(hostName('e1'))
    const options = { user: 'ada', home: '/h', cwd: '/', flags: {}, identityFiles: [] }
    expect(host && unwrap(endpointOf(host, { ...options, unvault })).becomePassword?.reveal()).toBe('the sudo password')
    const closed = host && endpointOf(host, options)
    expect(closed?.ok === false && problemText(closed.problems)).toContain('no password for it is given')
  })

  it('may be whole files, in group_vars and as a file of variables', () => {
    const files = {
      'h.yaml': 'etcd: {hosts: {e1: }}\n',
      'group_vars/etcd.yaml': sealed('password: from the group\nport: 5432\n'),
      'v.yaml': sealed('password: from the file\n'),
    }
    const group = resolve(files).resolved.hosts.get(hostName('e1'))
    expect([openedOf(group?.secrets), group?.variables.port]).toEqual([
      { password: 'from the group', port: 5432 },
      '***',
    ])
    expect(openedOf(resolve(files, ['v.yaml']).resolved.hosts.get(hostName('e1'))?.secrets).password).toBe(
      'from the file',
    )
  })

  it('may stand in a file of variables, which is YAML 1.2 otherwise', () => {
    const files = {
      'h.yaml': 'etcd: {hosts: {e1: }}\n',
      'v.yaml': `mode: no\npassword: ${inYaml('from the file', '  ')}`,
    }
    const { resolved } = resolve(files, ['v.yaml'])
    expect(openedOf(resolved.hosts.get(hostName('e1'))?.secrets)).toEqual({ password: 'from the file' })
    expect(() => resolve({ ...files, 'v.yaml': 'password: !vault plain\n' }, ['v.yaml'])).toThrow(
      'no text of ansible-vault',
    )
    expect(() => resolve({ ...files, 'v.yaml': 'a: &x 1\nb: *x\n' }, ['v.yaml'])).toThrow('anchors')
  })

  it('stay closed where nobody uses them', () => {
    const folder = writeFiles({ 'h.yaml': HOSTS })
    expect(loadInventory([join(folder, 'h.yaml')]).ok).toBe(true)
  })
})

describe('what cannot be opened is told', () => {
  it.each([
    ['another password', sealed('x: 1', 'another'), 'no password that was given opens this text'],
    ['damaged', sealed('x: 1').replace(/\d{4}\n$/, '\n'), 'no password that was given opens this text'],
    ['an unknown format', sealed('x: 1').replace('1.1', '1.0'), 'this is no text of ansible-vault that is understood'],
    ['no mapping', sealed('- 1\n'), 'is no mapping of variables in YAML'],
  ])('%s', (_, text, words) => {
    const folder = writeFiles({ 'h.yaml': 'etcd: {hosts: {e1: }}\n', 'group_vars/etcd.yaml': text })
    const loaded = loadInventory([join(folder, 'h.yaml')], { unvault })
    expect(loaded.ok ? '' : problemText(loaded.problems)).toContain(words)
  })
})
