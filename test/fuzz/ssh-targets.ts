import { parseSshConfig } from '../../src/load/ssh-config.ts'
import { sshHost } from '../../src/load/ssh-host.ts'
import { createFrameReader } from '../../src/transport/frame-reader.ts'
import { lookUp, parseKnownHosts } from '../../src/transport/known-hosts.ts'
import { answers, checkPlaces, Finding } from './check.ts'
import { keptInputs } from './corpus.ts'
import type { Target } from './target.ts'

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIGJhc2U2NCBvZiAzMiBieXRlcyBmb3IgYSB0ZXN0IQ=='

export const knownHostsTarget: Target = {
  name: 'known-hosts',
  seeds: () => [
    Buffer.from(
      `web,*.example,!x.example,[web]:22 ssh-ed25519 ${KEY} a comment\n@cert-authority *.a ssh-ed25519 ${KEY}\n`,
    ),
    Buffer.from(`# x\n@revoked\tweb ssh-ed25519 ${KEY}\n|1|c2FsdA==|aGFzaA== ssh-ed25519 ${KEY}\n`),
    ...keptInputs('known-hosts'),
  ],
  words: [
    '@revoked ',
    '@cert-authority ',
    '|1|',
    '|',
    'ssh-ed25519 ',
    KEY,
    '*',
    '?',
    '!',
    ',',
    '[',
    ']:22',
    '\t',
    '\r\n',
    '=',
    '\0',
  ],
  run: (input) => {
    const text = input.toString()
    const entries = answers(() => parseKnownHosts(text, 'f')) ?? []
    const lines = text.split('\n').length
    if (entries.some(({ line }) => line < 1 || line > lines)) throw new Finding('a line that is not there')
    for (const [host, port] of [
      ['web', 22],
      ['a'.repeat(200), 2222],
      ['::1', 22],
      ['*', 1],
    ] as const) {
      const found = answers(() => lookUp(entries, host, port))
      const known = found ? [...found.keys, ...found.authorities, ...found.revoked] : []
      if (known.some((one) => !entries.includes(one))) throw new Finding('a key from nowhere')
    }
  },
}

export const sshConfigTarget: Target = {
  name: 'ssh-config',
  seeds: () => [
    Buffer.from(
      'Host a *.b !c\n  HostName %h.example\n  Port 22\n  IdentityFile "~/.ssh/id %r"\n  ProxyJump u@j:22,k\n',
    ),
    Buffer.from(
      'Match host a,b exec "x" !user root\n  User = me\nMatch final all\nInclude conf.d/*\nIgnoreUnknown X*\nXy z\n',
    ),
    Buffer.from(
      'UserKnownHostsFile=/dev/null\nStrictHostKeyChecking no\nServerAliveInterval 5\nConnectTimeout 1h30m\n',
    ),
    ...keptInputs('ssh-config'),
  ],
  words: [
    ...[
      'Host ',
      'Match ',
      'Include ',
      'all',
      'final',
      'canonical',
      'exec "',
      'originalhost ',
      'localuser ',
      'tagged ',
      '!',
      '*',
      '?',
      ',',
    ],
    ...[
      'HostName ',
      'Port ',
      'User ',
      'IdentityFile ',
      'IdentitiesOnly ',
      'IdentityAgent ',
      'ProxyJump ',
      'ProxyCommand ',
      'HostKeyAlias ',
    ],
    ...[
      '%h',
      '%%',
      '%d',
      '%n',
      '%Z',
      '~/',
      '${HOME}',
      '"',
      "'",
      '\\',
      '=',
      '#',
      'none',
      'yes',
      '1h',
      '65536',
      '\t',
      '\r\n',
      '\0',
      'IgnoreUnknown ',
    ],
  ],
  run: (input) => {
    const text = input.toString()
    const parsed = answers(() =>
      parseSshConfig('f', text, (pattern) => (pattern === 'conf.d/*' ? [{ file: 'g', text: text.slice(0, 300) }] : [])),
    )
    if (!parsed) throw new Finding('problems were thrown instead of told')
    if (!parsed.ok) checkPlaces(parsed.problems, 'f', text)
    else
      for (const host of ['a', 'x.b', '-o', '%h'])
        answers(() => sshHost([parsed.value], { host, localUser: 'me', home: '/h' }))
  },
}

const NONCE = '0123456789abcdef0123456789abcdef'

/** What a stream gives, with neighbouring bytes joined. */
function frames(chunks: readonly Buffer[]): readonly string[] {
  const seen: string[] = []
  const read = createFrameReader(NONCE, {
    bytes: (chunk) => {
      const last = seen.at(-1)
      if (last?.startsWith('>')) seen[seen.length - 1] = last + chunk.toString('latin1')
      else seen.push(`>${chunk.toString('latin1')}`)
    },
    mark: (index, code) => seen.push(`${index} ${code}`),
  })
  for (const chunk of chunks) read(chunk)
  read(Buffer.from('\n\n')) // lets go of what was held back
  return seen
}

/** The same read at once and in pieces, and by a regular expression over the whole. */
export const framesTarget: Target = {
  name: 'frames',
  seeds: () => [
    Buffer.from(`out\n${NONCE} 0 17\nmore\n${NONCE} 1 255\n`),
    Buffer.from(`\n${NONCE} 99999999999 0\n\n\n${NONCE}\n${NONCE} 1 1\n`),
    ...keptInputs('frames'),
  ],
  words: ['\n', `\n${NONCE} `, `\n${NONCE} 1 0\n`, NONCE, NONCE.slice(0, 20), ' 1 0\n', '9999999999', '\0', '\xff'],
  run: (input) => {
    const size = 1 + (input[0] ?? 0)
    const pieces = Array.from({ length: Math.ceil(input.length / size) }, (_, at) =>
      input.subarray(at * size, (at + 1) * size),
    )
    const whole = frames([input])
    if (frames(pieces).join('\n') !== whole.join('\n')) throw new Finding('other frames in pieces than at once')
    const marks = [
      ...`${input.toString('latin1')}\n\n`.matchAll(new RegExp(`\\n${NONCE} (\\d{1,10}) (\\d{1,10})\\n`, 'g')),
    ]
    const expected = marks.map(([, index, code]) => `${Number(index)} ${Number(code)}`)
    const found = whole.filter((one) => !one.startsWith('>'))
    if (found.join() !== expected.join()) throw new Finding(`frames ${found.join()}, expected ${expected.join()}`)
  },
}
