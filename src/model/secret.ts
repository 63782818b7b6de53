/** A value that must not be shown: every way of turning it into text gives `***`, only reveal() gives the value. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that hands it to the host or the key parser. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}

/** A secret under the name of its parameter or variable; `name@host` where hosts have different ones. */
export interface NamedSecret {
  readonly name: string
  readonly secret: Secret
}
