import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { Span } from '../model/source.ts'
import { matchesPatterns, matchesWildcard } from '../model/wildcard.ts'
import { HEEDED, KNOWN, ONLY_OPENSSH } from './ssh-config-keywords.ts'
import { type SshValue, sshValue } from './ssh-config-value.ts'
import { configLine, configWords, matchWords } from './ssh-config-words.ts'

/** An ssh_config, read and checked; what it says of one host is found by lookUpSsh. */
export interface SshConfig {
  readonly statements: readonly Statement[]
}

type Statement =
  | { readonly kind: 'host'; readonly patterns: readonly string[] }
  | { readonly kind: 'match'; readonly criteria: readonly Criterion[]; readonly at: Span }
  | { readonly kind: 'set'; readonly keyword: string; readonly value: SshValue; readonly at: Span }
  | { readonly kind: 'include'; readonly statements: readonly Statement[] }

interface Criterion {
  readonly isNegated: boolean
  readonly name: string // in lower case
  readonly argument: string
}

/** The texts that an Include pattern stands for. */
export type Includes = (pattern: string) => readonly { readonly file: string; readonly text: string }[]

const DEEPEST = 16 // of includes, as OpenSSH
const MOST_INCLUDED = 1000 // files in all: two that include each other twice would be read 65 536 times at that depth

/** Text -> ssh_config, as OpenSSH reads it: every line checked, also in blocks that no host matches. */
export function parseSshConfig(file: string, text: string, includes: Includes): Result<SshConfig> {
  const reading: Reading = { problems: [], includes, ignored: [], included: 0 }
  const statements = statementsOf(reading, { file, text, depth: 0 })
  if (reading.included > MOST_INCLUDED) reading.problems.splice(0, reading.problems.length, tooMany(file))
  return reading.problems.length > 0 ? fail(reading.problems) : succeed({ statements })
}

interface Reading {
  readonly problems: Problem[]
  readonly includes: Includes
  readonly ignored: string[] // patterns of IgnoreUnknown
  included: number
}

interface Text {
  readonly file: string
  readonly text: string
  readonly depth: number
}

const statementsOf = (reading: Reading, source: Text): readonly Statement[] =>
  source.text.split('\n').flatMap((line, index) => statementOf(reading, { source, line, number: index + 1 }))

interface Line {
  readonly source: Text
  readonly line: string
  readonly number: number
}

function statementOf(reading: Reading, { source, line, number }: Line): readonly Statement[] {
  const parsed = configLine(line)
  if (!parsed) return []
  const keyword = parsed.keyword.toLowerCase()
  const at = { file: source.file, line: number, column: parsed.column, length: parsed.keyword.length }
  const wrong = (message: string, hint?: string): readonly Statement[] => {
    reading.problems.push({ kind: 'schema', at, message, ...(hint === undefined ? {} : { hint }) })
    return []
  }
  if (parsed.rest === '') return wrong(`${parsed.keyword} says nothing`, 'a value belongs behind it')
  if (!KNOWN.has(keyword)) {
    if (matchesPatterns(keyword, reading.ignored)) return []
    return wrong(`OpenSSH knows no keyword ${parsed.keyword}`, 'correct it, or name it in IgnoreUnknown above')
  }
  if (keyword === 'match') {
    const criteria = criteriaOf(parsed.rest)
    return typeof criteria === 'string' ? wrong(criteria) : [{ kind: 'match', criteria, at }]
  }
  const words = configWords(parsed.rest)
  if (!words) return wrong('a quote is not closed')
  if (keyword === 'host') return [{ kind: 'host', patterns: words }]
  if (keyword === 'include') return words.map((pattern) => included(reading, { source, pattern, at }))
  if (keyword === 'ignoreunknown') {
    if (reading.ignored.length === 0) reading.ignored.push(...(words[0] ?? '').toLowerCase().split(','))
    return []
  }
  if (!HEEDED.has(keyword) && !ONLY_OPENSSH.has(keyword)) return []
  const value = sshValue(keyword, words, parsed.rest)
  return typeof value === 'string' ? wrong(value) : [{ kind: 'set', keyword, value, at }]
}

const tooMany = (file: string): Problem => ({
  kind: 'schema',
  message: `${file} includes more than ${MOST_INCLUDED} files`,
  at: { file, line: 1, column: 1, length: 1 },
  hint: 'does a file include itself?',
})

interface Include {
  readonly source: Text
  readonly pattern: string
  readonly at: Span
}

function included(reading: Reading, { source: { file, depth }, pattern, at }: Include): Statement {
  if (reading.included > MOST_INCLUDED) return { kind: 'include', statements: [] }
  if (depth >= DEEPEST) {
    const message = `${file} includes files more than ${DEEPEST} deep`
    reading.problems.push({ kind: 'schema', message, at, hint: 'does a file include itself?' })
    return { kind: 'include', statements: [] }
  }
  const statements = reading.includes(pattern).flatMap((source): readonly Statement[] => {
    reading.included += 1
    return [{ kind: 'include', statements: statementsOf(reading, { ...source, depth: depth + 1 }) }]
  })
  return { kind: 'include', statements }
}

const WITH_ARGUMENT: ReadonlySet<string> = new Set([
  ...[
    'exec',
    'host',
    'localnetwork',
    'localuser',
    'originalhost',
    'tagged',
    'user',
    'command',
    'sessiontype',
    'version',
  ],
])

