import { escapeText } from '../model/escape.ts'
import type { Reading } from '../model/measure.ts'
import type { Detail } from '../model/module.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import { distributionRows } from './distribution-text.ts'
import { markdownBlock, markdownTable, markdownText } from './markdown.ts'
import { compare } from './measure-text.ts'
import { quantityText } from './number-text.ts'
import { outcomeText } from './outcome-text.ts'
import type { Pictures } from './run-report-text.ts'
import { plainStyle } from './style.ts'

/** A run as Markdown, for a ticket or a pull request: the text report with every change in full. */
export function runReportMarkdown(record: RunRecord, pictures: Pictures = new Map()): string {
  const parts = [head(record), measures(record), distributions(record), changes(record, pictures), problems(record)]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function head({ run, started, outcome, finishedAt }: RunRecord): string {
  const rows = [
    ['run', `\`${run}\``],
    ['verb', started.verb + (started.of === undefined ? '' : ` of \`${started.of}\``)],
    ['hosts', started.hosts.map(markdownText).join(', ')],
    ['started', started.startedAt],
    ['ended', finishedAt ?? 'not yet'],
    ...started.params.map((param) => [markdownText(param.name), markdownText(JSON.stringify(param.value))]),
  ]
  return [
    `# ${markdownText(started.runbook.name)}`,
    `**${outcomeText(outcome, plainStyle)}**`,
    markdownTable(['', ''], rows),
  ].join('\n\n')
}

function measures({ readings }: RunRecord): string {
  const rows = compare(readings).map(({ measure, host, before, after, afterRollback }) => {
    const latest = after ?? before
    return [
      measure,
      host,
      ...[before, after, afterRollback].map(numberCell),
      latest?.target ?? '',
      verdict(latest),
    ].map(markdownText)
  })
  if (rows.length === 0) return ''
  return [
    '## Measured',
    markdownTable(['measure', 'host', 'before', 'after', 'after rollback', 'target', ''], rows),
  ].join('\n\n')
}

function distributions({ readings }: RunRecord): string {
  const [heads, ...rows] = distributionRows(readings).map((row) => row.map(markdownText))
  return heads ? ['## How it lies', markdownTable(heads, rows)].join('\n\n') : ''
}

const numberCell = (reading: Reading | undefined): string =>
  reading === undefined ? '' : quantityText(reading.value, reading.unit)

const verdict = (reading: Reading | undefined): string => reading?.verdict?.toUpperCase() ?? ''

function changes({ changes: all }: RunRecord, pictures: Pictures): string {
  if (all.length === 0) return '## Changes\n\nNothing was changed.'
  return ['## Changes', ...all.map((change) => changePart(change, pictures))].join('\n\n')
}

function changePart({ host, name, state, change, kept }: ChangeRecord, pictures: Pictures): string {
  const title = `### ${markdownText(host)}: ${markdownText(name)} (${state})`
  const record = kept ? [markdownText(`kept as ${kept.file}, ${kept.bytes} bytes, sha256 ${kept.sha256}`)] : []
  const drawn = kept && pictures.get(kept.file)
  const picture = drawn === undefined ? [] : [`![flame graph](<${encodeURI(drawn)}>)`]
  return [title, markdownText(change.summary), ...change.details.map(detailPart), ...record, ...picture].join('\n\n')
}

function detailPart(detail: Detail): string {
  switch (detail.kind) {
    case 'diff':
      return markdownBlock(escapeText(detail.diff.trimEnd()), 'diff')
    case 'command':
      return markdownBlock(escapeText(detail.command.trimEnd()), 'sh')
    case 'value':
      return `- ${markdownText(`${detail.name}: ${detail.before} -> ${detail.after}`)}`
    case 'note':
      return markdownText(detail.text)
  }
}

const problems = ({ problems: all }: RunRecord): string =>
  all.length === 0
    ? ''
    : [
        '## Problems',
        ...all.map(
          (problem) =>
            `- ${markdownText(`${problem.host === undefined ? '' : `${problem.host}: `}${problem.message}`)}`,
        ),
      ].join('\n')
