/** Something that reads what others wrote: it must answer whatever the bytes. */
export interface Target {
  readonly name: string
  /** Inputs to begin with, of people and of earlier runs. */
  readonly seeds: () => readonly Buffer[]
  /** Words of its language, which bytes alone would hardly ever hit. */
  readonly words: readonly string[]
  /** Throws a Finding when a promise does not hold. */
  readonly run: (input: Buffer) => void
}
