import { expect, test } from 'vitest'
import { parseAnswer } from '../../../src/modules/net/http-answer.ts'

const from = (stdout: string, stderr = '', limitBytes = 100) =>
  parseAnswer({ stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }, limitBytes)

test('the header block after 1xx answers and a proxy is the one that counts', () => {
  const text =
    'curl\nHTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/2 404 \r\nA: b\r\n\r\nHTTP/1.1 200 x'
  expect(from(text)).toEqual({ kind: 'answer', status: 404, body: 'HTTP/1.1 200 x', isWhole: true })
})

test('wget tells the status apart from the body', () => {
  expect(from('wget\nHTTP/1.1 200 x', '  HTTP/1.1 503 Busy\n  Server: x\n')).toMatchObject({ status: 503 })
})

test('a body beyond the limit is cut and said to be', () => {
  expect(from('curl\nHTTP/1.1 200 OK\r\n\r\n12345', '', 4)).toMatchObject({ body: '1234', isWhole: false })
})

test('without an answer the last thing said is told', () => {
  expect(from('curl\n', 'curl: (7) Failed to connect\n')).toEqual({
    kind: 'silence',
    said: 'curl: (7) Failed to connect',
  })
})
