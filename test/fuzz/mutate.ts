/** Numbers below `limit`, the same for the same seed (mulberry32). */
export type Random = (limit: number) => number

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, limit)) | 0
  }
}

interface Mutation {
  readonly input: Buffer
  readonly other: Buffer // another input of the corpus
  readonly words: readonly string[]
  readonly random: Random
}

const MOST_BYTES = 64 * 1024

/** One to six changes, small ones more often: bytes, words of the language, lines, pieces of another input, repetitions. */
export function mutate(mutation: Mutation): Buffer {
  const times = 1 + mutation.random(mutation.random(6) + 1)
  let { input } = mutation
  for (let time = 0; time < times; time += 1) {
    const change = (mutation.random(40) === 0 ? flood : CHANGES[mutation.random(CHANGES.length)]) ?? flipBit
    input = change({ ...mutation, input }).subarray(0, MOST_BYTES)
  }
  return input
}

type Change = (mutation: Mutation) => Buffer

const cut = ({ input, random }: Mutation): readonly [number, number] => {
  const from = random(input.length + 1)
  return [from, Math.min(input.length, from + random(random(8) === 0 ? input.length + 1 : 12))]
}
const joined = (...parts: readonly (Buffer | string)[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part)))

const flipBit: Change = ({ input, random }) => {
  const copy = Buffer.from(input)
  if (copy.length > 0) copy[random(copy.length)] = random(256)
  return copy
}

const drop: Change = (mutation) => {
  const [from, to] = cut(mutation)
  return joined(mutation.input.subarray(0, from), mutation.input.subarray(to))
}

const repeat: Change = (mutation) => {
  const { input, random } = mutation
  const [from, to] = cut(mutation)
  const times = random(6) === 0 ? random(2000) : random(4)
  const piece = input.subarray(from, to).toString('latin1').repeat(times).slice(0, MOST_BYTES)
  return joined(input.subarray(0, to), Buffer.from(piece, 'latin1'), input.subarray(to))
}

/** One character or word for a whole line and more: what tries again at each of them never ends. */
const flood: Change = ({ input, words, random }) => {
  const at = random(input.length + 1)
  const piece = random(2) === 0 ? input.subarray(at, at + 1).toString('latin1') : (words[random(words.length)] ?? '')
  const many = random(4) === 0 ? MOST_BYTES / 2 : 2000
  const text = piece === '' ? '' : piece.repeat(Math.ceil(many / piece.length))
  return joined(input.subarray(0, at), text, input.subarray(at))
}

const insertWord: Change = ({ input, words, random }) => {
  const at = random(input.length + 1)
  return joined(input.subarray(0, at), words[random(words.length)] ?? '', input.subarray(at))
}

/** In the place of a whole word: keeps the shape, changes what is said. */
const replaceWord: Change = ({ input, words, random }) => {
  const text = input.toString('latin1')
  const found = [...text.matchAll(/[\w.$-]+/g)]
  const word = found[random(found.length)]
  if (!word) return input
  const [from, to] = [word.index, word.index + word[0].length]
  return joined(input.subarray(0, from), words[random(words.length)] ?? '', input.subarray(to))
}

const splice: Change = (mutation) => {
  const [from, to] = cut(mutation)
  const [begin, end] = cut({ ...mutation, input: mutation.other })
  return joined(mutation.input.subarray(0, from), mutation.other.subarray(begin, end), mutation.input.subarray(to))
}

const changeLines: Change = ({ input, other, random }) => {
  const lines = input.toString('latin1').split('\n')
  const at = random(lines.length)
  const line = lines[at] ?? ''
  const others = other.toString('latin1').split('\n')
  const options: readonly (() => readonly string[])[] = [
    () => [],
    () => [line, line],
    () => [`  ${line}`],
    () => [line.replace(/^ {1,2}/, '')],
    () => [line, others[random(others.length)] ?? ''],
    () => [lines[random(lines.length)] ?? '', line],
    () => [line.replace(/[:=].*/, (rest) => rest[0] ?? '')],
  ]
  lines.splice(at, 1, ...(options[random(options.length)]?.() ?? []))
  return Buffer.from(lines.join('\n'), 'latin1')
}

const NUMBERS = ['0', '-1', '1e999', '9007199254740993', '0x7f', '0777', '65536', '.5', '1e-400', '4294967296', 'NaN']

const changeNumber: Change = ({ input, random }) => {
  const found = [...input.toString('latin1').matchAll(/\d+/g)]
  const number = found[random(found.length)]
  if (!number) return input
  const to = number.index + number[0].length
  return joined(input.subarray(0, number.index), NUMBERS[random(NUMBERS.length)] ?? '', input.subarray(to))
}

const CHANGES: readonly Change[] = [
  ...[flipBit, drop, drop, repeat, repeat, insertWord, insertWord],
  ...[replaceWord, replaceWord, splice, splice, changeLines, changeLines, changeNumber],
]
