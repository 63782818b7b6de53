import { describe, expect, it } from 'vitest'
import { type EndpointOptions, endpointOf } from '../../src/load/endpoint.ts'
import { parseSshConfig } from '../../src/load/ssh-config.ts'
import { hostName } from '../../src/model/id.ts'
import type { Host, Variable } from '../../src/model/inventory.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { succeed, unwrap } from '../../src/model/problem.ts'
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

  it.each([
    ['sudo', 'sudo'],
    ['ansible.builtin.su', 'su'],
    ['community.general.doas', 'doas'],
  ])('becomes root by %s', (said, method) => {
    expect(endpoint({ ansible_become_method: said }).becomeMethod).toBe(method)
  })

  it('refuses another way to become root', () => {
    expect(problems({ ansible_become_method: 'runas' })).toBe(
      'parameter: e1: ansible_become_method "runas" is not supported, from host e1 (h.yaml:3:5)\n    there are sudo, su and doas\n',
    )
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
    ['-J a:b', 'is no chain of [user@]host[:port]'],
    ['-o ProxyCommand="nc %h %p"', 'is for the openssh transport only'],
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

describe('what ssh_config says', () => {
  const withConfig = (text: string, remark = (_: string): void => {}): Partial<EndpointOptions> => ({
    sshConfigs: () => succeed([unwrap(parseSshConfig('/home/me/.ssh/config', text, () => []))]),
    remark,
  })

  it('stands between the inventory and the defaults', () => {
    const config = withConfig(
      'Host e*\n HostName %h.example\n User ops\n Port 2222\n IdentityFile ~/k-%r\n HostKeyAlias x\n',
    )
    expect(endpoint({ ansible_port: 22 }, config)).toMatchObject({
      ...{ address: 'e1.example', user: 'ops', port: 22, identityFiles: ['/home/me/k-ops'], hostKeyAlias: 'x' },
    })
    expect(endpoint({ ansible_user: 'me' }, config)).toMatchObject({ user: 'me', identityFiles: ['/home/me/k-me'] })
  })

  it('leads through hosts, each with its own settings, the first perhaps behind others', () => {
    const config = withConfig('Host e1\n ProxyJump b,in@c:23\nHost b\n User bob\n ProxyJump a\nHost a\n Port 24\n')
    const { jumps = [] } = endpoint({}, config)
    expect(jumps.map(({ user, address, port }) => `${user}@${address}:${port}`)).toEqual([
      'me@a:24',
      'bob@b:22',
      'in@c:23',
    ])
    expect(endpoint({ ansible_ssh_common_args: '-J z' }, config).jumps).toMatchObject([{ address: 'z' }])
    expect(endpoint({ ansible_ssh_common_args: '-o ProxyJump=none' }, config).jumps).toBeUndefined()
  })

  it('cannot turn host keys off, and that is told', () => {
    const told: string[] = []
    endpoint(
      {},
      withConfig('StrictHostKeyChecking no\n', (text) => told.push(text)),
    )
    expect(told).toEqual(['StrictHostKeyChecking no in ssh_config is not obeyed: host keys are always checked'])
  })

  it.each([
    ['Match exec "true"\n User x\n', 'the criterion exec of Match is for the openssh transport only'],
    ['ProxyCommand nc %h %p\n', 'the ssh2 transport has no proxycommand'],
    ['Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost *\n ProxyJump a', 'goes in a circle'],
    ['IdentityFile ~/%C\n', 'IdentityFile holds a token'],
  ])('%j is a problem', (text, said) => {
    const found = endpointOf(host({}), { ...OPTIONS, ...withConfig(text) })
    expect(found.ok ? '' : problemText(found.problems)).toContain(said)
  })

  it.each([
    ['Usr joe\n', '1:1+3 schema: OpenSSH knows no keyword Usr'],
    ['\n  Port ssh2\n', '2:3+4 schema: ssh2 is not a port'],
    ['User "joe\n', 'a quote is not closed'],
    ['User\n', 'User says nothing'],
    ['Match all user joe\n', 'all cannot be combined'],
  ])('a file with %j is refused with its place', (text, said) => {
    const found = parseSshConfig('/c', text, () => [])
    expect(found.ok ? '' : problemText(found.problems)).toContain(said)
  })

  it('is left to ssh itself by the openssh transport', () => {
    const config = withConfig('Match exec "true"\n User x\n')
    const vars = {
      ansible_connection: 'openssh',
      ansible_user: 'ops',
      ansible_ssh_common_args: '-o ProxyCommand="nc %h %p"',
    }
    expect(endpoint(vars, config)).toMatchObject({
      ...{ transport: 'openssh', address: 'e1', sshArguments: ['-o', 'User=ops', '-o', 'ProxyCommand=nc %h %p'] },
    })
  })
})
