/** A file written into a host's upper layer before it boots; its folders are root's, 0755. */
export interface SeedFile {
  readonly path: string
  readonly content: string
  /** 0644 when absent. */
  readonly mode?: number
}
