type Frame = 'base' | 'sub' | 'single' | 'double' | 'brace' | 'backquote' | 'arithmetic' | 'comment' | 'heredoc'

/**
 * How far a shell reads a text: in which quotes, comment or here-document its end stands. It knows as much of POSIX sh
 * as it takes to say where a quoted word is one word; where it would need more, it is unsure from there on, and values
 * are refused.
 */
export interface ShellState {
  readonly frames: readonly Frame[] // what is open, the innermost last
  readonly heredocs: readonly string[] // words of the here-documents that begin on the next line, or that we are in
  readonly wordStart: boolean // a `#` here would begin a comment
  readonly behind: 'nothing' | 'backslash' | 'dollar'
  readonly unsure: boolean
}

export const SHELL_START: ShellState = {
  frames: ['base'],
  heredocs: [],
  wordStart: true,
  behind: 'nothing',
  unsure: false,
}

const WHY: Readonly<Record<Frame, string | undefined>> = {
  base: undefined,
  sub: undefined,
  single: "inside '...'",
  double: 'inside "..."',
  brace: 'inside ${...}',
  backquote: 'inside `...`',
  arithmetic: 'inside $((...))',
  comment: 'in a comment, which a line break in the value would end',
  heredoc: 'in a here-document, where quotes do not protect',
}

/** Why a quoted word cannot stand here; undefined where it can. */
export function whyNoWord(state: ShellState): string | undefined {
  if (state.unsure) return 'behind shell text whose quotes cannot be told for sure'
  if (state.behind === 'backslash') return 'right behind a backslash'
  if (state.behind === 'dollar') return 'right behind a $'
  return WHY[top(state)]
}

/** The state behind one more piece of text. */
export function advanceShell(state: ShellState, text: string): ShellState {
  let at = state
  let rest = text
  while (rest !== '') {
    const [next, length] = at.unsure ? stay(at, rest.length) : step(at, rest)
    at = next
    rest = rest.slice(length)
  }
  return at
}

/** Behind a value: no word begins here. */
export const behindWord = (state: ShellState): ShellState => ({ ...state, wordStart: false, behind: 'nothing' })

/** Do two branches of a template leave the shell in the same quotes? */
export const sameShell = (a: ShellState, b: ShellState): boolean =>
  JSON.stringify([a.frames, a.heredocs, a.behind, a.unsure]) ===
  JSON.stringify([b.frames, b.heredocs, b.behind, b.unsure])

type Step = readonly [ShellState, number]

const top = (state: ShellState): Frame => state.frames.at(-1) ?? 'base'
const stay = (state: ShellState, length = 1): Step => [state, length]
const inWord = (state: ShellState): ShellState => ({ ...state, wordStart: false })
const push = (state: ShellState, frame: Frame, length = 1): Step => [
  { ...state, frames: [...state.frames, frame], wordStart: frame === 'sub' },
  length,
]
const pop = (state: ShellState, length = 1): Step => [
  { ...state, frames: state.frames.slice(0, -1), wordStart: false },
  length,
]
const unsure = (state: ShellState): Step => [{ ...state, unsure: true }, 1]

function step(state: ShellState, rest: string): Step {
  if (state.behind === 'backslash') return [{ ...inWord(state), behind: 'nothing' }, 1]
  if (state.behind === 'dollar') return unsure(state)
  switch (top(state)) {
    case 'base':
    case 'sub':
      return plainStep(state, rest)
    case 'single':
      return rest.startsWith("'") ? pop(state) : stay(state)
    case 'double':
      return doubleStep(state, rest)
    case 'brace':
      if (rest.startsWith('}')) return pop(state)
      return /^["'`$\\{]/.test(rest) ? unsure(state) : stay(state)
    case 'backquote':
      if (rest.startsWith('\\')) return stay(state, 2)
      return rest.startsWith('`') ? pop(state) : stay(state)
    case 'arithmetic':
      if (rest.startsWith('))')) return pop(state, 2)
      return /^["'`($\\]/.test(rest) ? unsure(state) : stay(state)
    case 'comment':
      return rest.startsWith('\n') ? lineEnd({ ...state, frames: state.frames.slice(0, -1) }) : stay(state)
    case 'heredoc':
      return heredocStep(state, rest)
  }
}

function doubleStep(state: ShellState, rest: string): Step {
  if (rest.startsWith('\\')) return stay(state, 2)
  if (rest.startsWith('"')) return pop(state)
  return substitution(state, rest) ?? stay(state)
}

/** `$((`, `$(`, a backquote, and within quotes `${`. */
function substitution(state: ShellState, rest: string): Step | undefined {
  if (rest.startsWith('$((')) return push(state, 'arithmetic', 3)
  if (rest.startsWith('$(')) return push(state, 'sub', 2)
  if (rest.startsWith('`')) return push(state, 'backquote')
  return rest.startsWith('${') && top(state) === 'double' ? push(state, 'brace', 2) : undefined
}

function plainStep(state: ShellState, rest: string): Step {
  const substituted = substitution(state, rest)
  if (substituted) return substituted
  const nested = top(state) === 'sub'
  // a pattern of `case` closes a bracket that it never opened; comments and documents may hold any
  if (nested && state.wordStart && /^(?:case\b|#)/.test(rest)) return unsure(state)
  if (rest.startsWith('<<')) return nested ? unsure(state) : heredocBegin(state, rest)
  switch (rest.charAt(0)) {
    case "'":
      return push(state, 'single')
    case '"':
      return push(state, 'double')
    case '\\':
      return [{ ...state, behind: 'backslash' }, 1]
    case '$':
      return dollarStep(state, rest)
    case '(':
      return push(state, 'sub')
    case ')':
      return nested ? pop(state) : [{ ...state, wordStart: true }, 1]
    case '#':
      return state.wordStart ? push(state, 'comment') : stay(inWord(state))
    case '\n':
      return lineEnd(state)
    default:
      return [{ ...state, wordStart: /^[\s;&|]/.test(rest) }, 1]
  }
}

/** `$'...'` is read differently by bash and dash. */
function dollarStep(state: ShellState, rest: string): Step {
  if (rest === '$') return [{ ...inWord(state), behind: 'dollar' }, 1]
  return rest.startsWith("$'") ? unsure(state) : stay(inWord(state))
}

/** The word may be in quotes, which say that nothing in the document is expanded. */
const HEREDOC = /^<<-?[ \t]*(?:'([^']*)'|"([^"]*)"|\\?([^\s'"<>|;&()\\]+))/

function heredocBegin(state: ShellState, rest: string): Step {
  if (rest.startsWith('<<<')) return stay(inWord(state), 3)
  const found = HEREDOC.exec(rest)
  if (!found) return unsure(state)
  const word = found[1] ?? found[2] ?? found[3] ?? ''
  return [{ ...inWord(state), heredocs: [...state.heredocs, word] }, found[0].length]
}

const lineEnd = (state: ShellState): Step => [
  { ...state, frames: state.heredocs.length > 0 ? [...state.frames, 'heredoc'] : state.frames, wordStart: true },
  1,
]

/** A line that is the word alone ends the document; the next one waits, or the script goes on. */
function heredocStep(state: ShellState, rest: string): Step {
  const [word, ...others] = state.heredocs
  const line = rest.split('\n', 1)[0] ?? ''
  const ends = state.wordStart && line.replace(/^\t+/, '') === word && rest.length > line.length
  if (!ends) return [{ ...state, wordStart: rest.startsWith('\n') }, 1]
  const frames = others.length > 0 ? state.frames : state.frames.slice(0, -1)
  return [{ ...state, frames, heredocs: others, wordStart: true }, line.length + 1]
}
