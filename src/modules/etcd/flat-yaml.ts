/**
 * The scalars of a YAML or JSON configuration file, two levels deep, as "key" and "key.inner" -> text. Enough for
 * etcd's own configuration file, which has nothing deeper; lists, anchors and block scalars are left out.
 */
export function parseFlatYaml(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  if (/^\s*\{/.test(text)) return flatten(parseJson(text), '', values)
  let section = ''
  for (const line of text.split(/\r?\n/)) {
    const [, indent = '', quoted, bare, rest = ''] =
      /^(\s*)(?:["']([^"']+)["']|([A-Za-z0-9_.-]+))\s*:(?:\s+(.*))?$/.exec(line) ?? []
    const key = quoted ?? bare
    if (key === undefined || line.trimStart().startsWith('#')) continue
    const value = scalarOf(rest)
    if (indent === '') section = key
    if (value !== '') values.set(indent === '' ? key : `${section}.${key}`, value)
  }
  return values
}

function scalarOf(text: string): string {
  const [, double] = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text) ?? []
  if (double !== undefined) return double.replace(/\\(.)/g, '$1')
  const [, single] = /^'((?:[^']|'')*)'\s*(?:#.*)?$/.exec(text) ?? []
  if (single !== undefined) return single.replaceAll("''", "'")
  return text.replace(/(^|\s)#.*$/, '').trim()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function flatten(value: unknown, prefix: string, into: Map<string, string>): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return into
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'object') flatten(member, `${prefix}${key}.`, into)
    else into.set(`${prefix}${key}`, String(member))
  }
  return into
}
