import { isAbsolute, join, resolve } from 'node:path'
import type { Host } from '../model/inventory.ts'
import type { Json } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { Secret } from '../model/secret.ts'
import type { Endpoint } from '../model/transport.ts'
import { withMagic } from './inventory-magic.ts'
import { type ArgumentFault, parseSshArguments, type SshArguments } from './ssh-arguments.ts'

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
}

const CONNECT_TIMEOUT_MS = 10_000 // Ansible's default (`timeout` in base.yml)

/**
 * How to reach a host: flags win over the host's variables, those over the defaults. A setting that would weaken the
 * check of host keys, and one that is not understood, is a problem and never passed over.
 */
export function endpointOf(host: Host, options: EndpointOptions): Result<Endpoint> {
  const reading: Reading = { host, problems: [] }
  const ssh = sshArgumentsOf(reading)
  const { flags } = options
  const timeout =
    flags.timeoutSeconds ?? numberVar(reading, ['ansible_timeout', 'ansible_ssh_timeout']) ?? ssh.connectTimeoutSeconds
  const transport = transportOf(reading, flags.connection)
  const address = textVar(reading, ['ansible_host', 'ansible_ssh_host']) ?? host.name
  const port = numberVar(reading, ['ansible_port', 'ansible_ssh_port']) ?? ssh.port ?? 22
  const user = flags.user ?? textVar(reading, ['ansible_user', 'ansible_ssh_user']) ?? ssh.user ?? options.user
  checkWords(reading, { address, port, user })
  refuseWeakHostKeys(reading)
  const password =
    secretVar(reading, ['ansible_password', 'ansible_ssh_password', 'ansible_ssh_pass']) ?? options.password
  const becomePassword =
    options.becomePassword ??
    secretVar(reading, ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'])
  const passphrase =
    options.passphrase ?? secretVar(reading, ['ansible_ssh_private_key_passphrase', 'ansible_private_key_passphrase'])
  const identityFiles = identityFilesOf(reading, ssh, options)
  if (reading.problems.length > 0) return fail(reading.problems)
  return succeed({
    host: host.name,
    transport,
    address,
    port,
    user,
    identityFiles,
    knownHostsFiles: (ssh.knownHostsFiles ?? options.knownHostsFiles ?? ['~/.ssh/known_hosts']).map((file) =>
      absolute(file, options),
    ),
    connectTimeoutMs: timeout === undefined ? CONNECT_TIMEOUT_MS : Math.round(timeout * 1000),
    ...(options.agentSocket === undefined ? {} : { agentSocket: options.agentSocket }),
    ...(password ? { password } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(becomePassword ? { becomePassword } : {}),
  })
}

interface Reading {
  readonly host: Host
  readonly problems: Problem[]
}

/** The first of these variables that is set, as it stands. */
function rawVar(
  { host }: Reading,
  names: readonly string[],
): { readonly name: string; readonly value: Json } | undefined {
  for (const name of names) {
    const value = host.vars.get(name)?.value
    if (value !== undefined && value !== null) return { name, value: withMagic(value, host) }
  }
  return undefined
}

function textVar(reading: Reading, names: readonly string[]): string | undefined {
  const found = rawVar(reading, names)
  if (!found) return undefined
  if (typeof found.value === 'number') return String(found.value)
  if (typeof found.value !== 'string') return wrong(reading, found.name, 'must be text')
  if (found.value.includes('{{'))
    return wrong(reading, found.name, `holds a template that is not understood: ${found.value}`, TEMPLATES)
  return found.value
}

const TEMPLATES = 'only {{ inventory_dir }} and {{ inventory_hostname }} are replaced in an inventory'

function numberVar(reading: Reading, names: readonly string[]): number | undefined {
  const found = rawVar(reading, names)
  if (!found) return undefined
  const value = typeof found.value === 'string' && /^\d+$/.test(found.value) ? Number(found.value) : found.value
  return typeof value === 'number' ? value : wrong(reading, found.name, 'must be a number')
}

/** A secret may hold braces; a template in it could not be told apart, so it is taken as it is. */
function secretVar(reading: Reading, names: readonly string[]): Secret | undefined {
  const found = rawVar(reading, names)
  if (!found) return undefined
  if (typeof found.value === 'string' || typeof found.value === 'number') return new Secret(String(found.value))
  return wrong(reading, found.name, 'must be text')
}

function wrong({ host, problems }: Reading, name: string, message: string, hint?: string): undefined {
  const origin = host.vars.get(name)?.origin.text
  const from = origin === undefined ? '' : `, from ${origin}`
  const problem: Problem = { kind: 'parameter', host: host.name, message: `${name} ${message}${from}` }
  problems.push(hint === undefined ? problem : { ...problem, hint })
  return undefined
}

function transportOf(reading: Reading, flag: string | undefined): Endpoint['transport'] {
  const connection = flag ?? textVar(reading, ['ansible_connection']) ?? 'ssh'
  if (connection === 'local') return 'local'
  if (['ssh', 'ssh2', 'smart', 'paramiko', 'paramiko_ssh', 'ansible.builtin.ssh'].includes(connection)) return 'ssh2'
  wrong(reading, 'ansible_connection', `${connection} is not supported`, 'there are ssh and local')
  return 'ssh2'
}

const NONE: SshArguments = { identityFiles: [] }
const ARGUMENT_VARS: readonly string[] = ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args']

function sshArgumentsOf(reading: Reading): SshArguments {
  const parts = ARGUMENT_VARS.flatMap((name) => {
    const text = textVar(reading, [name])
    if (text === undefined) return []
    const { found, faults } = parseSshArguments(text)
    for (const fault of faults) refuseArgument(reading, name, fault)
    return [found]
  })
  const identityFiles = parts.flatMap((part) => part.identityFiles)
  const [common = NONE, extra = NONE, own = NONE] = parts
  return { ...common, ...extra, ...own, identityFiles }
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
  return files.length > 0 ? files.map((file) => absolute(file, options)) : options.identityFiles
}

function absolute(file: string, { home, cwd }: EndpointOptions): string {
  if (file === '~' || file.startsWith('~/')) return join(home, file.slice(1))
  return isAbsolute(file) ? file : resolve(cwd, file)
}
