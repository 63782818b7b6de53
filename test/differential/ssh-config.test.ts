import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { lookUpSsh, parseSshConfig, type SshSettings, withHost } from '../../src/load/ssh-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-ssh-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'config')
const localUser = userInfo().username
const home = userInfo().homedir

const label = fc.constantFrom('a', 'ab', 'web1', 'web2', 'db', 'A', 'x.y')
const pattern = fc
  .tuple(fc.constantFrom('', '', '', '!'), label, fc.constantFrom('same', 'same', 'star', 'mark', 'all'))
  .map(([negation, text, how]) => {
    if (how === 'star') return `${negation}${text[0]}*`
    if (how === 'mark') return `${negation}${text.slice(0, -1)}?`
    return how === 'all' ? `${negation}*` : `${negation}${text}`
  })
const list = fc.array(pattern, { minLength: 1, maxLength: 3 })
const user = fc.constantFrom('joe', 'ops', 'root', 'a.b')
const criterion = fc.oneof(
  list.map((patterns) => `host ${patterns.join(',')}`),
  list.map((patterns) => `originalhost ${patterns.join(',')}`),
  fc.constantFrom('joe', 'ops,!joe', 'r*', '*').map((name) => `user ${name}`),
  fc.constantFrom(localUser, 'nobody').map((name) => `localuser ${name}`),
  user.map((name) => `!user ${name}`),
)
const block = fc.oneof(
  { weight: 4, arbitrary: list.map((patterns) => `Host ${patterns.join(' ')}`) },
  { weight: 3, arbitrary: fc.array(criterion, { minLength: 1, maxLength: 2 }).map((all) => `Match ${all.join(' ')}`) },
  fc.constantFrom(
    'Match all',
    'match ALL',
    'Match all user joe',
    'Match user',
    'Match nonsense x',
    'Host "a" \'db\' # db',
  ),
)
const path = fc.constantFrom('~/.ssh/k1', '/k2', 'rel/k3', '~/k_%h_%r', '"/with blank/k"', 'none', '/k%%4')
const time = fc.constantFrom('5', '1m', '1h30m', '90s', 'none', '0', 'soon', '-1', '')
const setting = fc.oneof(
  user.map((name) => `User ${name}`),
  fc.constantFrom('h1', 'H.%h', '%h.example', '10.0.0.1', '%%x').map((name) => `HostName ${name}`),
  fc.constantFrom('22', '2222', '"2022"', '0', '65536', 'ssh', '22 23').map((port) => `Port ${port}`),
  path.map((one) => `IdentityFile ${one}`),
  fc.constantFrom('yes', 'no', 'TRUE', 'maybe').map((said) => `IdentitiesOnly ${said}`),
  fc
    .constantFrom('j1', 'u@j1:2222', 'j1,u@j2', 'none', '[::1]:22', 'ssh://u@j1:2', 'j1:x', 'j1,', '@j1')
    .map((jump) => `ProxyJump ${jump}`),
  fc.constantFrom('none', 'nc %h %p', 'sh -c "nc \'%h\'"').map((command) => `ProxyCommand ${command}`),
  fc.constantFrom('~/known', '/a /b', '"/with blank"', 'none', 'none /a').map((one) => `UserKnownHostsFile ${one}`),
  fc.constantFrom('/g1 /g2', 'none').map((one) => `GlobalKnownHostsFile ${one}`),
  fc.constantFrom('yes', 'no', 'ask', 'accept-new', 'off', 'never').map((one) => `StrictHostKeyChecking ${one}`),
  fc.constantFrom('alias', 'other').map((one) => `HostKeyAlias ${one}`),
  time.map((one) => `ConnectTimeout ${one}`),
  time.map((one) => `ServerAliveInterval ${one}`),
  fc.constantFrom('1', '0', '7', 'x').map((one) => `ServerAliveCountMax ${one}`),
)
const noise = fc.constantFrom('', '# comment', '  ', '\t# x', 'Compression yes', 'LogLevel ERROR', 'Usr joe')
const spelled = fc
  .tuple(
    setting,
    fc.constantFrom('', '  ', '\t'),
    fc.constantFrom(' ', ' ', '=', ' = ', '\t'),
    fc.constantFrom('', ' ', ' # c', '\r'),
  )
  .map(
    ([text, indent, gap, end]) =>
      // behind a ProxyJump OpenSSH takes a comment for a part of the host's name; we do not
      `${indent}${text.replace(' ', gap)}${text.startsWith('ProxyJump') ? '' : end}`,
  )
