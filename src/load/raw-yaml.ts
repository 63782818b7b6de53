/** What all nodes have. */
export interface RawMarks {
  readonly start: number
  readonly end: number
  readonly anchor?: string
  readonly tag?: string
}

/** What the YAML library parsed, without its classes. */
export type RawNode = RawMarks &
  (
    | RawScalar
    | { readonly kind: 'list'; readonly items: () => readonly RawNode[] }
    | { readonly kind: 'map'; readonly pairs: () => readonly RawPair[] }
    | { readonly kind: 'alias'; readonly name: string }
  )

export interface RawScalar {
  readonly kind: 'scalar'
  readonly value: unknown
  readonly written: string
  readonly style: 'plain' | 'quoted' | 'block'
}

export interface RawPair {
  readonly key: RawNode
  readonly value: RawNode | undefined
}
