/** A way from this host to a port, and the first thing on it that fails. Names are those of the output. */
export type TcpPath = {
  readonly to: string
  readonly fails_at: 'name' | 'connect' | 'tls' | 'http' | 'upgrade' | null
  readonly why: string | null // one word or two, stable: see WHY in docs/modules.md
  readonly says: string // in a sentence
  readonly addresses: readonly string[] // of the name, as this host resolves it
  readonly source: string | null // address that this host sends from
  readonly status: number | null // of HTTP
  readonly known_to: 'connect' | 'http' | 'none' // how far the tools of this host can see
}

export interface ProbeWanted {
  readonly to: readonly string[]
  readonly addresses: readonly string[] // the name should have; empty: any
  readonly expect: string
}

type Failure = Pick<TcpPath, 'fails_at' | 'why' | 'says'>

const fails = (at: NonNullable<TcpPath['fails_at']>, why: string, says: string): Failure => ({
  fails_at: at,
  why,
  says,
})

/** The lines of tcpProbeText. */
export const parseTcpPaths = (text: string, wanted: ProbeWanted): readonly TcpPath[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => pathOf(line.split('\t'), wanted))
    .toSorted((a, b) => wanted.to.indexOf(a.to) - wanted.to.indexOf(b.to))

function pathOf(fields: readonly string[], wanted: ProbeWanted): TcpPath {
  const [number = '', tool = '', , names = '', source = '', , , status = ''] = fields
  const to = wanted.to[Number(number)] ?? ''
  const addresses = names === '' ? [] : names.split(',')
  const failure = failureOf(fields, { to, addresses, wanted })
  return {
    to,
    ...(failure ?? { fails_at: null, why: null, says: `${to} answers` }),
    addresses,
    source: source === '' ? null : source,
    status: /^[1-9]\d\d$/.test(status) ? Number(status) : null,
    known_to: tool === 'none' ? 'none' : tool === 'curl' ? 'http' : 'connect',
  }
}

interface Asked {
  readonly to: string
  readonly addresses: readonly string[]
  readonly wanted: ProbeWanted
}

function failureOf(fields: readonly string[], { to, addresses, wanted }: Asked): Failure | undefined {
  const [, tool = '', exit = '', , , connect = '', tls = '', status = '', answer = '', upgraded = '', said = ''] =
    fields
  const code = Number(exit)
  if (tool === 'none') return undefined
  const strange = addresses.filter((one) => !wanted.addresses.includes(one))
  if (addresses.length === 0) return fails('name', 'unknown name', `the name of ${to} does not resolve here`)
  if (wanted.addresses.length > 0 && strange.length > 0)
    return fails(
      'name',
      'wrong address',
      `the name of ${to} is ${addresses.join(', ')} here, and should be ${wanted.addresses.join(', ')}`,
    )
  if (!hasConnected({ tool, code, connect, said })) return unconnected(to, said)
  if (tool !== 'curl') return undefined
  if (code !== 0) return inTls({ to, code, tls }) ? badTls(to, said) : cut(to, code, said)
  return badAnswer(to, { status, answer, upgraded, expect: wanted.expect })
}

/** curl may say nothing of when it connected where TLS fails: then its code, or what it said, tells. */
function hasConnected({
  tool,
  code,
  connect,
  said,
}: {
  tool: string
  code: number
  connect: string
  said: string
}): boolean {
  if (tool === 'bash') return code === 0
  return Number(connect) > 0 || ![6, 7, 28].includes(code) || /TLS handshake|Client hello/i.test(said)
}

const TLS_CODES = [35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91] // libcurl-errors(3): CURLE_SSL_* and the like

const inTls = ({ to, code, tls }: { to: string; code: number; tls: string }): boolean =>
  TLS_CODES.includes(code) || (to.startsWith('https') && code === 28 && !(Number(tls) > 0))

function unconnected(to: string, said: string): Failure {
  if (/refused/i.test(said))
    return fails('connect', 'refused', `${to} refuses: nothing listens there, or a firewall answers with a reset`)
  if (/no route to host|prohibited/i.test(said))
    return fails(
      'connect',
      'rejected',
      `${to}: a machine on the way, or a firewall there, says that it may not be reached (or it is down)`,
    )
  if (/network is unreachable/i.test(said)) return fails('connect', 'no route', `this host has no route to ${to}`)
  if (/reset by peer/i.test(said)) return fails('connect', 'reset', `${to} resets the connection`)
  return fails(
    'connect',
    'no answer',
    `nothing comes back from ${to}: packets are dropped on the way there, or the answers on the way back`,
  )
}

/** The words of OpenSSL, GnuTLS and NSS, as curl prints them. */
const TLS_WORDS = [
  [/certificate has expired|certificate.* expired/i, 'expired', 'its certificate has expired'],
  [/not yet valid|not activated/i, 'not yet valid', 'its certificate is not valid yet: is a clock wrong?'],
  [
    /subject name|does not match target host|hostname mismatch|alternative certificate/i,
    'wrong name',
    'its certificate is for another name',
  ],
  [
    /self.signed|local issuer|unknown issuer|issuer is not|unknown ca|not trusted/i,
    'unknown issuer',
    'nobody here knows who issued its certificate',
  ],
  [/wrong version number|packet length|unrecognized/i, 'no TLS', 'what listens there does not speak TLS'],
  [
    /error setting certificate|CAfile|trust anchors/i,
    'no certificates',
    'the file of certificates to check it with cannot be read',
  ],
  [/timed out/i, 'no answer', 'it takes the connection and does not begin TLS'],
  [/reset by peer|SSL_ERROR_SYSCALL|unexpected eof/i, 'reset', 'the connection is cut while TLS begins'],
] as const

function badTls(to: string, said: string): Failure {
  const found = TLS_WORDS.find(([pattern]) => pattern.test(said))
  return fails('tls', found?.[1] ?? 'failed', `${to}: ${found?.[2] ?? 'TLS cannot be begun'}`)
}

function cut(to: string, code: number, said: string): Failure {
  if (code === 28) return fails('http', 'no answer', `${to} takes the connection and does not answer`)
  return /reset by peer/i.test(said)
    ? fails('http', 'reset', `${to} resets the connection when it is asked`)
    : fails('http', 'cut', `${to} ends the connection without an answer (curl ${code})`)
}

function badAnswer(
  to: string,
  { status, answer, upgraded, expect }: { status: string; answer: string; upgraded: string; expect: string },
): Failure | undefined {
  if (/^50[234]$/.test(status))
    return fails('http', 'behind it', `${to} answers ${status}: it cannot reach what is behind it`)
  if (!/^2/.test(status)) return fails('http', `status ${status}`, `${to} answers ${status}`)
  if (answer === 'no')
    return fails('http', 'wrong answer', `${to} answers, but not "${expect}": something else listens there`)
  // Asked without credentials, what is behind it may say so: the upgrade has arrived.
  return upgraded === '-' || ['101', '401', '403'].includes(upgraded)
    ? undefined
    : fails(
        'upgrade',
        'not passed on',
        `${to} does not pass a websocket on (${upgraded === '' ? 'no answer' : upgraded})`,
      )
}
