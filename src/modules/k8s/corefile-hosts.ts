import { isIP } from 'node:net'
import { CorefileError, type Directive, parseCorefile } from './corefile.ts'

/** Names that should have an address. */
export interface HostEntry {
  readonly ip: string
  readonly names: readonly string[]
}

export interface HostsWanted {
  readonly zone: string // of the server block, as `.` or `.:53`
  readonly entries: readonly HostEntry[]
  readonly ttl: number // s, of a block that is made; one that is there keeps its own
}

/**
 * A Corefile whose server block for the zone gives the names their addresses, by the plugin `hosts`, and passes on what it does not know
 * (without `fallthrough` it answers SERVFAIL for every other name: coredns plugin/hosts). All else stays byte for byte. Throws
 * CorefileError where that cannot be said, or would not be what is wanted.
 */
export function withHosts(text: string, wanted: HostsWanted): string {
  const block = blockOf(parseCorefile(text), wanted.zone)
  checkNames(block, wanted.entries)
  const [hosts, second] = pluginsOf(block, 'hosts')
  if (second) throw new CorefileError('a second hosts in one server block, which CoreDNS refuses', second.line)
  const lines = text.split('\n')
  const edited = (hosts ? merged(lines, hosts, wanted) : inserted(lines, block, wanted)).join('\n')
  if (!isAsWanted(text, edited, wanted)) throw new CorefileError('laid out in a way that is not known here', block.line)
  return edited
}

function isAsWanted(...texts: Parameters<typeof isSameBesides>): boolean {
  try {
    return isSameBesides(...texts)
  } catch (error) {
    if (error instanceof CorefileError) return false
    throw error
  }
}

/** Whatever the layout: the edited text has what is wanted, and everything else as it was. */
function isSameBesides(text: string, edited: string, { zone, entries }: HostsWanted): boolean {
  const rest = (source: string): string =>
    JSON.stringify(parseCorefile(source).map((block) => [block.words, shapesOf((block.body ?? []).filter(isOther))]))
  const [hosts] = pluginsOf(blockOf(parseCorefile(edited), zone), 'hosts')
  const all = entries.every(({ ip, names }) => names.every((name) => hosts && isGiven(hosts, ip, name)))
  return all && hosts?.body?.some(({ words }) => words[0] === 'fallthrough') === true && rest(text) === rest(edited)
}

const isOther = ({ words }: Directive): boolean => words[0] !== 'hosts'

type Shape = readonly [readonly string[], readonly Shape[]]
const shapesOf = (directives: readonly Directive[]): readonly Shape[] =>
  directives.map(({ words, body = [] }) => [words, shapesOf(body)])

const pluginsOf = ({ body = [] }: Directive, name: string): readonly Directive[] =>
  body.filter(({ words }) => words[0] === name)

/** `dns://.:53`, `.:53` and `.` are one zone. */
const plainZone = (label: string): string =>
  label
    .replace(/^dns:\/\//, '')
    .replace(/:53$/, '')
    .replace(/,$/, '')
    .toLowerCase()

function blockOf(blocks: readonly Directive[], zone: string): Directive {
  const found = blocks.filter(({ words }) => words.some((word) => plainZone(word) === plainZone(zone)))
  const [block, second] = found
  if (!block) throw new CorefileError(`there is no server block for ${zone}`, 1)
  if (second) throw new CorefileError(`there is a second server block for ${zone}`, second.line)
  const [other] = pluginsOf(block, 'import')
  if (other)
    throw new CorefileError(
      `imports ${other.words.slice(1).join(' ')}, where a hosts may be that is not seen here`,
      other.line,
    )
  return block
}

/** A name of the cluster itself would hide its services: `hosts` comes before `kubernetes`, wherever it is written. */
function checkNames(block: Directive, entries: readonly HostEntry[]): void {
  const zones = pluginsOf(block, 'kubernetes').flatMap(({ words }) => words.slice(1))
  for (const { ip, names } of entries) {
    if (isIP(ip) === 0) throw new CorefileError(`${ip} is no address`, block.line)
    for (const name of names) {
      const zone = zones.find((one) => name === one || name.endsWith(`.${one}`))
      if (zone)
        throw new CorefileError(
          `${name} lies in the cluster's own zone ${zone}, whose services it would hide`,
          block.line,
        )
    }
  }
}

const indentOf = (line = ''): string => /^\s*/.exec(line)?.[0] ?? ''

/** Before the first plugin that answers, in the indentation of its neighbours. */
function inserted(lines: readonly string[], block: Directive, { entries, ttl }: HostsWanted): readonly string[] {
  const { body = [] } = block
  const place = body.find(({ words }) => ['kubernetes', 'forward', 'proxy'].includes(words[0] ?? ''))
  const at = (place?.line ?? block.lastLine) - 1
  const indent = indentOf(lines[(place ?? body[0] ?? block).line - 1]) || '    '
  const inner = [...entries.map(lineOf), `ttl ${ttl}`, 'fallthrough'].map((line) => `${indent}   ${line}`)
  return [...lines.slice(0, at), `${indent}hosts {`, ...inner, `${indent}}`, ...lines.slice(at)]
}

const lineOf = ({ ip, names }: HostEntry): string => `${ip} ${names.join(' ')}`

/** What is missing of the entries, and `fallthrough` where it has none. */
function merged(lines: readonly string[], hosts: Directive, { entries }: HostsWanted): readonly string[] {
  const { body } = hosts
  if (hosts.line === hosts.lastLine && body) throw new CorefileError('a hosts with its braces on one line', hosts.line)
  const missing = entries.flatMap(({ ip, names }) => {
    const left = names.filter((name) => !isGiven(hosts, ip, name))
    return left.length > 0 ? [lineOf({ ip, names: left })] : []
  })
  const passesOn = body?.some(({ words }) => words[0] === 'fallthrough') ?? false
  const inner = [...missing, ...(passesOn ? [] : ['fallthrough'])]
  if (inner.length === 0) return lines
  const own = indentOf(lines[hosts.line - 1])
  const indent = body?.[0] ? indentOf(lines[body[0].line - 1]) : `${own}   `
  const added = inner.map((line) => indent + line)
  if (!body) {
    const opened = `${(lines[hosts.line - 1] ?? '').trimEnd()} {`
    return [...lines.slice(0, hosts.line - 1), opened, ...added, `${own}}`, ...lines.slice(hosts.line)]
  }
  // Before the options: whoever reads it finds addresses together.
  const option = body.find(({ words }) => isIP(words[0] ?? '') === 0)
  const at = (option?.line ?? hosts.lastLine) - 1
  const last = passesOn ? [] : added.splice(-1)
  const withEntries = [...lines.slice(0, at), ...added, ...lines.slice(at)]
  const end = hosts.lastLine - 1 + added.length
  return [...withEntries.slice(0, end), ...last, ...withEntries.slice(end)]
}

function isGiven({ body = [] }: Directive, ip: string, name: string): boolean {
  const given = body.find(({ words: [address = '', ...names] }) => isIP(address) === isIP(ip) && names.includes(name))
  if (!given) return false
  if (given.words[0] === ip) return true
  throw new CorefileError(`${name} has the address ${given.words[0]} already, not ${ip}`, given.line)
}
