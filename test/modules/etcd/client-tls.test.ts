import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refuseTls, tlsReasonText } from '../../../src/modules/etcd/client-tls.ts'
import { pkiText } from '../../lab/support/etcd-tls.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'etcd-tls-'))
const file = (name: string): string => path.join(folder, name)
beforeAll(() => execFileSync('sh', ['-ec', pkiText, 'pki', folder]))
afterAll(() => rmSync(folder, { recursive: true }))

interface Asked {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly said?: string
  readonly url?: string
}

function reasonFor({
  ca = 'ca',
  cert = 'member',
  key = cert,
  said = '',
  url = 'https://127.0.0.1:2379',
}: Asked): string {
  const script = `cacert=$2/${ca}.crt; cert=$2/${cert}.crt; key=$2/${key}.key\n${tlsReasonText}\ntls_reason "$1"`
  return execFileSync('sh', ['-c', script, 'reason', url, folder], { input: said, encoding: 'utf8' }).trim()
}

// What etcdctl 3.4 says of it, among other things.
const unknownAuthority = String.raw`"error":"... desc = \"transport: authentication handshake failed: x509: certificate signed by unknown authority\""}`

describe('why TLS does not come about', () => {
  test('a file that is not there is named', () => {
    expect(reasonFor({ cert: 'none' })).toBe(`there is no ${file('none.crt')}`)
  })

  test.each([
    ['expired', /^the client certificate \S+expired\.crt \(until .* GMT\) is not valid: certificate has expired$/],
    ['other', /other\.crt .* unable to get local issuer certificate$/],
    ['server', /server\.crt .* (unsuitable|unsupported) certificate purpose$/],
  ])(
    'a client certificate that a member refuses (%s) is told, although the member only closes the connection',
    (cert, reason) => {
      expect(reasonFor({ cert, said: 'context deadline exceeded' })).toMatch(reason)
    },
  )

  test('the certificate of the member that is not accepted is told with the CA', () => {
    const reason = `the member's certificate is not accepted with the CA ${file('other-ca.crt')}: `
    expect(reasonFor({ ca: 'other-ca', said: unknownAuthority })).toBe(
      `${reason}x509: certificate signed by unknown authority`,
    )
    const said = 'curl: (60) SSL certificate problem: certificate has expired\nMore details here: ...'
    expect(reasonFor({ ca: 'other-ca', said })).toBe(`${reason}certificate has expired`)
  })

  test('a key of another certificate is told in the words of the client', () => {
    const said = 'Error: tls: private key does not match public key'
    expect(reasonFor({ key: 'other', said })).toBe(
      `the client certificate ${file('member.crt')} with the key ${file('other.key')}: tls: private key does not match public key`,
    )
  })

  test('certificates that are as they should be are no reason, and neither is anything where no TLS is spoken', () => {
    expect(reasonFor({ said: 'context deadline exceeded' })).toBe('')
    expect(reasonFor({ cert: 'none', url: 'http://127.0.0.1:2379' })).toBe('')
  })

  test('the reason is one message, with where the files come from', () => {
    const refuse = () => refuseTls('https://m:2379', [{ name: 'tls', text: 'there is no /c.crt\n' }])
    expect(refuse).toThrow('etcd cannot be asked at https://m:2379: there is no /c.crt')
    expect(() => refuseTls('https://m:2379', [{ name: 'tls', text: '' }])).not.toThrow()
  })
})
