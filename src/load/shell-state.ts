/**
 * How far a shell reads a text: in which quotes, comment or here-document its end stands. Enough of POSIX sh to know
 * where a quoted word is one word; where it is not sure it says so and the value is refused there.
 */
export interface ShellState {
  readonly kind:
    | 'plain'
    | 'single'
    | 'double'
    | 'backquote'
    | 'arithmetic'
    | 'comment'
    | 'heredoc'
    | 'escaped'
    | 'dollar'
  readonly heredocs: readonly string[] // words of the here-documents that begin on the next line, or that we are in
  readonly wordStart: boolean // a `#` here would begin a comment
}

export const SHELL_START: ShellState = { kind: 'plain', heredocs: [], wordStart: true }

/** Why a quoted word cannot stand here; undefined where it can. */
export function whyNoWord(state: ShellState): string | undefined {
  return {
    plain: undefined,
    single: "inside '...'",
    double: 'inside "..."',
    backquote: 'inside `...`',
    arithmetic: 'inside $((...))',
    comment: 'in a comment, which a line break in the value would end',
    heredoc: 'in a here-document, where quotes do not protect',
    escaped: 'right behind a backslash',
    dollar: 'right behind a $',
  }[state.kind]
}

/** The state behind one more piece of text. */
export function advanceShell(state: ShellState, text: string): ShellState {
  let at: ShellState = state
  let rest = text
  while (rest !== '') {
    const [next, length] = step(at, rest)
    at = next
    rest = rest.slice(length)
  }
  return at
}

/** Behind a value: no word begins here. */
export const behindWord = (state: ShellState): ShellState => ({ ...state, wordStart: false })

type Step = readonly [ShellState, number]

function step(state: ShellState, rest: string): Step {
  switch (state.kind) {
    case 'single':
      return inside(state, rest, "'")
    case 'double':
      return rest.startsWith('\\') ? [state, 2] : inside(state, rest, '"')
    case 'backquote':
      return rest.startsWith('\\') ? [state, 2] : inside(state, rest, '`')
    case 'arithmetic':
      return inside(state, rest, '))')
    case 'comment':
      return inside(state, rest, '\n')
    case 'heredoc':
      return inHeredoc(state, rest)
    case 'escaped':
      return [{ ...state, kind: 'plain', wordStart: false }, 1]
    case 'dollar':
      return rest.startsWith('((')
        ? [{ ...state, kind: 'arithmetic' }, 2]
        : plainStep({ ...state, kind: 'plain' }, rest)
    case 'plain':
      return plainStep(state, rest)
  }
}

const inside = (state: ShellState, rest: string, end: string): Step => {
  if (!rest.startsWith(end)) return [state, 1]
  return end === '\n' ? lineEnd(state) : [{ ...state, kind: 'plain', wordStart: false }, end.length]
}

const QUOTES: Readonly<Record<string, ShellState['kind']>> = {
  "'": 'single',
  '"': 'double',
  '`': 'backquote',
  '\\': 'escaped',
  $: 'dollar',
}

/** The word may be in quotes, which say that nothing in the document is expanded. */
const HEREDOC = /^<<-?[ \t]*(?:'([^']*)'|"([^"]*)"|\\?([^\s'"<>|;&()\\]+))/

function plainStep(state: ShellState, rest: string): Step {
  const character = rest.charAt(0)
  const quote = QUOTES[character]
  if (quote) return [{ ...state, kind: quote, wordStart: false }, 1]
  if (character === '#' && state.wordStart) return [{ ...state, kind: 'comment' }, 1]
  if (character === '\n') return lineEnd(state)
  const heredoc = rest.startsWith('<<<') ? null : HEREDOC.exec(rest)
  if (heredoc) {
    const word = heredoc[1] ?? heredoc[2] ?? heredoc[3] ?? ''
    return [{ ...state, heredocs: [...state.heredocs, word], wordStart: false }, heredoc[0].length]
  }
  if (rest.startsWith('<<<')) return [{ ...state, wordStart: false }, 3]
  return [{ ...state, wordStart: /[\s;&|()]/.test(character) }, 1]
}

const lineEnd = (state: ShellState): Step => [
  { ...state, kind: state.heredocs.length > 0 ? 'heredoc' : 'plain', wordStart: true },
  1,
]

function inHeredoc(state: ShellState, rest: string): Step {
  const [word, ...others] = state.heredocs
  const line = rest.split('\n', 1)[0] ?? ''
  if (state.wordStart && line.replace(/^\t+/, '') === word && rest.length > line.length) {
    return [{ kind: others.length > 0 ? 'heredoc' : 'plain', heredocs: others, wordStart: true }, line.length + 1]
  }
  return [{ ...state, wordStart: rest.startsWith('\n') }, 1]
}
