import { endpointOf } from '../../src/load/endpoint.ts'
import { buildInventory } from '../../src/load/inventory-build.ts'
import { readInventoryTree } from '../../src/load/inventory-file.ts'
import { readIniInventory } from '../../src/load/inventory-ini.ts'
import type { InventoryFile } from '../../src/load/inventory-statement.ts'
import { selectHosts } from '../../src/load/select-hosts.ts'
import { decodeUtf8 } from '../../src/load/source-text.ts'
import { unvaultWith } from '../../src/load/vault.ts'
import { vaultFileMembers } from '../../src/load/vault-file.ts'
import { parseYaml } from '../../src/load/yaml-document.ts'
import { fail, succeed } from '../../src/model/problem.ts'
import { Secret } from '../../src/model/secret.ts'
import { answers, checkPlaces, Finding } from './check.ts'
import { inputsIn, keptInputs } from './corpus.ts'
import type { Target } from './target.ts'

const FILE = 'hosts'
const OPTIONS = { user: 'me', home: '/home/me', cwd: '/work', flags: {}, identityFiles: [] }

/** Any inventory that is told no problem of must be usable: its hosts can be selected, and have an endpoint or problems. */
function useInventory(read: InventoryFile, text: string): void {
  const built = buildInventory(read.statements)
  const problems = [...read.problems, ...built.problems]
  checkPlaces([...problems, ...read.notes], FILE, text)
  if (problems.length > 0) return
  const { hosts, groups } = built
  const inventory = { sources: [FILE], sha256: '', hosts, groups }
  for (const group of [...groups.keys()].slice(0, 20)) answers(() => selectHosts(inventory, `${group}:!ungrouped`))
  for (const host of [...hosts.values()].slice(0, 5)) answers(() => endpointOf(host, OPTIONS))
}

function reading(read: (text: string) => InventoryFile): Target['run'] {
  return (input) => {
    const text = answers(() => decodeUtf8(input, FILE, 'inventory'))
    if (text?.ok) answers(() => useInventory(read(text.value), text.value))
  }
}

const WORDS = [
  ...[
    'all',
    'ungrouped',
    'hosts',
    'vars',
    'children',
    'h[1:3]',
    'h[01:20:3]',
    'h[a:z]',
    'h:22',
    '[::1]:22',
    'localhost',
  ],
  ...[
    'ansible_host',
    'ansible_port',
    'ansible_user',
    'ansible_become',
    'ansible_ssh_common_args',
    'ansible_connection',
  ],
  ...[
    '-o ProxyJump=a,b',
    '-J h',
    '-F /x',
    'ansible_ssh_private_key_file',
    'ansible_group_priority',
    'plugin',
    '__proto__',
  ],
  ...[
    'yes',
    'null',
    '0755',
    '12:30',
    '{{ a }}',
    '!vault |\n',
    '!unsafe ',
    '&a ',
    '*a',
    '<<: *a',
    "'",
    '"',
    '\\',
    '#',
    ';',
  ],
  ...['True', 'None', "[1, 'a']", "{'a': (1,)}", '0x1f', '1_000', '1e400', "b''", '((((', '\t', '\u202e', '\r\n', '='],
  ...['[a]\n', '[a:vars]\n', '[a:children]\n', '[a:b]\n', '$ANSIBLE_VAULT;1.1;AES256\n'],
]

export const yamlInventoryTarget: Target = {
  name: 'inventory-yaml',
  seeds: () => [
    ...inputsIn('test/bad/inventories', /\.(?:yaml|json)$/),
    ...inputsIn('inventories', /\.yaml$/),
    Buffer.from(
      'all:\n  children:\n    a: {hosts: {"h[1:3]": {ansible_host: 10.0.0.1, ansible_port: 22}}, vars: &v {x: yes}}\n',
    ),
    ...keptInputs('inventory-yaml'),
  ],
  words: WORDS,
  run: reading((text) => {
    const tree = parseYaml(FILE, text, 'inventory')
    return tree.ok ? readInventoryTree(tree.value, '/') : { statements: [], problems: tree.problems, notes: [] }
  }),
}

export const iniInventoryTarget: Target = {
  name: 'inventory-ini',
  seeds: () => [
    ...inputsIn('test/bad/inventories', /\.ini$/),
    Buffer.from(
      'h[1:3] ansible_host=1.2.3.4 x="a b" # c\n[a]\nh1:22 l=[1,2]\n[a:vars]\nv={"k": None}\n[b:children]\na\n',
    ),
    ...keptInputs('inventory-ini'),
  ],
  words: WORDS,
  run: reading((text) => readIniInventory({ file: FILE, text, folder: '/', groups: new Set() })),
}

const unvault = unvaultWith([new Secret('open sesame')])

/** Both layers: what is encrypted, and what decrypting it gives. */
export const vaultTarget: Target = {
  name: 'vault',
  seeds: () => [
    Buffer.from(SEALED),
    Buffer.from('a: 1\nb: {c: !vault |\n  $ANSIBLE_VAULT;1.1;AES256}\n'),
    ...keptInputs('vault'),
  ],
  words: ['$ANSIBLE_VAULT;1.1;AES256\n', '$ANSIBLE_VAULT;1.2;AES256;id\n', '0a', '30', '\r\n', 'a: 1\n', ...WORDS],
  run: (input) => {
    const text = input.toString()
    const opened = answers(() => unvault(text))
    const members = answers(() => vaultFileMembers(text, (plain) => succeed(plain)))
    answers(() => vaultFileMembers(text, () => fail([{ kind: 'parameter', message: 'closed' }])))
    if (!opened || !members) throw new Finding('problems were thrown instead of told')
    const said = [opened, members].flatMap((one) =>
      one.ok ? [] : one.problems.map(({ message, hint }) => message + hint),
    )
    if (said.some((one) => one.includes('\n'))) throw new Finding('a message of several lines')
  },
}

/** `x: 1`, sealed by ansible-vault with the password `open sesame`. */
const SEALED = `$ANSIBLE_VAULT;1.1;AES256
30373037303730373037303730373037303730373037303730373037303730373037303730373037
3037303730373037303730373037303730373037303730370a623330623361363664333163363232
66353430393335643738326234306239656235343361346231356638663438356239666637643333
3362623263346565640a343032326265353863366538313665653362346134656633363930373333
3537
`
