import { Secret } from './secret.ts'

/**
 * A piece of a command: `text` is shell text that we wrote, `value` is data and is quoted, `secret` is data that is
 * quoted and never shown. They stay apart until renderCommand.
 */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'secret'; readonly secret: Secret }

/** Shell text for a POSIX `sh`, with data kept apart, and optionally bytes for its standard input. */
export interface Command {
  readonly parts: readonly Part[]
  readonly stdin?: Uint8Array | Secret
}

export type Interpolated = string | number | Secret | Command | readonly (string | number | Secret)[]

/**
 * Shell text with data: sh`stat -c %s -- ${path}`. Every interpolated value is quoted as one word; a list gives one
 * word per member (an empty list none); a Command is inserted as the text it is. NUL in a value is refused when rendered.
 */
export function sh(texts: TemplateStringsArray, ...values: readonly Interpolated[]): Command {
  const parts: Part[] = []
  texts.forEach((piece, index) => {
    if (piece !== '') parts.push({ kind: 'text', text: piece })
    const value = values[index]
    if (value !== undefined) parts.push(...partsOf(value))
  })
  return { parts }
}

/** Shell text taken as it is, for scripts of users and of our own; holds no data. */
export const rawText = (text: string): Command => ({ parts: [{ kind: 'text', text }] })

/** One word per argument, each quoted. */
export const argv = (words: readonly (string | Secret)[]): Command => ({ parts: partsOf(words) })

export const withStdin = (command: Command, stdin: Uint8Array | Secret | string): Command => ({
  ...command,
  stdin: typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin,
})

/** Commands one after another, each on its own line. */
export const script = (...commands: readonly Command[]): Command => ({
  parts: commands.flatMap((command) => [...command.parts, { kind: 'text', text: '\n' } as const]),
})

/** One script of several, each in a shell of its own, until one fails: then that one's exit code. Secrets are in clear in it. */
export const inTurn = (...commands: readonly Command[]): Command =>
  script(...commands.map((command) => sh`( eval ${renderCommand(command)} ) || exit`))

/** The text for the host's shell; holds secrets in clear, so it goes to the host and nowhere else. */
export const renderCommand = (command: Command): string =>
  command.parts.map((part) => (part.kind === 'secret' ? quote(part.secret.reveal()) : shown(part))).join('')

/** The text for people: as rendered, with every secret as `***`, and words without need of quotes bare. */
export const displayCommand = (command: Command): string =>
  command.parts.map((part) => (part.kind === 'secret' ? '***' : shown(part))).join('')

/** One word for a POSIX shell: the same bytes come out, whatever they are; NUL cannot be carried. */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('a NUL character cannot be a word of a command')
  return /^[A-Za-z0-9_@%+:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}

const shown = (part: Exclude<Part, { kind: 'secret' }>): string =>
  part.kind === 'text' ? part.text : quote(part.value)

function partsOf(value: Interpolated): Part[] {
  if (typeof value === 'string') return [{ kind: 'value', value }]
  if (typeof value === 'number') return [{ kind: 'value', value: String(value) }]
  if (value instanceof Secret) return [{ kind: 'secret', secret: value }]
  if ('parts' in value) return [...value.parts]
  return value.flatMap((word, index) => (index === 0 ? partsOf(word) : [{ kind: 'text', text: ' ' }, ...partsOf(word)]))
}
