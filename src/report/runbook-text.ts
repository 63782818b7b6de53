import { escapeLine, escapeText } from '../model/escape.ts'
import type { Param, Rolling, Runbook, Stage, Step } from '../model/runbook.ts'
import { columns, indent } from './layout.ts'
import type { Style } from './style.ts'

/** A runbook for people: what it is for, what it takes, looks at, checks, measures and does, and how it is undone. */
export function runbookText(runbook: Runbook, style: Style): string {
  const section = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : [style.bold(title), ...lines.map((line) => `  ${line}`)].join('\n')
  const parts = [
    `${style.bold(escapeLine(runbook.name))}: ${escapeLine(runbook.summary)}`,
    runbook.description === undefined ? '' : escapeText(runbook.description.trimEnd()),
    section('For symptoms like', runbook.symptoms.map(escapeLine)),
    section('On hosts', [`${escapeLine(runbook.hosts)}${runbook.become ? ', as root' : ''}`]),
    section('Parameters', columns(runbook.params.map(paramRow))),
    section('Looks at', runbook.facts.map(stepLine)),
    section(
      'Only if',
      runbook.guards.map((guard) => escapeLine(guard.name)),
    ),
    section(
      'Measures',
      columns(
        runbook.measures.map((measure) =>
          [measure.name, measure.unit, measure.target?.source ?? '', measure.description ?? ''].map(escapeLine),
        ),
      ),
    ),
    section(
      'Includes',
      (runbook.includes ?? []).map(({ id, runbook: name, when }) =>
        escapeLine(`${name}${id === name ? '' : ` as ${id}`}${when === undefined ? '' : ` (when ${when})`}`),
      ),
    ),
    ...runbook.stages.map((stage, index) =>
      stageText(
        stage,
        runbook.stages.length > 1 ? `Stage ${index + 1}: ${escapeLine(stage.name)}` : escapeLine(stage.name),
        style,
      ),
    ),
    section('When a step fails', [FAILURE[runbook.onFailure]]),
    runbook.onMissedTarget === 'keep' ? '' : section('When a target is missed', [FAILURE[runbook.onMissedTarget]]),
    style.dim(escapeLine(runbook.file)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

const FAILURE: Readonly<Record<Runbook['onFailure'], string>> = {
  stop: 'it stops, and what was changed stays',
  rollback_host: 'it undoes what it changed on that host, and stops',
  rollback_run: 'it undoes what it changed on every host',
}

const paramRow = ({ name, schema, default: fallback, unit, description }: Param): readonly string[] => [
  escapeLine(name),
  escapeLine([typeof schema.type === 'string' ? schema.type : '', unit ?? ''].filter((word) => word !== '').join(', ')),
  fallback === undefined ? 'required' : `default ${escapeLine(JSON.stringify(fallback))}`,
  escapeLine(description),
]

function stageText({ steps, rolling, hosts }: Stage, title: string, style: Style): string {
  const notes = [...(hosts === undefined ? [] : [`on ${escapeLine(hosts)}`]), ...rollingWords(rolling)]
  return [
    style.bold(title),
    ...(notes.length === 0 ? [] : [`  ${style.dim(notes.join('; '))}`]),
    ...steps.map((step, index) => indent(`${index + 1}. ${stepLine(step)}`, '  ')),
  ].join('\n')
}

const rollingWords = ({ batch, orderBy, gate }: Rolling): readonly string[] => [
  `${batch.join(', then ')} at a time`,
  ...(orderBy === undefined ? [] : [`ordered by ${escapeLine(orderBy.source)}`]),
  ...(gate.length === 0 ? [] : [`gate: ${gate.map((step) => escapeLine(step.name)).join(', ')}`]),
]

function stepLine(step: Step): string {
  const notes = [
    step.module.name,
    ...(step.when === undefined ? [] : [`when ${step.when.source}`]),
    ...(step.whenChanged.length === 0 ? [] : [`when ${step.whenChanged.join(' or ')} changed`]),
    ...(step.on === undefined ? [] : [`on ${step.on.source}`]),
    ...(step.kept ? ['kept for a run that goes on'] : []),
    ...(step.runOnce ? ['once'] : []),
    ...(step.irreversible ? ['irreversible'] : []),
    ...(step.retry?.until === undefined ? [] : [`until ${step.retry.until.source}`]),
    ...(step.undo === undefined ? [] : [`undone by ${step.undo.module.name}`]),
    ...(step.commit ? ['point of no return'] : []),
  ]
  return escapeLine(`${step.name} (${notes.join('; ')})`)
}
