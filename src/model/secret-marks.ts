import { quote } from './command.ts'
import type { Json } from './json.ts'
import { escapedForRegex, mapTexts, REDACTED } from './redact.ts'
import { SHORTEST_SECRET } from './redact-forms.ts'
import type { NamedSecret } from './secret.ts'

/** Puts marks in place of secrets, in what a journal must give back whole, and the secrets back in place of marks. */
export interface SecretMarks {
  /** `***NAME***` for each secret; stars of the text's own become `***~***`, so that nobody can write a mark. */
  conceal(value: Json): Json
  /** Gives the text with secrets again; a mark whose secret is not known is left as it is, and told to `missing`. */
  reveal(value: Json, missing: (name: string) => void): Json
}

/** How a value stands in a text: as it is, within a word of a shell, within a text of JSON, as a number. */
const FORMS = {
  '': (value: string): string => value,
  ':s': (value: string): string => quote(value).replaceAll(/^'|'$/g, ''),
  ':j': (value: string): string => JSON.stringify(value).slice(1, -1),
} as const

type FormName = keyof typeof FORMS

/** `rest` takes out what stands in forms that cannot be given back, as base64. */
export function secretMarks(
  secrets: readonly NamedSecret[],
  rest: (text: string) => string = (text) => text,
): SecretMarks {
  const taken = secrets.filter(({ secret }) => secret.reveal().length >= SHORTEST_SECRET)
  const marks = new Map<string, string>()
  for (const { name, secret } of taken)
    for (const [form, write] of Object.entries(FORMS)) {
      const written = write(secret.reveal())
      if (!marks.has(written)) marks.set(written, `${REDACTED}${name}${form}${REDACTED}`)
    }
  const texts = [...marks.keys()].sort((a, b) => b.length - a.length)
  const pattern = new RegExp([...texts, REDACTED].map(escapedForRegex).join('|'), 'gu')
  const conceal = (text: string): string => {
    const marked = text.replace(pattern, (found) => marks.get(found) ?? OWN_STARS)
    return marked
      .split(WHOLE_MARK)
      .map((piece, index) => (index % 2 === 1 ? piece : rest(piece)))
      .join('')
  }
  const values = new Map(taken.map(({ name, secret }) => [name, secret]))
  const spell = (name: string, form: string): string | undefined => {
    const secret = values.get(name)
    return secret && FORMS[form as FormName](secret.reveal()) // sealed: MARK takes no other form
  }
  return {
    conceal: (value) => mapTexts(value, conceal),
    reveal: (value, missing) =>
      mapTexts(value, (text) =>
        text.replace(MARK, (mark: string, name: string, form = '') => {
          if (name === '~') return REDACTED
          const found = spell(name, form)
          if (found === undefined) missing(name)
          return found ?? mark
        }),
      ),
  }
}

const OWN_STARS = `${REDACTED}~${REDACTED}`
const WHOLE_MARK = /(\*\*\*[^*:]+(?::[sj])?\*\*\*)/
const MARK = /\*\*\*([^*:]+)(:[sj])?\*\*\*/g
