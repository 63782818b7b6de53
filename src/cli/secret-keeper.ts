import { makeRedactor, type Redactor } from '../model/redact.ts'
import type { NamedSecret, Secret } from '../model/secret.ts'
import { type SecretMarks, secretMarks } from '../model/secret-marks.ts'

/** The secrets that this call of the program has come to know. */
export interface SecretKeeper {
  /** From now on these are shown nowhere; `named` ones can be put back into what a journal keeps. */
  keep(secrets: readonly NamedSecret[]): void
  keepUnnamed(secrets: readonly Secret[]): void
  /** Of all that are known when it is used. */
  readonly redactor: Redactor
  marks(): SecretMarks
  /** Whoever was asked once is not asked again: what it answered, by the source's key. */
  readonly answers: Map<string, Secret>
}

export function makeSecretKeeper(): SecretKeeper {
  const named = new Map<string, NamedSecret>()
  const values = new Set<string>()
  let redactor = makeRedactor(values)
  let marks = secretMarks([])
  const renew = (): void => {
    redactor = makeRedactor(values)
    marks = secretMarks([...named.values()], redactor.text)
  }
  return {
    keep: (secrets) => {
      for (const one of secrets) {
        named.set(one.name, one)
        values.add(one.secret.reveal())
      }
      if (secrets.length > 0) renew()
    },
    keepUnnamed: (secrets) => {
      for (const secret of secrets) values.add(secret.reveal())
      if (secrets.length > 0) renew()
    },
    redactor: {
      text: (text) => redactor.text(text),
      json: (value) => redactor.json(value),
      stream: () => redactor.stream(),
    },
    marks: () => marks,
    answers: new Map(),
  }
}
