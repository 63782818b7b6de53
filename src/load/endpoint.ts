import { isAbsolute, join, resolve as resolvePath } from 'node:path'
import { hostName } from '../model/id.ts'
import type { Host } from '../model/inventory.ts'
import { fail, type Result, succeed } from '../model/problem.ts'
import type { Secret } from '../model/secret.ts'
import type { Endpoint } from '../model/transport.ts'
import { becomeMethodOf } from './become-method.ts'
import { numberVar, type Reading, rawVar, secretVar, textVar, wrong } from './host-vars.ts'
import { type ArgumentFault, parseSshArguments, type SshArguments } from './ssh-arguments.ts'
import type { SshConfig } from './ssh-config.ts'
import { type SshHost, sshHost } from './ssh-host.ts'
import type { Jump } from './ssh-jump.ts'
import type { Unvault } from './vault.ts'

/** What reaching a host depends on besides the inventory. */
export interface EndpointOptions {
  readonly user: string // who logs in when nothing else says so: the user of the controller
  readonly home: string // absolute; `~` in paths
  readonly cwd: string // absolute; what relative paths of the inventory and of flags begin at
  readonly flags: {
    readonly user?: string
    readonly privateKey?: string
    readonly connection?: string
    readonly timeoutSeconds?: number
  }
  readonly agentSocket?: string
  readonly identityFiles: readonly string[] // absolute, existing: tried when neither flag nor inventory names a key
  readonly knownHostsFiles?: readonly string[] // absolute; default ~/.ssh/known_hosts
  readonly password?: Secret // --ask-pass
  readonly becomePassword?: Secret // --ask-become-pass
  readonly passphrase?: Secret
  readonly globalKnownHostsFiles?: readonly string[] // absolute; read after the user's
  /** The ssh_configs to heed, first wins: that of `-F file`, or the user's and the system's. */
  readonly sshConfigs?: (file: string | undefined) => Result<readonly SshConfig[]>
  readonly unvault?: Unvault // of variables that are encrypted
  readonly remark?: (text: string) => void // what is understood and not obeyed
}

const CONNECT_TIMEOUT_MS = 10_000 // Ansible's default (`timeout` in base.yml)

/**
 * How to reach a host: flags win over the host's variables, those over the defaults. A setting that would weaken the
 * check of host keys, and one that is not understood, is a problem and never passed over.
 */
export function endpointOf(host: Host, options: EndpointOptions): Result<Endpoint> {
  const { unvault } = options
  const reading: Reading = { host, problems: [], ...(unvault ? { unvault } : {}) }
  const transport = transportOf(reading, options.flags.connection)
  const ssh = sshArgumentsOf(reading, transport)
  const said = saidOf(reading, ssh, options)
  refuseWeakHostKeys(reading)
  const configs = transport === 'ssh2' ? configsOf(reading, ssh, options) : []
  const config = configOf(reading, configs, { host: said.address, said, options })
  const endpoint = resolve(said, config, { host: host.name, transport, options })
  checkWords(reading, endpoint)
  const secrets = secretsOf(reading, options)
  const becomeMethod = becomeMethodOf(reading)
  const jumps = ssh.jumps ?? config.jumps ?? []
  const hops = transport === 'ssh2' ? hopsOf(reading, jumps, { configs, options, depth: 0 }) : []
  if (reading.problems.length > 0) return fail(reading.problems)
  return succeed({
    ...endpoint,
    ...secrets,
    ...(becomeMethod ? { becomeMethod } : {}),
    ...(transport === 'openssh' ? { sshArguments: opensshArguments(said, ssh) } : {}),
    ...(hops.length > 0 ? { jumps: hops } : {}),
  })
}

/** What inventory and flags say of reaching a host; ssh_config comes behind it. */
interface Said {
  readonly address: string
  readonly port?: number
  readonly user?: string
  readonly timeoutSeconds?: number
  readonly identityFiles: readonly string[]
  readonly knownHostsFiles?: readonly string[]
}

