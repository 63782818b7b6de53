/** A place in a user's file. Lines and columns count from 1; `length` is in characters and stays on the line. */
export interface Span {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
}

export const locationText = (span: Span): string => `${span.file}:${span.line}:${span.column}`
