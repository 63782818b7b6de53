import type { Problem } from '../model/problem.ts'
import type { RulePage } from '../model/rule.ts'
import { count } from './layout.ts'

/** A problem of a file as machines read it; `rule` is its rule or its kind. */
export const findingJson = ({ kind, rule, severity = 'error', message, hint, host, at }: Problem) => ({
  rule: rule ?? kind,
  severity,
  message,
  ...(hint === undefined ? {} : { hint }),
  ...(host === undefined ? {} : { host }),
  ...(at === undefined ? {} : { file: at.file, line: at.line, column: at.column, length: at.length }),
})

/** "2 errors, 1 warning"; empty where there is nothing. */
export function findingCounts(findings: readonly Problem[]): string {
  const of = (wanted: string): number => findings.filter(({ severity = 'error' }) => severity === wanted).length
  return (['error', 'warning', 'info'] as const)
    .filter((severity) => of(severity) > 0)
    .map((severity) => (severity === 'info' ? count(of(severity), 'remark') : count(of(severity), severity)))
    .join(', ')
}

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const

/** Workflow commands of GitHub Actions, which show each finding at its line. */
export const findingsGithub = (findings: readonly Problem[]): string =>
  findings.map((finding) => `${githubLine(finding)}\n`).join('')

function githubLine({ severity = 'error', rule, kind, message, hint, at }: Problem): string {
  const place = at ? { file: at.file, line: at.line, col: at.column } : {}
  const properties = Object.entries({ ...place, title: rule ?? kind }).map(
    ([name, value]) => `${name}=${escaped(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C')}`,
  )
  return `::${COMMANDS[severity]} ${properties.join(',')}::${escaped(hint === undefined ? message : `${message} (${hint})`)}`
}

/** As @actions/core escapes data. */
const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const

/** SARIF 2.1.0 (OASIS), one run, with the pages of the rules that are told. */
export function findingsSarif(findings: readonly Problem[], pages: readonly RulePage[]): string {
  const told = new Set(findings.map(({ rule, kind }) => rule ?? kind))
  const rules = pages
    .filter(({ id }) => told.has(id))
    .map(({ id, title, why }) => ({ id, shortDescription: { text: title }, fullDescription: { text: why } }))
  const results = findings.map(({ severity = 'error', rule, kind, message, at }) => ({
    ruleId: rule ?? kind,
    level: LEVELS[severity],
    message: { text: message },
    ...(at ? { locations: [{ physicalLocation: physical(at) }] } : {}),
  }))
  const run = { tool: { driver: { name: 'runbook', rules } }, columnKind: 'utf16CodeUnits', results }
  return `${JSON.stringify({ $schema: SARIF_SCHEMA, version: '2.1.0', runs: [run] }, undefined, 2)}\n`
}

const SARIF_SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

const physical = ({ file, line, column, length }: Problem['at'] & {}) => ({
  artifactLocation: { uri: encodeURI(file) },
  region: { startLine: line, startColumn: column, endColumn: column + length },
})
