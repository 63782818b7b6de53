import type { Problem } from '../model/problem.ts'
import { suggest } from './nearest.ts'
import { readText } from './source-text.ts'
import { parseYaml } from './yaml-document.ts'
import { membersOf, spanOf, type YamlMember } from './yaml-node.ts'

/** The names in files of variables; a file that cannot be read gives none, and resolving variables says so. */
export const varsFileNames = (files: readonly string[]): ReadonlySet<string> =>
  new Set(files.flatMap(membersOfFile).map(({ key }) => key))

/** What is said of names in files of variables that are not among `used`: their values go nowhere. */
export const unusedVarsFileNames = (files: readonly string[], used: ReadonlySet<string>): readonly Problem[] =>
  files
    .flatMap(membersOfFile)
    .filter(({ key }) => !used.has(key))
    .map((member) => {
      const hint = suggest(member.key, used)
      return {
        kind: 'rule',
        rule: 'unused-vars-file-name',
        severity: 'warning',
        message: `nothing uses ${member.key}`,
        at: spanOf(member),
        ...(hint?.startsWith('did you mean') ? { hint } : {}),
      }
    })

function membersOfFile(file: string): readonly YamlMember[] {
  const text = readText(file, 'file of variables')
  const tree = text.ok ? parseYaml(file, text.value, 'variables') : text
  return tree.ok ? membersOf(tree.value) : []
}
