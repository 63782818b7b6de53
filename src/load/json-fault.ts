const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null))/y

/** What may stand next: a value, the key of a member, the colon behind it, or what follows a value. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'next'

/** The offset of the first character that is no JSON (RFC 8259), for a text that JSON.parse refused: it tells no place. */
export function jsonFaultAt(text: string): number {
  const open: string[] = []
  let expected: Expected = 'value'
  for (let at = 0; ; ) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    const [, mark, quoted] = match ?? []
    const start = at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0)
    const next: Expected | undefined = match ? after({ expected, mark, isText: quoted !== undefined, open }) : undefined
    if (next === undefined) return Math.min(start, text.length)
    expected = next
    at = TOKEN.lastIndex
  }
}

interface Step {
  readonly expected: Expected
  readonly mark: string | undefined
  readonly isText: boolean
  readonly open: string[] // brackets that must still be closed
}

function after({ expected, mark, isText, open }: Step): Expected | undefined {
  const inObject = open.at(-1) === '{'
  if (mark === '{' || mark === '[') {
    if (!expected.startsWith('value')) return undefined
    open.push(mark)
    return mark === '{' ? 'key or }' : 'value or ]'
  }
  if (mark === '}' || mark === ']') {
    const closes = mark === '}' ? expected === 'key or }' : expected === 'value or ]'
    if (inObject !== (mark === '}') || !(closes || expected === 'next') || open.length === 0) return undefined
    open.pop()
    return 'next'
  }
  if (mark === ':') return expected === 'colon' ? 'value' : undefined
  if (mark === ',') {
    if (expected !== 'next' || open.length === 0) return undefined
    return inObject ? 'key' : 'value'
  }
  if (expected.startsWith('key')) return isText ? 'colon' : undefined
  return expected.startsWith('value') ? 'next' : undefined
}
