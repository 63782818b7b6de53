import type { Endpoint } from '../model/transport.ts'
import { type Jump, parseJumps } from './ssh-jump.ts'

/** What ssh arguments of an inventory (`ansible_ssh_common_args`) say, of the few that are understood. */
export interface SshArguments {
  readonly knownHostsFiles?: readonly string[]
  readonly port?: number
  readonly user?: string
  readonly connectTimeoutSeconds?: number
  readonly identityFiles: readonly string[]
  readonly configFile?: string // of -F
  readonly jumps?: readonly Jump[] // empty: ProxyJump=none
  readonly words: readonly string[] // all of them, for ssh itself
}

export interface ArgumentFault {
  readonly message: string
  readonly hint: string
}

const UNDERSTOOD =
  'understood are -i, -p, -l, -F, -J, and -o with UserKnownHostsFile, Port, User, IdentityFile, ConnectTimeout, ProxyJump, StrictHostKeyChecking=yes; with ansible_connection: openssh, any -o'

interface Collected {
  knownHostsFiles?: readonly string[]
  port?: number
  user?: string
  connectTimeoutSeconds?: number
  configFile?: string
  jumps?: readonly Jump[]
  readonly words: string[]
  readonly transport: Endpoint['transport']
  readonly identityFiles: string[]
  readonly faults: ArgumentFault[]
}

/** Reads ssh arguments; what is not understood is a fault, never passed over. */
export function parseSshArguments(
  text: string,
  transport: Endpoint['transport'] = 'ssh2',
): {
  readonly found: SshArguments
  readonly faults: readonly ArgumentFault[]
} {
  const collected: Collected = { identityFiles: [], faults: [], words: [], transport }
  const words = splitWords(text)
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const short = /^-([iopFJl])(.*)$/s.exec(word)
    if (!short) {
      refuse(collected, word)
      continue
    }
    const attached = short[2] ?? ''
    const value = attached === '' ? (words[at + 1] ?? '') : attached
    if (attached === '') at += 1
    collected.words.push(`-${short[1]}`, value)
    takeOption(collected, short[1] ?? '', value)
  }
  const { faults, transport: _, ...found } = collected
  return { found, faults }
}

function takeOption(collected: Collected, letter: string, value: string): void {
  if (letter === 'i') collected.identityFiles.push(value)
  else if (letter === 'p') takePort(collected, value)
  else if (letter === 'l') collected.user = value
  else if (letter === 'F') collected.configFile = value
  else if (letter === 'J') takeJumps(collected, value)
  else takeSetting(collected, value)
}

function takePort(collected: Collected, value: string): void {
  const port = Number(value)
  if (Number.isInteger(port) && port > 0 && port < 65_536) collected.port = port
  else collected.faults.push({ message: `${value} is no port`, hint: 'a port is 1 to 65535' })
}

function takeJumps(collected: Collected, value: string): void {
  const jumps = value.toLowerCase() === 'none' ? [] : parseJumps(value)
  if (jumps) collected.jumps = jumps
  else collected.faults.push({ message: `${value} is no chain of [user@]host[:port]`, hint: 'as in -J bastion,inner' })
}

function takeSetting(collected: Collected, setting: string): void {
  const [, name = setting, value = ''] = /^\s*([A-Za-z]+)\s*[=\s]\s*(.*)$/s.exec(setting) ?? []
  switch (name.toLowerCase()) {
    case 'userknownhostsfile':
      collected.knownHostsFiles = value.split(/\s+/)
      return
    case 'port':
      takePort(collected, value)
      return
    case 'user':
      collected.user = value
      return
    case 'identityfile':
      collected.identityFiles.push(value)
      return
    case 'connecttimeout':
      collected.connectTimeoutSeconds = Number(value)
      return
    case 'proxyjump':
      takeJumps(collected, value)
      return
    case 'stricthostkeychecking':
      if (value !== 'yes') collected.faults.push(notStrict(value))
      return
    default:
      if (collected.transport !== 'openssh') refuse(collected, setting)
  }
}

const notStrict = (value: string): ArgumentFault => ({
  message: `StrictHostKeyChecking=${value} is not taken: host keys are always checked`,
  hint: 'delete it, and accept the key of a host once with: runbook trust HOST',
})

function refuse(collected: Collected, word: string): void {
  const isCommand = /^ProxyCommand/i.test(word)
  const message = isCommand ? `${word} is for the openssh transport only` : `the ssh argument ${word} is not understood`
  collected.faults.push({ message, hint: UNDERSTOOD })
}

/** Words of a command line with plain quotes; nothing in them is expanded. */
const splitWords = (text: string): readonly string[] =>
  [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
