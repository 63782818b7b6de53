import { join } from 'node:path'
import type { Problem } from '../model/problem.ts'
import { lookUpSsh, type SshConfig, type SshSettings, withHost } from './ssh-config.ts'
import { ONLY_OPENSSH } from './ssh-config-keywords.ts'
import { type Jump, parseJumps } from './ssh-jump.ts'

/** What ssh_config says of a host, ready for use; what it does not say is absent. */
export interface SshHost {
  readonly address?: string
  readonly port?: number
  readonly user?: string
  readonly identityFiles?: readonly string[] // `~` and tokens replaced
  readonly identitiesOnly: boolean
  readonly identityAgent?: string // a socket, `none` or `SSH_AUTH_SOCK`
  readonly userKnownHostsFiles?: readonly string[]
  readonly globalKnownHostsFiles?: readonly string[]
  readonly hostKeyAlias?: string
  readonly connectTimeoutSeconds?: number
  readonly keepalive?: { readonly intervalMs: number; readonly countMax: number }
  readonly jumps?: readonly Jump[]
  readonly lax?: string // a StrictHostKeyChecking that is not obeyed
  readonly problems: readonly Problem[]
}

/** Who asks, and what is said elsewhere already. */
export interface SshHostQuery {
  readonly host: string // as one would type it behind `ssh`
  readonly user?: string
  readonly port?: number
  readonly localUser: string
  readonly home: string
}

/** What the configs say of a host, for the ssh2 transport; what only OpenSSH can do is a problem. */
export function sshHost(configs: readonly SshConfig[], query: SshHostQuery): SshHost {
  const settings = lookUpSsh(configs, query)
  const { first } = settings
  const word = (keyword: string): string | undefined => first.get(keyword)?.value.words[0]
  const problems = [...settings.problems, ...onlyOpenssh(settings)]
  const address = withHost(word('hostname') ?? '%h', query.host)
  if (address === undefined) problems.push(badToken(settings.first.get('hostname'), 'HostName'))
  const tokens = tokensOf(query, settings, address ?? query.host)
  const expanded = settings.identityFiles.map((one) => {
    const file = expand(one.value.words[0] ?? '', tokens, query.home)
    if (file === undefined) problems.push(badToken(one, 'IdentityFile'))
    return file ?? ''
  })
  const strict = word('stricthostkeychecking')
  const jumpText = word('proxyjump')
  const interval = first.get('serveraliveinterval')?.value.number ?? 0
  return {
    ...optional('address', word('hostname') === undefined ? undefined : address),
    ...optional('port', first.get('port')?.value.number),
    ...optional('user', word('user')),
    ...optional('identityFiles', expanded.length === 0 ? undefined : expanded.filter((file) => file !== 'none')),
    identitiesOnly: word('identitiesonly') === 'yes',
    ...optional('identityAgent', word('identityagent')),
    ...optional('userKnownHostsFiles', filesOf(settings, 'userknownhostsfile')),
    ...optional('globalKnownHostsFiles', filesOf(settings, 'globalknownhostsfile')),
    ...optional('hostKeyAlias', word('hostkeyalias')),
    ...optional('connectTimeoutSeconds', first.get('connecttimeout')?.value.number || undefined),
    ...(interval === 0
      ? {}
      : { keepalive: { intervalMs: interval * 1000, countMax: first.get('serveralivecountmax')?.value.number ?? 3 } }),
    ...optional('jumps', jumpText === undefined || jumpText === 'none' ? undefined : parseJumps(jumpText)),
    ...optional('lax', strict !== undefined && LAX.has(strict) ? strict : undefined),
    problems,
  }
}

const LAX: ReadonlySet<string> = new Set(['no', 'false', 'off', 'accept-new'])

const optional = <Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value }) // sealed: one member, named by the key

const filesOf = ({ first }: SshSettings, keyword: string): readonly string[] | undefined =>
  first.get(keyword)?.value.words.filter((file) => file.toLowerCase() !== 'none')

function onlyOpenssh({ first }: SshSettings): readonly Problem[] {
  const isOff = (text: string): boolean => ['none', 'no', 'false'].includes(text.trim().toLowerCase())
  return [...first]
    .filter(
      ([keyword, { value }]) =>
        (ONLY_OPENSSH.has(keyword) || keyword === 'proxycommand') && !isOff(value.words[0] ?? ''),
    )
    .map(([keyword, { at }]) => ({
      kind: 'parameter',
      at,
      message: `the ssh2 transport has no ${keyword}`,
      hint: 'set ansible_connection: openssh for this host',
    }))
}

const badToken = (setting: { readonly at: Problem['at'] } | undefined, keyword: string): Problem => ({
  kind: 'parameter',
  ...(setting?.at ? { at: setting.at } : {}),
  message: `${keyword} holds a token that is not understood`,
  hint: keyword === 'HostName' ? 'there are %h and %%' : 'there are %d, %h, %n, %p, %r, %u and %%',
})

type Tokens = Readonly<Record<string, string>>

function tokensOf(query: SshHostQuery, { first }: SshSettings, address: string): Tokens {
  const user = query.user ?? first.get('user')?.value.words[0] ?? query.localUser
  const port = String(query.port ?? first.get('port')?.value.number ?? 22)
  return { '%': '%', d: query.home, h: address, n: query.host, p: port, r: user, u: query.localUser }
}

function expand(path: string, tokens: Tokens, home: string): string | undefined {
  const text = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
  const known = text.replaceAll(/%(.?)/g, (_, token: string) => tokens[token] ?? '\0')
  return known.includes('\0') || known.includes('${') || known.startsWith('~') ? undefined : known
}