function criteriaOf(text: string): readonly Criterion[] | string {
  const words = matchWords(text)
  if (!words) return 'a quote is not closed'
  const criteria: Criterion[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const name = word.replace(/^!/, '').toLowerCase()
    const takes = WITH_ARGUMENT.has(name)
    if (!takes && !['all', 'canonical', 'final'].includes(name)) return `Match knows no criterion ${word}`
    if (takes && (words[at + 1] ?? '') === '') return `the criterion ${word} of Match needs a value`
    criteria.push({ isNegated: word.startsWith('!'), name, argument: takes ? (words[at + 1] ?? '') : '' })
    if (takes) at += 1
  }
  const isAllMixed = criteria.some(({ name }) => name === 'all') && criteria.length > 1
  if (isAllMixed) return 'all cannot be combined with other criteria of Match'
  return criteria.length === 0 ? 'Match needs a criterion' : criteria
}

/** Whom a config is asked about. */
export interface SshQuery {
  readonly host: string // as one would type it behind `ssh`
  readonly user?: string // said elsewhere already
  readonly localUser: string
}

/** A setting, and the line that says it. */
export interface SshSetting {
  readonly value: SshValue
  readonly at: Span
}

/** What a config says of a host: of each keyword the first value, of IdentityFile all. */
export interface SshSettings {
  readonly first: ReadonlyMap<string, SshSetting>
  readonly identityFiles: readonly SshSetting[]
  readonly problems: readonly Problem[] // what only OpenSSH could have decided
}

/** What the configs, in their order, say of a host; the first value wins. */
export function lookUpSsh(configs: readonly SshConfig[], query: SshQuery): SshSettings {
  const seeing: Seeing = { query, first: new Map(), identityFiles: [], problems: [] }
  for (const { statements } of configs) walk(seeing, statements, true)
  return seeing
}

interface Seeing {
  readonly query: SshQuery
  readonly first: Map<string, SshSetting>
  readonly identityFiles: SshSetting[]
  readonly problems: Problem[]
}

/** Blocks of an included file hold only where the Include line does. */
function walk(seeing: Seeing, statements: readonly Statement[], holds: boolean): void {
  let isActive = holds
  for (const statement of statements) {
    if (statement.kind === 'host') isActive = holds && matchesPatterns(seeing.query.host, statement.patterns)
    else if (statement.kind === 'match') isActive = holds && matchesAll(seeing, statement)
    else if (!isActive) continue
    else if (statement.kind === 'include') walk(seeing, statement.statements, true)
    else take(seeing, statement)
  }
}

/** Of each keyword the first; a time of `none` is the same as none said, and a later line wins. */
function take({ first, identityFiles }: Seeing, { keyword, value, at }: Extract<Statement, { kind: 'set' }>): void {
  if (keyword === 'identityfile') {
    if (!identityFiles.some((one) => one.value.words[0] === value.words[0])) identityFiles.push({ value, at })
    return
  }
  const isNoTime = TIMES.has(keyword) && value.number === undefined
  if (!isNoTime && !first.has(keyword) && !isOtherWay(first, keyword)) first.set(keyword, { value, at })
}

/** ProxyJump and ProxyCommand are one choice; a command may still follow `ProxyJump none`. */
function isOtherWay(first: SshSettings['first'], keyword: string): boolean {
  if (keyword === 'proxyjump') return first.has('proxycommand')
  return keyword === 'proxycommand' && (first.get('proxyjump')?.value.words[0] ?? 'none') !== 'none'
}

const TIMES: ReadonlySet<string> = new Set(['connecttimeout', 'serveraliveinterval'])

function matchesAll(seeing: Seeing, { criteria, at }: Extract<Statement, { kind: 'match' }>): boolean {
  for (const { isNegated, name, argument } of criteria) {
    const matches = matchesOne(seeing, name, argument)
    if (matches === undefined) {
      seeing.problems.push({
        kind: 'schema',
        at,
        message: `the criterion ${name} of Match is for the openssh transport only`,
        hint: 'set ansible_connection: openssh for this host, or write the block with Host',
      })
      return false
    }
    if (matches === isNegated) return false
  }
  return true
}

function matchesOne({ query, first }: Seeing, name: string, argument: string): boolean | undefined {
  const patterns = argument.split(',')
  const lower = patterns.map((pattern) => pattern.toLowerCase())
  const said = (keyword: string): string | undefined => first.get(keyword)?.value.words[0]
  switch (name) {
    case 'all':
      return true
    case 'host':
      return matchesPatterns((withHost(said('hostname') ?? '%h', query.host) ?? '').toLowerCase(), lower)
    case 'originalhost':
      return matchesPatterns(query.host.toLowerCase(), lower)
    case 'user':
      return matchesPatterns(query.user ?? said('user') ?? query.localUser, patterns)
    case 'localuser':
      return matchesPatterns(query.localUser, patterns)
    default:
      return undefined
  }
}

/** HostName with its %h and %% replaced; undefined where it holds another token. */
export function withHost(hostName: string, host: string): string | undefined {
  const isClean = !matchesWildcard(hostName.replaceAll(/%[%h]/g, ''), '*%*')
  return isClean ? hostName.replaceAll(/%([%h])/g, (_, token: string) => (token === 'h' ? host : '%')) : undefined
}
