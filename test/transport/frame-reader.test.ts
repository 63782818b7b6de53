import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameReader } from '../../src/transport/frame-reader.ts'

const nonce = '0123456789abcdef0123456789abcdef'
const mark = (index: number, code: number): Buffer => Buffer.from(`\n${nonce} ${index} ${code}\n`)

/** Everything that is read, with neighbouring bytes joined. */
function read(chunks: readonly Uint8Array[]): (string | readonly [number, number])[] {
  const seen: (string | readonly [number, number])[] = []
  const reader = createFrameReader(nonce, {
    bytes: (chunk) => {
      const last = seen.at(-1)
      const text = chunk.toString('latin1')
      if (typeof last === 'string') seen[seen.length - 1] = last + text
      else seen.push(text)
    },
    mark: (index, code) => seen.push([index, code]),
  })
  for (const chunk of chunks) reader(Buffer.from(chunk))
  return seen
}

const almostMarks = [
  `\n${nonce}`,
  `\n${nonce.slice(0, 31)} 1 0\n`,
  `x${nonce} 1 0\n`,
  `\n\n\n${nonce.slice(0, 5)}`,
  `\n${nonce} x 0\n`,
  `\n${nonce} 1 0 0\n`,
  `\n${nonce} ${'9'.repeat(40)}`,
  '\n',
]
const output = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.array(fc.constantFrom(...almostMarks), { maxLength: 5 }).map((texts) => Buffer.from(texts.join(''))),
)

test('frames come out the same whatever the chunks, and output comes out byte for byte', () => {
  fc.assert(
    fc.property(fc.array(output, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat(60)), (outputs, cuts) => {
      const all = Buffer.concat(outputs.flatMap((bytes, index) => [bytes, mark(index, index * 7)]))
      const chunks: Buffer[] = []
      for (let at = 0; at < all.length; ) {
        const length = cuts.next().value ?? 1
        chunks.push(all.subarray(at, at + length))
        at += length
      }
      const expected = outputs.flatMap((bytes, index) => {
        const text = bytes.toString('latin1')
        const frame = [index, index * 7] as const
        return text === '' ? [frame] : [text, frame]
      })
      expect(read(chunks)).toEqual(expected)
    }),
    { numRuns: 1000 },
  )
})

test('bytes that cannot begin a mark are passed on at once, for people who watch', () => {
  expect(read([Buffer.from('50 %\r')])).toEqual(['50 %\r'])
  expect(read([Buffer.from('line\nmore')])).toEqual(['line\nmore'])
  expect(read([Buffer.from('line\n')])).toEqual(['line'])
})

test('a line is known to end before anything comes after it', () => {
  const seen: string[] = []
  const reader = createFrameReader(nonce, {
    bytes: (chunk) => seen.push(chunk.toString()),
    mark: () => seen.push('mark'),
    lineEnd: () => seen.push('line end'),
  })
  for (const chunk of ['one\n', 'two\n', `\n${nonce} 1 0\n`]) reader(Buffer.from(chunk))
  expect(seen).toEqual(['one', 'line end', '\ntwo', 'line end', '\n', 'mark'])
})

test('what looks like a mark but has no numbers is output', () => {
  const text = `\n${nonce} 99999999999999999999999 0\n`
  expect(read([Buffer.from(text), mark(3, 255)])).toEqual([text, [3, 255]])
})
