import fc from 'fast-check'

/** Files of an inventory by path, what of them is given with -i, and patterns to resolve. */
export interface GeneratedInventory {
  readonly files: Readonly<Record<string, string>>
  readonly sources: readonly string[]
  readonly patterns: readonly string[]
}

const GROUPS = ['web', 'db-servers', 'prod', 'eu.west', 'g1', 'g2', '_g3', 'Zed'] as const
const HOSTS = [
  ...['a', 'b', 'c.example.com', 'node_1', '10.0.0.7', '2001:db8::7', 'x-1', 'H', '1', 'p:2222', '[2001:db8::9]:22'],
  ...['w[01:03]', 'w[1:5:2].lan', 'd[a:c]', 'e[A:B]x', 'r[0:1]c[a:b]', '10.1.0.[8:11]', 'n[009:011]:2200', 's[x:z:2]'],
] as const
const NAMES = ['v', 'w', 'ansible_host', 'ansible_port', 'ansible_user', 'list', 'text', 'n'] as const

/** YAML 1.1 scalars and collections that readers disagree about. */
const YAML_VALUES = [
  ...['1', '0644', '0o644', '-7', '+3', '1_000', '0x1F', '0b101', '08', '1e3', '1.0e+3', '1.50', '.5', '5.', '1:30'],
  ...['yes', 'No', 'on', 'OFF', 'y', 'n', 'true', 'False', 'null', '~', '', 'Null', 'e02', '12:30:45', '1.2.3'],
  ...[
    'text',
    'two words',
    'a#b',
    'a # comment',
    '"q: \\"x\\" \\u00e9"',
    "'it''s'",
    'http://h:1/p',
    '2001-01-01',
    '"{{ v }}"',
  ],
  ...['"{% if x %}"', "'{{ inventory_hostname }}'", '[]', '{}', '[1, two, ~, yes]', '{a: 1, b: [x, {c: no}]}', "'é ☃'"],
  ...[
    '!!str 1',
    '|\n      one\n      two',
    '>-\n      one\n      two',

    '0.1',
    '1e999',
    '"\\x41"',
  ],
] as const

const scalar = fc.constantFrom(...YAML_VALUES)
const varsOf = (value: fc.Arbitrary<string>) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 3, selector: ([name]) => name })

const yamlVars = varsOf(scalar)

const yamlMap = (vars: readonly (readonly [string, string])[]): string =>
  vars.length === 0 ? '\n' : `\n${vars.map(([name, value]) => `    ${name}: ${value}\n`).join('')}`

/** Deeper by `spaces`; block scalars move along. */
const indent = (text: string, spaces: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(spaces))

const yamlHosts = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...HOSTS), yamlVars), { maxLength: 4, selector: ([name]) => name })
  .map((hosts) => `  hosts:\n${hosts.map(([name, vars]) => indent(`  "${name}":${yamlMap(vars)}`, 2)).join('')}`)

const priority = fc.option(fc.constantFrom('0', '1', '10', '"2"'), { freq: 5 })

const yamlGroupVars = fc.tuple(yamlVars, priority).map(([vars, first]) => {
  const all = first === null ? vars : [...vars, ['ansible_group_priority', first] as const]
  return `  vars:${yamlMap(all)}`
})

/** Children come later in the list of groups, so that no group holds itself. */
const yamlChildren = (above: number, depth: number): fc.Arbitrary<string> =>
  fc
    .subarray(GROUPS.slice(above + 1), { maxLength: Math.min(2, Math.max(0, GROUPS.length - above - 1)) })
    .chain((names) => {
      const groups = names.map((name) => {
        const body = depth > 0 ? yamlGroup(GROUPS.indexOf(name), depth - 1) : fc.constant('\n')
        return body.map((text) => indent(`${name}:${text}`, 4))
      })
      return fc
        .tuple(...groups)
        .map((texts) => (texts.length === 0 ? '  children:\n' : `  children:\n${texts.join('')}`))
    })

const yamlGroup = (index: number, depth: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.option(yamlHosts), fc.option(yamlGroupVars), fc.option(yamlChildren(index, depth)))
    .chain((parts) => {
      const present = parts.filter((part) => part !== null)
      return fc.shuffledSubarray(present, { minLength: present.length })
    })
    .map((parts) => (parts.length === 0 ? '\n' : `\n${parts.join('')}`))

const yamlInventory = fc
  .shuffledSubarray(['all', 'ungrouped', ...GROUPS], { minLength: 1, maxLength: 5 })
  .chain((names) => {
    const groups = names.map((name) =>
      yamlGroup(name === 'ungrouped' ? GROUPS.length : (GROUPS as readonly string[]).indexOf(name), 2).map(
        (text) => `${name}:${text}`,
      ),
    )
    return fc.tuple(...groups).map((texts) => texts.join(''))
  })

/** Python literals and near misses, as an INI file has them. */
const INI_VALUES = [
  ...[
    '1',
    '0644',
    '0o17',
    '-7',
    '+3',
    '- 4',
    '1_000',
    '0x1F',
    '1e3',
    '1.50',
    '.5',
    '5.',
    '1.2.3',
    '00',
    '1,2',
    '(1)',
    '()',
  ],
  ...[
    'True',
    'true',
    'False',
    'None',
    'null',
    'yes',
    'text',
    'a,b',
    "'a','b'",
    '[1, "two", None]',
    '{"a": 1, "b": [True]}',
  ],
  ...[
    '[1,',
    '{1',
    "'open",
    '"x" "y"',
    "u'u'",
    "r'\\n'",
    "'\\n\\x41\\u00e9\\q'",
    'f"x"',
    "{'a': (1, 2)}",
    '1 # one',
    'a # b',
  ],
  ...[
    'http://h:1/p?a=b',
    '{{ v }}',
    '1+1',
    '--1',
    'print(1)',
    '12:30',
    '2001-01-01',
    'é ☃',
    '"',
    '',
    'x=y',
    '1or 2',
    'True1',
  ],
] as const