function saidOf(reading: Reading, ssh: SshArguments, options: EndpointOptions): Said {
  const { flags } = options
  const port = numberVar(reading, ['ansible_port', 'ansible_ssh_port']) ?? ssh.port
  const user = flags.user ?? textVar(reading, ['ansible_user', 'ansible_ssh_user']) ?? ssh.user
  const timeout =
    flags.timeoutSeconds ?? numberVar(reading, ['ansible_timeout', 'ansible_ssh_timeout']) ?? ssh.connectTimeoutSeconds
  return {
    address: textVar(reading, ['ansible_host', 'ansible_ssh_host']) ?? reading.host.name,
    identityFiles: identityFilesOf(reading, ssh, options),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
    ...(ssh.knownHostsFiles ? { knownHostsFiles: ssh.knownHostsFiles.map((file) => absolute(file, options)) } : {}),
  }
}

function secretsOf(
  reading: Reading,
  options: EndpointOptions,
): Pick<Endpoint, 'password' | 'passphrase' | 'becomePassword'> {
  const password =
    secretVar(reading, ['ansible_password', 'ansible_ssh_password', 'ansible_ssh_pass']) ?? options.password
  const becomePassword =
    options.becomePassword ??
    secretVar(reading, ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'])
  const passphrase =
    options.passphrase ?? secretVar(reading, ['ansible_ssh_private_key_passphrase', 'ansible_private_key_passphrase'])
  return {
    ...(password ? { password } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(becomePassword ? { becomePassword } : {}),
  }
}

function configsOf({ problems }: Reading, ssh: SshArguments, { sshConfigs }: EndpointOptions): readonly SshConfig[] {
  const found = sshConfigs?.(ssh.configFile)
  if (found && !found.ok) problems.push(...found.problems)
  return found?.ok ? found.value : []
}

interface ConfigQuery {
  readonly host: string
  readonly said: Pick<Said, 'user' | 'port'>
  readonly options: EndpointOptions
}

function configOf({ problems }: Reading, configs: readonly SshConfig[], { host, said, options }: ConfigQuery): SshHost {
  const config = sshHost(configs, {
    host,
    localUser: options.user,
    home: options.home,
    ...(said.user === undefined ? {} : { user: said.user }),
    ...(said.port === undefined ? {} : { port: said.port }),
  })
  problems.push(...config.problems)
  if (config.lax !== undefined)
    options.remark?.(`StrictHostKeyChecking ${config.lax} in ssh_config is not obeyed: host keys are always checked`)
  return config
}

interface Target {
  readonly host: Endpoint['host']
  readonly transport: Endpoint['transport']
  readonly options: EndpointOptions
}

/** Inventory and flags, then ssh_config, then defaults. */
function resolve(said: Said, config: SshHost, { host, transport, options }: Target): Endpoint {
  const timeout = said.timeoutSeconds ?? config.connectTimeoutSeconds
  const agentSocket = agentOf(config, options)
  const configured = config.identityFiles?.map((file) => absolute(file, options)) ?? options.identityFiles
  const users = said.knownHostsFiles ?? config.userKnownHostsFiles ?? options.knownHostsFiles ?? ['~/.ssh/known_hosts']
  const globals = config.globalKnownHostsFiles ?? options.globalKnownHostsFiles ?? []
  return {
    host,
    transport,
    address: config.address ?? said.address,
    port: said.port ?? config.port ?? 22,
    user: said.user ?? config.user ?? options.user,
    identityFiles: said.identityFiles.length > 0 ? said.identityFiles : configured,
    knownHostsFiles: [...users, ...globals].map((file) => absolute(file, options)),
    connectTimeoutMs: timeout === undefined ? CONNECT_TIMEOUT_MS : Math.round(timeout * 1000),
    ...(agentSocket === undefined ? {} : { agentSocket }),
    ...(config.identitiesOnly ? { agentKeys: 'named' } : {}),
    ...(config.hostKeyAlias === undefined ? {} : { hostKeyAlias: config.hostKeyAlias }),
    ...(config.keepalive ? { keepalive: config.keepalive } : {}),
  }
}

function agentOf({ identityAgent }: SshHost, options: EndpointOptions): string | undefined {
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return options.agentSocket
  return identityAgent === 'none' ? undefined : absolute(identityAgent, options)
}

interface Hopping {
  readonly configs: readonly SshConfig[]
  readonly options: EndpointOptions
  readonly depth: number
}

const MOST_HOPS = 8

/** The hosts gone through, each with what ssh_config says of it; the first may itself lie behind others. */
function hopsOf(reading: Reading, jumps: readonly Jump[], hopping: Hopping): readonly Endpoint[] {
  const { configs, options, depth } = hopping
  if (depth >= MOST_HOPS) {
    wrong(reading, 'ProxyJump', 'goes in a circle', 'set ProxyJump none for the first host of the chain in ssh_config')
    return []
  }
  return jumps.flatMap((jump, index) => {
    const config = configOf(reading, configs, { host: jump.host, said: jump, options })
    const said = { ...jump, address: jump.host, identityFiles: [] }
    const hop = resolve(said, config, { host: hostName(jump.host), transport: 'ssh2', options })
    checkWords(reading, hop)
    const before = index === 0 && config.jumps ? hopsOf(reading, config.jumps, { ...hopping, depth: depth + 1 }) : []
    return [...before, options.passphrase ? { ...hop, passphrase: options.passphrase } : hop]
  })
}

/** In ssh's own words: what its config must not say otherwise. */
function opensshArguments(said: Said, { words }: SshArguments): readonly string[] {
  return [
    ...(said.port === undefined ? [] : ['-o', `Port=${said.port}`]),
    ...(said.user === undefined ? [] : ['-o', `User=${said.user}`]),
    ...(said.timeoutSeconds === undefined ? [] : ['-o', `ConnectTimeout=${Math.ceil(said.timeoutSeconds)}`]),
    ...said.identityFiles.flatMap((file) => ['-i', file]),
    ...words,
  ]
}

function transportOf(reading: Reading, flag: string | undefined): Endpoint['transport'] {
  const connection = flag ?? textVar(reading, ['ansible_connection']) ?? 'ssh'
  if (connection === 'local' || connection === 'openssh') return connection
  if (['ssh', 'ssh2', 'smart', 'paramiko', 'paramiko_ssh', 'ansible.builtin.ssh'].includes(connection)) return 'ssh2'
  wrong(reading, 'ansible_connection', `${connection} is not supported`, 'there are ssh, openssh and local')
  return 'ssh2'
}

const NONE: SshArguments = { identityFiles: [], words: [] }
const ARGUMENT_VARS: readonly string[] = ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args']

function sshArgumentsOf(reading: Reading, transport: Endpoint['transport']): SshArguments {
  const parts = ARGUMENT_VARS.flatMap((name) => {
    const text = textVar(reading, [name])
    if (text === undefined) return []
    const { found, faults } = parseSshArguments(text, transport)
    for (const fault of faults) refuseArgument(reading, name, fault)
    return [found]
  })
  const identityFiles = parts.flatMap((part) => part.identityFiles)
  const [common = NONE, extra = NONE, own = NONE] = parts
  return { ...common, ...extra, ...own, identityFiles, words: parts.flatMap((part) => part.words) }
}

const refuseArgument = (reading: Reading, name: string, { message, hint }: ArgumentFault): undefined =>
  wrong(reading, name, `: ${message}`.replace(/^: /, 'cannot be used: '), hint)

/** `ansible_host_key_checking: false` and its kin would skip what protects every password and command. */
function refuseWeakHostKeys(reading: Reading): void {
  for (const name of ['ansible_host_key_checking', 'ansible_ssh_host_key_checking']) {
    const found = rawVar(reading, [name])
    if (found && found.value !== true) {
      wrong(
        reading,
        name,
        'cannot be turned off: host keys are always checked',
        'accept a key once with: runbook trust HOST',
      )
    }
  }
}

/** They go to ssh and into messages: no option, no shell text, no line break. */
function checkWords(
  reading: Reading,
  { address, port, user }: { readonly address: string; readonly port: number; readonly user: string },
): void {
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9._:%-]*[A-Za-z0-9_])?$|^::[A-Fa-f0-9:]*$/.test(address)) {
    wrong(reading, 'ansible_host', `${JSON.stringify(address)} is no host name or address`)
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) wrong(reading, 'ansible_port', `${port} is no port`)
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/.test(user))
    wrong(reading, 'ansible_user', `${JSON.stringify(user)} is no user name`)
}

function identityFilesOf(reading: Reading, ssh: SshArguments, options: EndpointOptions): readonly string[] {
  const named =
    options.flags.privateKey ?? textVar(reading, ['ansible_ssh_private_key_file', 'ansible_private_key_file'])
  const files = named === undefined ? ssh.identityFiles : [named, ...ssh.identityFiles]
  return files.map((file) => absolute(file, options))
}

function absolute(file: string, { home, cwd }: EndpointOptions): string {
  if (file === '~' || file.startsWith('~/')) return join(home, file.slice(1))
  return isAbsolute(file) ? file : resolvePath(cwd, file)
}
