/** What a line of fstab(5) says of one mount. */
export interface FstabLine {
  readonly uuid: string
  readonly path: string
  readonly fstype: string
  readonly options: readonly string[]
}

/** What an fstab would have to hold, or why it cannot. */
export type FstabEdit =
  | { readonly kind: 'same' }
  | { readonly kind: 'add'; readonly content: string }
  | { readonly kind: 'taken'; readonly line: string } // another line has this path, or this file system

/** Adds one line at the end; every other byte stays. */
export function addFstabLine(content: string, wanted: FstabLine): FstabEdit {
  const line = fstabLine(wanted)
  const lines = content.split('\n').filter((one) => !/^\s*(#|$)/.test(one))
  if (lines.some((one) => sameFields(one, line))) return { kind: 'same' }
  const taken = lines.find((one) => {
    const [source = '', path = ''] = one.trim().split(/\s+/)
    return path === fstabWord(wanted.path) || source === `UUID=${wanted.uuid}`
  })
  if (taken !== undefined) return { kind: 'taken', line: taken.trim() }
  return { kind: 'add', content: `${content}${content === '' || content.endsWith('\n') ? '' : '\n'}${line}\n` }
}

/** The last field is the order of fsck at boot: 2 after the root, 0 never; xfs checks itself. */
const fstabLine = ({ uuid, path, fstype, options }: FstabLine): string =>
  [`UUID=${uuid}`, fstabWord(path), fstype, options.join(','), '0', fstype === 'xfs' ? '0' : '2'].join(' ')

const sameFields = (a: string, b: string): boolean => a.trim().split(/\s+/).join(' ') === b

/** Blanks and backslashes are written in octal. */
const fstabWord = (path: string): string =>
  path.replace(/[ \\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
