import { describe, expect, it } from 'vitest'
import { type EndpointOptions, endpointOf } from '../../src/load/endpoint.ts'
import { hostName } from '../../src/model/id.ts'
import type { Host, Variable } from '../../src/model/inventory.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { unwrap } from '../../src/model/problem.ts'
import { Secret } from '../../src/model/secret.ts'
import { problemText } from './problem-text.ts'

const host = (vars: JsonObject): Host => {
  const variable = (value: Json): Variable => ({
    value,
    origin: { level: 'inventory', text: 'host e1 (h.yaml:3:5)' },
    overrode: [],
  })
  return {
    name: hostName('e1'),
    groups: ['all'],
    vars: new Map(Object.entries(vars).map(([key, value]) => [key, variable(value)])),
  }
}

const OPTIONS: EndpointOptions = {
  user: 'me',
  home: '/home/me',
  cwd: '/work',
  flags: {},
  identityFiles: ['/home/me/.ssh/id_ed25519'],
}

const endpoint = (vars: JsonObject, options: Partial<EndpointOptions> = {}) =>
  unwrap(endpointOf(host(vars), { ...OPTIONS, ...options }))

const problems = (vars: JsonObject): string => {
  const found = endpointOf(host(vars), OPTIONS)
  return found.ok ? '' : problemText(found.problems)
}

describe('an endpoint', () => {
  it('of a host without variables is its name, port 22 and our own user', () => {
    expect(endpoint({})).toEqual({
      host: 'e1',
      transport: 'ssh2',
      address: 'e1',
      port: 22,
      user: 'me',
      identityFiles: ['/home/me/.ssh/id_ed25519'],
      knownHostsFiles: ['/home/me/.ssh/known_hosts'],
      connectTimeoutMs: 10_000,
    })
  })

  it('takes Ansible’s variables', () => {
    const vars = {
      ansible_host: '10.0.0.1',
      ansible_port: 2222,
      ansible_user: 'root',
      ansible_ssh_private_key_file: 'keys/k',
      ansible_timeout: 3,
    }
    expect(endpoint(vars)).toMatchObject({
      address: '10.0.0.1',
      port: 2222,
      user: 'root',
      identityFiles: ['/work/keys/k'],
      connectTimeoutMs: 3000,
    })
  })

  it('takes their old names, and numbers written as text', () => {
    const vars = { ansible_ssh_host: 'fe80::1%eth0', ansible_ssh_port: '22022', ansible_ssh_user: 'admin' }
    expect(endpoint(vars)).toMatchObject({ address: 'fe80::1%eth0', port: 22022, user: 'admin' })
  })

  it('lets flags win', () => {
    const flags = { user: 'ops', privateKey: '~/.ssh/k', connection: 'local', timeoutSeconds: 1.5 }
    expect(endpoint({ ansible_user: 'root', ansible_ssh_private_key_file: '/k' }, { flags })).toMatchObject({
      ...{ user: 'ops', identityFiles: ['/home/me/.ssh/k'], transport: 'local', connectTimeoutMs: 1500 },
    })
  })

  it('understands the ssh arguments that choose files, ports and users', () => {
    const vars = {
      ansible_ssh_common_args: '-o UserKnownHostsFile=~/kh -o "Port 2200" -oUser=deploy -o StrictHostKeyChecking=yes',
      ansible_ssh_extra_args: '-i ~/k1 -p2201 -o IdentityFile=/k2 -o ConnectTimeout=7',
    }
    expect(endpoint(vars)).toMatchObject({
      knownHostsFiles: ['/home/me/kh'],
      port: 2201,
      user: 'deploy',
      identityFiles: ['/home/me/k1', '/k2'],
      connectTimeoutMs: 7000,
    })
  })

  it('keeps passwords as secrets', () => {
    const found = endpoint(
      { ansible_password: 'hunter2', ansible_become_password: 12345 },
      { passphrase: new Secret('p') },
    )
    expect(JSON.stringify(found)).not.toMatch(/hunter2|12345/)
    expect([found.password?.reveal(), found.becomePassword?.reveal(), found.passphrase?.reveal()]).toEqual([
      'hunter2',
      '12345',
      'p',
    ])
  })
})

describe('no endpoint comes of', () => {
  it('host keys that would not be checked', () => {
    expect(problems({ ansible_ssh_common_args: '-o StrictHostKeyChecking=no' })).toBe(
      'parameter: e1: ansible_ssh_common_args cannot be used: StrictHostKeyChecking=no is not taken: host keys are always checked, from host e1 (h.yaml:3:5)\n' +
        '    delete it, and accept the key of a host once with: runbook trust HOST\n',
    )
    expect(problems({ ansible_host_key_checking: false })).toContain('cannot be turned off')
  })

  it.each([
    ['-o ProxyJump=bastion', 'is not supported yet'],
    ['-J bastion', 'is not supported yet'],
    ['-o ProxyCommand="nc %h %p"', 'is not supported yet'],
    ['-F /dev/null', 'is not understood'],
    ['-o ControlMaster=auto', 'is not understood'],
    ['-p 99999', '99999 is no port'],
  ])('the ssh argument %s', (args, said) => {
    expect(problems({ ansible_ssh_extra_args: args })).toContain(said)
  })

  it.each<[JsonObject, string]>([
    [{ ansible_host: '-oProxyCommand=touch /tmp/x' }, 'is no host name or address'],
    [{ ansible_host: 'a\nb' }, 'is no host name or address'],
    [{ ansible_host: '{{ ip }}' }, 'holds a template that is not understood'],
    [{ ansible_user: '$(id)' }, 'is no user name'],
    [{ ansible_user: '-l' }, 'is no user name'],
    [{ ansible_port: 0 }, '0 is no port'],
    [{ ansible_port: 'ssh' }, 'ansible_port must be a number'],
    [{ ansible_connection: 'docker' }, 'docker is not supported'],
    [{ ansible_user: ['root'] }, 'ansible_user must be text'],
  ])('%j', (vars, said) => {
    expect(problems(vars)).toContain(said)
  })

  it('several mistakes, told at once', () => {
    expect(problems({ ansible_port: 0, ansible_user: '-l', ansible_host: '$x' }).match(/parameter:/g)).toHaveLength(3)
  })
})
