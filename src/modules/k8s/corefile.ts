/** A Corefile that cannot be taken, with the line where that is seen. */
export class CorefileError extends Error {
  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`)
    this.name = 'CorefileError'
  }
}

/** One line of words, and what stands in braces behind them: a plugin in a server block, an option of a plugin. */
export interface Directive {
  readonly words: readonly string[]
  readonly line: number // its first, from 1
  readonly lastLine: number // that of its closing brace, where it has braces
  readonly body?: readonly Directive[] // of those with braces
}

interface Token {
  readonly text: string
  readonly line: number
  readonly quoted: boolean
}

/** The server blocks of a Corefile (the Caddyfile format of caddy v1, as CoreDNS reads it): labels, and their plugins. */
export function parseCorefile(text: string): readonly Directive[] {
  const tokens = tokensOf(text)
  const blocks: Directive[] = []
  let at = 0
  while (at < tokens.length) {
    const [block, next] = readBlock(tokens, at)
    blocks.push(block)
    at = next
  }
  return blocks
}

/** Labels may stand on several lines, the last with its brace. A Corefile of one server may leave the braces out: that is not taken. */
function readBlock(tokens: readonly Token[], from: number): readonly [Directive, number] {
  const first = tokens[from]
  let at = from
  const words: string[] = []
  for (let token = tokens[at]; token && !isBrace(token, '{'); token = tokens[++at]) {
    if (isBrace(token, '}')) throw new CorefileError('a closing brace without an opening one', token.line)
    words.push(token.text)
  }
  if (!first || !tokens[at])
    throw new CorefileError('server blocks without braces are not known here', first?.line ?? 1)
  const [body, next, lastLine] = readBody(tokens, at)
  return [{ words, line: first.line, lastLine, body }, next]
}

type Body = readonly [directives: readonly Directive[], next: number, lastLine: number]

function readBody(tokens: readonly Token[], open: number): Body {
  const directives: Directive[] = []
  let at = open + 1
  for (let token = tokens[at]; token; token = tokens[at]) {
    if (isBrace(token, '}')) return [directives, at + 1, token.line]
    if (isBrace(token, '{')) throw new CorefileError('braces without a word before them', token.line)
    const words: string[] = []
    const { line } = token
    while (tokens[at]?.line === line && !isBrace(tokens[at], '{') && !isBrace(tokens[at], '}')) {
      words.push(tokens[at]?.text ?? '')
      at += 1
    }
    if (tokens[at]?.line === line && isBrace(tokens[at], '{')) {
      const [body, next, lastLine] = readBody(tokens, at)
      directives.push({ words, line, lastLine, body })
      at = next
    } else directives.push({ words, line, lastLine: line })
  }
  throw new CorefileError('braces that are never closed', tokens[open]?.line ?? 1)
}

const isBrace = (token: Token | undefined, brace: '{' | '}'): boolean => token?.text === brace && !token.quoted

/** Words: between blanks, or in double quotes; a word that begins with # begins a comment. */
function tokensOf(text: string): readonly Token[] {
  return text.split('\n').flatMap((source, index) => {
    const tokens: Token[] = []
    const line = index + 1
    for (let rest = source.trim(); rest !== '' && !rest.startsWith('#'); rest = rest.trimStart()) {
      const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest)
      const word = quoted ?? /^[^\s"]\S*/.exec(rest)
      if (!word) throw new CorefileError('a quotation that does not end on its line', line)
      tokens.push({ text: quoted?.[1] ?? word[0], line, quoted: quoted !== null })
      rest = rest.slice(word[0].length)
    }
    return tokens
  })
}
