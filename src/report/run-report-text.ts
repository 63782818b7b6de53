import { escapeLine } from '../model/escape.ts'
import type { ChangeRecord, RunRecord } from '../model/run-record.ts'
import { distributionRows } from './distribution-text.ts'
import { columns, count } from './layout.ts'
import { comparisonLines } from './measure-text.ts'
import { outcomeText } from './outcome-text.ts'
import type { Style } from './style.ts'

/** Where flame graphs were drawn, by the kept file that each is of. */
export type Pictures = ReadonlyMap<string, string>

/** How a report is shown; the run's folder is where its record lies, absolute. */
interface Shown {
  readonly style: Style
  readonly folder: string
  readonly pictures?: Pictures
}

/** A run for people: how it ended, what was measured before and after, what changed where, what is owed, what failed. */
export function runReportText(record: RunRecord, { style, folder, pictures }: Shown): string {
  const parts = [
    head(record, style),
    measures(record, style),
    distributions(record, style),
    changes(record, { style, folder, ...(pictures ? { pictures } : {}) }),
    owed(record, style),
    problems(record, style),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function head({ run, started, outcome, finishedAt }: RunRecord, style: Style): string {
  const of = started.of === undefined ? '' : ` (undoes ${started.of})`
  const rows = [
    ['runbook', started.runbook.name],
    ['verb', `${started.verb}${of}`],
    ['hosts', started.hosts.join(', ')],
    ['started', started.startedAt],
    ['ended', finishedAt ?? '-'],
    ...started.params.map((param) => [
      param.name,
      `${JSON.stringify(param.value)} (${param.origin}${param.host === undefined ? '' : `, ${param.host}`})`,
    ]),
  ]
  return [
    `${style.bold(`Run ${run}`)}: ${outcomeText(outcome, style)}`,
    ...columns(rows.map((row) => row.map(escapeLine))).map((line) => `  ${line}`),
  ].join('\n')
}

function measures({ readings }: RunRecord, style: Style): string {
  const lines = comparisonLines(readings, style).map((line) => `  ${line}`)
  return lines.length === 0 ? '' : [style.bold('Measured'), ...lines].join('\n')
}

function distributions({ readings }: RunRecord, style: Style): string {
  const rows = distributionRows(readings).map((row) => row.map(escapeLine))
  return rows.length === 0 ? '' : [style.bold('How it lies'), ...columns(rows).map((line) => `  ${line}`)].join('\n')
}

function changes({ changes: all, unchanged }: RunRecord, { style, folder, pictures }: Shown): string {
  const hosts = [...new Set(all.map((change) => change.host))]
  const lines = hosts.flatMap((host) => [
    `  ${style.bold(escapeLine(host))}`,
    ...all
      .filter((change) => change.host === host)
      .flatMap((change) => [
        `    ${stateWord(change, style)} ${escapeLine(`${change.name}: ${change.change.summary}`)}`,
        ...keptFiles(change, folder, pictures).map((file) => `      ${escapeLine(file)}`),
      ]),
  ])
  const title = all.length === 0 ? 'Nothing was changed' : `${count(all.length, 'change')}, ${unchanged} without need`
  return [style.bold(title), ...lines].join('\n')
}

function keptFiles({ kept }: ChangeRecord, folder: string, pictures?: Pictures): readonly string[] {
  const picture = kept && pictures?.get(kept.file)
  return kept ? [`${folder}/${kept.file}`, ...(picture === undefined ? [] : [picture])] : []
}

function stateWord({ state }: ChangeRecord, style: Style): string {
  switch (state) {
    case 'changed':
      return style.green('changed')
    case 'undone':
      return style.yellow('undone')
    case 'started':
      return style.red('in doubt')
    case 'failed':
      return style.red('failed')
    case 'undo-failed':
      return style.red('undo failed')
  }
}

function owed({ owed: restarts }: RunRecord, style: Style): string {
  const lines = restarts.map(
    (restart) => `  ${escapeLine(`${restart.host}: step ${restart.step}, because ${restart.because} changed`)}`,
  )
  return lines.length === 0 ? '' : [style.yellow(style.bold('Still owed')), ...lines].join('\n')
}

function problems({ problems: all }: RunRecord, style: Style): string {
  const lines = all.map(
    (problem) => `  ${escapeLine(`${problem.host === undefined ? '' : `${problem.host}: `}${problem.message}`)}`,
  )
  return lines.length === 0 ? '' : [style.red(style.bold('Problems')), ...lines].join('\n')
}
