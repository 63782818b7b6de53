/**
 * A shell function `frame NAME` that prints its standard input under a name and its length in bytes, NUL as newline,
 * so that several files come back from one command without a mark that a file could fake. Needs LC_ALL=C.
 */
export const frameFunction = `
frame() {
  frame_body=$(tr '\\000' '\\n'; printf x); frame_body=\${frame_body%x}
  printf '@%s %s\\n%s\\n' "$1" "\${#frame_body}" "$frame_body"
}
frame_file() { [ -r "$2" ] && [ ! -d "$2" ] && frame "$1" <"$2"; }
`

/** One framed text. */
export interface Frame {
  readonly name: string
  readonly text: string
}

/** The frames of a reply, in order; what is no frame ends the list. */
export function parseFrames(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start)
    const head = /^@(\S+) (\d+)$/.exec(bytes.subarray(start, end < 0 ? bytes.length : end).toString('utf8'))
    if (!head || end < 0) break
    const stop = end + 1 + Number(head[2])
    frames.push({ name: head[1] ?? '', text: bytes.subarray(end + 1, stop).toString('utf8') })
    start = stop + 1
  }
  return frames
}

/** The text of the first frame of that name. */
export const frameText = (frames: readonly Frame[], name: string): string | undefined =>
  frames.find((frame) => frame.name === name)?.text