const iniVars = varsOf(fc.constantFrom(...INI_VALUES))

/** As shlex takes it apart again; some values unquoted, as people write them. */
const shellWord = (value: string): string =>
  /^[\w.,+:/?=-]*$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`

const iniHost = fc
  .tuple(fc.constantFrom(...HOSTS), iniVars, fc.constantFrom('', ' # a comment', '\t'))
  .map(
    ([name, vars, end]) => `${[name, ...vars.map(([key, value]) => `${key}=${shellWord(value)}`)].join(' ')}${end}\n`,
  )

const iniHosts = (group: string): fc.Arbitrary<string> =>
  fc.array(iniHost, { maxLength: 4 }).map((hosts) => `[${group}]\n${hosts.join('')}`)

const iniGroupVars = (group: string): fc.Arbitrary<string> =>
  fc.tuple(iniVars, priority).map(([vars, first]) => {
    const all = first === null || first.startsWith('"') ? vars : [...vars, ['ansible_group_priority', first] as const]
    return `[${group}:vars]\n; a comment\n${all.map(([name, value]) => `${name} = ${value}\n`).join('')}`
  })

const iniChildren = (group: string, index: number): fc.Arbitrary<string> =>
  fc
    .subarray(GROUPS.slice(index + 1), { maxLength: Math.min(3, GROUPS.length - index - 1) })
    .map((names) => `[${group}:children]\n${names.map((name) => `${name}  # below\n`).join('')}`)

/** Sections in any order; every group is declared once at least. */
const iniInventory = fc
  .tuple(
    ...[...GROUPS.keys()].map((index) => iniSections(index)),
    iniGroupVars('all'),
    fc.array(iniHost, { maxLength: 2 }),
  )
  .chain((parts) => {
    const sections = parts.slice(0, -1).flat(2) as readonly string[] // sealed: all but the last hold sections
    const loose = (parts.at(-1) ?? []) as readonly string[] // sealed: the last holds hosts
    return fc
      .shuffledSubarray([...sections], { minLength: sections.length })
      .map((shuffled) => `${loose.join('')}${shuffled.join('\n')}`)
  })

function iniSections(index: number): fc.Arbitrary<readonly string[]> {
  const group = GROUPS[index] ?? 'web'
  return fc
    .tuple(iniHosts(group), fc.option(iniGroupVars(group)), fc.option(iniChildren(group, index)))
    .map((sections) => sections.filter((section) => section !== null))
}

/** group_vars/ and host_vars/ beside a source, in all their shapes. */
const besideFiles = (folder: string): fc.Arbitrary<Readonly<Record<string, string>>> => {
  const names = [
    ...['all', 'ungrouped', ...GROUPS].map((name) => `group_vars/${name}`),
    ...['a', 'c.example.com', 'w02', '10.0.0.7', 'nobody'].map((name) => `host_vars/${name}`),
  ]
  const shapes = [
    '',
    '.yml',
    '.yaml',
    '.json',
    '/one.yml',
    '/two',
    '/z.txt',
    '/deep/three.yaml',
    '/.hidden.yml',
    '/old.yml~',
  ]
  const file = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...shapes), yamlVars)
  return fc.uniqueArray(file, { maxLength: 6, selector: ([name]) => name }).map((files) =>
    Object.fromEntries(
      files.map(([name, shape, vars]) => {
        const text = vars.map(([key, value]) => `${key}: ${value}\n`).join('')
        return [`${folder}/${name}${shape}`, `---\n${text}`]
      }),
    ),
  )
}

const source = (folder: string): fc.Arbitrary<Pick<GeneratedInventory, 'files' | 'sources'>> =>
  fc
    .tuple(
      fc.constantFrom('hosts.yaml', 'hosts.ini', 'hosts', 'inv.json.yml', 'folder'),
      yamlInventory,
      iniInventory,
      besideFiles(folder),
    )
    .map(([kind, yaml, ini, beside]) => {
      if (kind === 'folder') {
        const files = {
          [`${folder}/01.yaml`]: yaml,
          [`${folder}/02-ini`]: ini,
          [`${folder}/skip.ini`]: '[skip]\nskipped\n',
        }
        return {
          files: { ...files, [`${folder}/sub/more.yml`]: 'sub:\n  hosts: {in-sub: }\n', ...beside },
          sources: [folder],
        }
      }
      const text = /ya?ml$/.test(kind) ? yaml : ini
      return { files: { [`${folder}/${kind}`]: text, ...beside }, sources: [`${folder}/${kind}`] }
    })

const term = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '&'),
    fc.constantFrom('all', 'ungrouped', 'a', '*', 'g*', '~[gw]', '*.lan', 'w0?', '[ad]*', '~.*example', 'd[!a]', '1*'),
  )
  .map(([mark, name]) => mark + name)

const patterns = fc.array(
  fc
    .tuple(fc.array(term, { minLength: 1, maxLength: 3 }), fc.constantFrom(':', ','))
    .map(([terms, between]) => terms.join(between)),
  { minLength: 2, maxLength: 4 },
)

/** One or two sources, each in a folder of its own. */
export const generatedInventory: fc.Arbitrary<GeneratedInventory> = fc
  .tuple(source('one'), fc.option(source('two')), patterns)
  .map(([first, second, asked]) => ({
    files: { ...first.files, ...second?.files },
    sources: [...first.sources, ...(second?.sources ?? [])],
    patterns: asked,
  }))
