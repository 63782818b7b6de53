import { type ImageName, imageNames, isImageName } from './images.ts'
import { LabError } from './lab-error.ts'
import type { Argv } from './run-tool.ts'
import { isTopologyName, TOPOLOGIES, type TopologyName } from './topologies.ts'

/** What a command line asks of the lab. */
export type Command =
  | { readonly kind: 'up'; readonly topology: TopologyName; readonly loopback?: string }
  | { readonly kind: 'down' | 'status' | 'doctor' | 'install-tools' | 'help' }
  | { readonly kind: 'ssh'; readonly host: string; readonly argv: readonly string[] }
  | { readonly kind: 'exec'; readonly argv: Argv }
  | { readonly kind: 'reset'; readonly host?: string }
  | { readonly kind: 'crash' | 'stop' | 'start' | 'logs'; readonly host: string }
  | { readonly kind: 'build'; readonly images: readonly ImageName[] }

/** Reads the words after `npm run lab --`; a LabError with exit code 3 when they make no command. */
export function parseCommand(words: readonly string[]): Command {
  const [kind = 'help', ...rest] = words
  if (rest.includes('--help') && !['ssh', 'exec'].includes(kind)) return { kind: 'help' }
  switch (kind) {
    case 'help':
    case '--help':
    case '-h':
      return { kind: 'help' }
    case 'down':
    case 'status':
    case 'doctor':
    case 'install-tools':
      return nothingMore(rest, { kind })
    case 'crash':
    case 'stop':
    case 'start':
    case 'logs':
      return { kind, host: onlyHost(kind, rest) }
    case 'reset':
      return rest.length === 0 ? { kind } : { kind, host: onlyHost(kind, rest) }
    case 'up':
      return parseUp(rest)
    case 'ssh':
      return parseSsh(rest)
    case 'exec':
      return parseExec(rest)
    case 'build':
      return { kind, images: rest.length === 0 ? imageNames() : rest.map(parseImage) }
    default:
      throw usage(`there is no command ${kind}`)
  }
}

/** The help text. */
export function renderHelp(): string {
  const topologies = Object.entries(TOPOLOGIES).map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`)
  return [...HELP, 'Topologies:', ...topologies, '', ...ENVIRONMENT].join('\n')
}

function parseUp(words: readonly string[]): Command {
  const at = words.indexOf('--loopback')
  const loopback = at < 0 ? undefined : words[at + 1]
  if (at >= 0 && loopback === undefined) throw usage('--loopback wants three bytes of an address, e.g. 127.78.0')
  const [name = 'etcd3', ...rest] = at < 0 ? words : words.toSpliced(at, 2)
  if (!isTopologyName(name))
    throw usage(`there is no topology ${name}; there are ${Object.keys(TOPOLOGIES).join(', ')}`)
  return nothingMore(rest, { kind: 'up', topology: name, ...(loopback === undefined ? {} : { loopback }) })
}

function parseSsh(words: readonly string[]): Command {
  const [host, ...argv] = words
  if (host === undefined) throw usage('ssh wants a host')
  return { kind: 'ssh', host, argv }
}

function parseExec(words: readonly string[]): Command {
  const [tool, ...args] = words[0] === '--' ? words.slice(1) : words
  if (tool === undefined) throw usage('exec wants a command: exec -- CMD...')
  return { kind: 'exec', argv: [tool, ...args] }
}

function parseImage(name: string): ImageName {
  if (isImageName(name)) return name
  throw usage(`there is no image ${name}; there are ${imageNames().join(', ')}`)
}

function onlyHost(kind: string, words: readonly string[]): string {
  const [host, ...rest] = words
  if (host === undefined) throw usage(`${kind} wants a host`)
  return nothingMore(rest, host)
}

function nothingMore<T>(rest: readonly string[], value: T): T {
  if (rest.length === 0) return value
  throw usage(`${rest[0]} is one word too many`)
}

function usage(message: string): LabError {
  return new LabError(`${message}\nusage: npm run lab -- --help`, 3)
}

const HELP = `Throwaway Debian hosts with systemd, each with its own address and sshd.

  npm run lab -- up [TOPOLOGY]       make it be up (default etcd3); --loopback 127.78.0 for other addresses
  npm run lab -- down                end it, and verify that nothing is left
  npm run lab -- status              what is up, and how to reach it
  npm run lab -- ssh HOST [CMD...]   as root; USER@HOST for ops, nosudo or opspw
  npm run lab -- exec -- CMD...      run CMD inside the lab's network (10.77.0.x, no way out)
  npm run lab -- reset [HOST]        make a host (or all) as new and boot it; etcd members together
  npm run lab -- crash HOST          pull the plug
  npm run lab -- stop HOST           power off in order
  npm run lab -- start HOST          switch on again, with the disk it had
  npm run lab -- logs HOST           console and journal, also of a host that is off
  npm run lab -- build [IMAGE...]    build images now rather than at the first up
  npm run lab -- doctor              what this machine can do, and what is missing
  npm run lab -- install-tools       install what is missing, with apt-get
`.split('\n')

const ENVIRONMENT = `Environment:
  RUNBOOK_LAB         state folder of this lab (default .lab in the checkout); another folder is another lab
  RUNBOOK_LAB_CACHE   built images (default ~/.cache/runbook-lab)
  RUNBOOK_LAB_TTL     seconds after which the lab ends by itself (default 28800)
  RUNBOOK_LAB_MIRROR  Debian mirror for image builds (default: the one in this machine's apt sources)
Exit codes: 0 ok, 1 failure, 3 wrong usage; ssh and exec give the command's own.`.split('\n')