const cased = spelled.map((text) =>
  text.replace(/[A-Z][A-Za-z]+/, (word) => (word.length % 2 === 0 ? word.toLowerCase() : word)),
)
const line = fc.oneof(
  { weight: 3, arbitrary: block },
  { weight: 10, arbitrary: cased },
  { weight: 1, arbitrary: noise },
)
const ignoring = fc.constantFrom<readonly string[]>([], [], ['IgnoreUnknown Us*'])
const config = fc
  .tuple(ignoring, fc.array(line, { minLength: 1, maxLength: 10 }))
  .map(([ignored, lines]) => [...ignored, ...lines])

/** What is compared: the words of OpenSSH's own print-out. */
type Shown = Readonly<Record<string, string | readonly string[] | undefined>>

function openssh(host: string): Shown | 'refused' {
  const { status, stdout } = spawnSync('ssh', ['-G', '-F', file, '--', host], { encoding: 'utf8' })
  if (status !== 0) return 'refused'
  const all = (keyword: string): readonly string[] =>
    stdout.split('\n').flatMap((one) => (one.startsWith(`${keyword} `) ? [one.slice(keyword.length + 1)] : []))
  const shown: Record<string, string | readonly string[] | undefined> = {}
  for (const keyword of COMPARED) shown[keyword] = all(keyword)[0]
  const identities = all('identityfile')
  return { ...shown, identityfile: identities.some((one) => one === '~/.ssh/id_rsa') ? [] : identities }
}

const COMPARED = [
  ...['user', 'hostname', 'port', 'identitiesonly', 'proxyjump', 'proxycommand', 'stricthostkeychecking'],
  ...[
    'hostkeyalias',
    'connecttimeout',
    'serveraliveinterval',
    'serveralivecountmax',
    'userknownhostsfile',
    'globalknownhostsfile',
  ],
]

function ours(text: string, host: string): Shown | 'refused' {
  const config = parseSshConfig(file, text, () => [])
  if (!config.ok) return 'refused'
  const settings = lookUpSsh([config.value], { host, localUser })
  expect(settings.problems).toEqual([])
  const said = (keyword: string) => settings.first.get(keyword)?.value.words.join(' ')
  const hostName = withHost(said('hostname') ?? '%h', host)
  if (hostName === undefined) return 'refused'
  const jump = said('proxyjump')
  const command = said('proxycommand')
  return {
    user: said('user') ?? localUser,
    hostname: hostName.toLowerCase(),
    port: said('port') ?? '22',
    identitiesonly: said('identitiesonly') ?? 'no',
    proxyjump: jump === 'none' ? undefined : jump?.replace('ssh://', ''),
    proxycommand: command === 'none' ? undefined : command,
    stricthostkeychecking: strictText(said('stricthostkeychecking') ?? 'ask'),
    hostkeyalias: said('hostkeyalias'),
    connecttimeout: timeText(settings, 'connecttimeout', 'none'),
    serveraliveinterval: timeText(settings, 'serveraliveinterval', '0'),
    serveralivecountmax: said('serveralivecountmax') ?? '3',
    userknownhostsfile:
      said('userknownhostsfile')?.replaceAll('~/', `${home}/`) ?? `${home}/.ssh/known_hosts ${home}/.ssh/known_hosts2`,
    globalknownhostsfile: said('globalknownhostsfile') ?? '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2',
    identityfile: settings.identityFiles.map(({ value }) => value.words[0] ?? ''),
  }
}

const strictText = (said: string): string => ({ yes: 'true', no: 'false', off: 'false' })[said] ?? said

const timeText = ({ first }: SshSettings, keyword: string, otherwise: string): string =>
  String(first.get(keyword)?.value.number ?? otherwise)

it('1,500 generated configs say of a host what ssh -G says, or are refused by both', () => {
  let [accepted, refused] = [0, 0]
  fc.assert(
    fc.property(config, label, (lines, host) => {
      const text = lines.map((one) => `${one}\n`).join('')
      writeFileSync(file, text, { mode: 0o600 })
      const [theirs, mine] = [openssh(host), ours(text, host)]
      expect(mine, text).toEqual(theirs)
      if (theirs === 'refused') refused += 1
      else accepted += 1
    }),
    { numRuns: 1500 },
  )
  expect(Math.min(accepted, refused)).toBeGreaterThan(200) // else the generator misses the point
})
