/** Two texts to a unified diff of their difference, '' where there is none. */
export type UnifiedDiff = (path: string, before: string | null, after: string | null) => string

const contextLines = 3
const nothing = '/dev/null'

/** The one importer of `diff`, loaded when first needed: a program that plans nothing does not pay for it. */
export async function loadUnifiedDiff(): Promise<UnifiedDiff> {
  const { createTwoFilesPatch } = await import('diff')
  return (path, before, after) => {
    if (before === after) return ''
    const [from, to] = [before === null ? nothing : path, after === null ? nothing : path]
    const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, {
      context: contextLines,
    })
    return patch.slice(patch.indexOf('--- '))
  }
}
