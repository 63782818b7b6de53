import { expect, test } from 'vitest'
import { parseTcpPaths } from '../../../src/modules/net/tcp-path.ts'

interface Said {
  readonly tool?: string
  readonly code: number
  readonly connect?: string
  readonly tls?: string
  readonly status?: string
  readonly answer?: string
  readonly upgraded?: string
  readonly said?: string
}

const to = 'https://rancher.lab/ping'
const failure = ({
  tool = 'curl',
  code,
  connect = '0.001',
  tls = '0.000',
  status = '000',
  answer = '-',
  upgraded = '-',
  said = '',
}: Said) => {
  const line = ['0', tool, String(code), '10.0.0.1', '10.0.0.9', connect, tls, status, answer, upgraded, said].join(
    '\t',
  )
  const [path] = parseTcpPaths(`${line}\n`, { to: [to], addresses: [], expect: 'pong' })
  return path && [path.fails_at, path.why]
}

// What curl 7.29 (RHEL 7), 7.88 and 8 say with OpenSSL, NSS or GnuTLS, and bash.
test.each<readonly [Said, readonly [string | null, string | null]]>([
  [
    { code: 7, connect: '0.000', said: '* connect to 10.0.0.1 port 443 failed: Connection refused' },
    ['connect', 'refused'],
  ],
  [
    { code: 7, connect: '0.000', said: '* connect to 10.0.0.1 port 443 failed: No route to host' },
    ['connect', 'rejected'],
  ],
  [
    { code: 7, connect: '0.000', said: '* Immediate connect fail for 10.0.0.1: Network is unreachable' },
    ['connect', 'no route'],
  ],
  [{ code: 28, connect: '0.000', said: '* Connection timed out after 3001 milliseconds' }, ['connect', 'no answer']],
  [
    { code: 28, connect: '0.000', said: '* TLSv1.3 (OUT), TLS handshake, Client hello (1): * Connection timed out' },
    ['tls', 'no answer'],
  ],
  [{ code: 60, connect: '0.000', said: '* SSL certificate problem: certificate has expired' }, ['tls', 'expired']],
  [{ code: 60, said: "* Server certificate: * Peer's Certificate has expired." }, ['tls', 'expired']],
  [{ code: 60, said: '* SSL certificate problem: certificate is not yet valid' }, ['tls', 'not yet valid']],
  [
    { code: 60, said: '* SSL: no alternative certificate subject name matches target host name' },
    ['tls', 'wrong name'],
  ],
  [{ code: 60, said: '* SSL certificate problem: unable to get local issuer certificate' }, ['tls', 'unknown issuer']],
  [{ code: 60, said: '* SSL certificate problem: self-signed certificate' }, ['tls', 'unknown issuer']],
  [{ code: 35, said: '* error:0A00010B:SSL routines::wrong version number' }, ['tls', 'no TLS']],
  [{ code: 35, said: '* OpenSSL SSL_connect: Connection reset by peer' }, ['tls', 'reset']],
  [{ code: 77, said: '* error setting certificate file: /nowhere' }, ['tls', 'no certificates']],
  [{ code: 52, tls: '0.01', said: '* Empty reply from server' }, ['http', 'cut']],
  [{ code: 56, tls: '0.01', said: '* Recv failure: Connection reset by peer' }, ['http', 'reset']],
  [{ code: 28, tls: '0.01', said: '* Operation timed out' }, ['http', 'no answer']],
  [{ code: 0, tls: '0.01', status: '502' }, ['http', 'behind it']],
  [{ code: 0, tls: '0.01', status: '404' }, ['http', 'status 404']],
  [{ code: 0, tls: '0.01', status: '200', answer: 'no' }, ['http', 'wrong answer']],
  [{ code: 0, tls: '0.01', status: '200', answer: 'yes', upgraded: '400' }, ['upgrade', 'not passed on']],
  [{ code: 0, tls: '0.01', status: '200', answer: 'yes', upgraded: '401' }, [null, null]],
  [{ code: 0, tls: '0.01', status: '200', answer: 'yes', upgraded: '101' }, [null, null]],
  [{ tool: 'bash', code: 1, said: 'bash: line 1: connect: Connection refused' }, ['connect', 'refused']],
  [{ tool: 'bash', code: 124 }, ['connect', 'no answer']],
  [{ tool: 'bash', code: 0 }, [null, null]],
  [{ tool: 'none', code: 127 }, [null, null]],
])('of what curl or bash says, the first thing that fails is told: %j', (said, wanted) => {
  expect(failure(said)).toEqual(wanted)
})
