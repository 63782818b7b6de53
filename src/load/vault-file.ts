import { fail, type Result, succeed } from '../model/problem.ts'
import { Secret } from '../model/secret.ts'
import type { SecretSource } from './secret-source.ts'
import type { Unvault } from './vault.ts'
import { parseYaml } from './yaml-document.ts'
import { membersOf, toJson, type YamlMember } from './yaml-node.ts'

/** The variables of a file that is encrypted as a whole. Problems in its text name no line: they would show it. */
export function vaultFileMembers(text: string, unvault: Unvault): Result<readonly YamlMember[]> {
  const plain = unvault(text)
  if (!plain.ok) return plain
  const tree = parseYaml('the decrypted text', plain.value, 'inventory')
  if (tree.ok && tree.value.kind === 'map') return succeed(membersOf(tree.value))
  return fail([{ kind: 'schema', message: 'what ansible-vault encrypted here is no mapping of variables in YAML' }])
}

/** What a text of ansible-vault holds: itself, or one variable of a whole file as JSON. */
export function openVaulted({ text, member }: SecretSource & { kind: 'vault' }, unvault: Unvault): Result<Secret> {
  if (member === undefined) {
    const plain = unvault(text)
    return plain.ok ? succeed(new Secret(plain.value)) : plain
  }
  const members = vaultFileMembers(text, unvault)
  if (!members.ok) return members
  const found = members.value.find(({ key }) => key === member)
  return succeed(new Secret(JSON.stringify(found ? toJson(found.value) : null)))
}
