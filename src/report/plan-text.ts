import { escapeLine } from '../model/escape.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { isObject } from '../model/json.ts'
import { countPlan, type Plan, type PlannedDecision, type PlannedStage, plannedSteps } from '../model/plan.ts'
import { columns, count, indent, wrap, wrapGroups } from './layout.ts'
import { readingLines } from './measure-text.ts'
import { stepText } from './step-text.ts'
import type { Style } from './style.ts'

/** How a plan is shown: `changes` leaves out steps with nothing to do, `everything` shows them and all facts. */
export interface PlanLook {
  readonly style: Style
  readonly detail: 'changes' | 'everything'
  readonly next?: string // the command to type next
}

/** A plan for people: parameters, what was seen and measured, guards, stages with every change, counts. */
export function planText(plan: Plan, look: PlanLook): string {
  const parts = [
    headText(plan, look),
    factsText(plan, look),
    measuresText(plan, look),
    guardsText(plan, look),
    ...plan.stages.map((stage, index) => stageText({ stage, index, many: plan.stages.length > 1 }, look)),
    countsText(plan, look),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function headText(plan: Plan, { style }: PlanLook): string {
  const { runbook, hosts, params } = plan
  const rows = params.map((param) => [
    escapeLine(param.name),
    `= ${valueText(param.value)}`,
    style.dim(escapeLine(param.host === undefined ? param.origin : `${param.origin} (${param.host})`)),
  ])
  const title = `${style.bold(`Plan of ${escapeLine(runbook.name)}`)} on ${count(hosts.length, 'host')}${elsewhereText(plan)}`
  return [title, ...columns(rows).map((line) => `  ${line}`)].join('\n')
}

/** Hosts that are not of the run, and that steps work on all the same. */
function elsewhereText(plan: Plan): string {
  const own = new Set(plan.hosts.map(({ host }) => host))
  const others = new Set(
    plannedSteps(plan).flatMap(({ on }) => (on === undefined || own.has(on) ? [] : [escapeLine(on)])),
  )
  return others.size === 0 ? '' : `; steps also work on ${[...others].join(', ')}`
}

/** Facts by name and value, hosts with the same one together; unless everything is asked for, without what is null. */
function factsText({ facts }: Plan, { style, detail }: PlanLook): string {
  const seen = Object.entries(facts).flatMap(([host, outputs]) =>
    Object.entries(outputs).map(([name, value]) => ({ host, name, value, text: JSON.stringify(value) })),
  )
  const named = [...Map.groupBy(seen, ({ name }) => name).values()]
  const lines = named.flatMap((one) => {
    return [...Map.groupBy(one, ({ text }) => text).values()].flatMap((group) => {
      const [first] = group
      return first ? factLines(first, { hosts: group.map(({ host }) => escapeLine(host)), detail }) : []
    })
  })
  return lines.length === 0 ? '' : [style.bold('Seen'), ...lines].join('\n')
}

/** One value on one line, several below a line with the hosts. */
function factLines(
  { name, value }: { readonly name: string; readonly value: Json },
  { hosts, detail }: { readonly hosts: readonly string[]; readonly detail: PlanLook['detail'] },
): readonly string[] {
  const title = `  ${escapeLine(name)} on `
  if (!isJsonObject(value)) return [`${wrap(hosts, title)}: ${valueText(value)}`]
  const items = Object.entries(value).map(([key, one]) => ({ shown: `${escapeLine(key)} ${valueText(one)}`, one }))
  const chosen = detail === 'everything' ? items : items.filter(({ one }) => isScalar(one))
  const texts = chosen.map(({ shown }) => shown)
  return [wrap(hosts, title), wrap(detail === 'everything' ? texts : shortened(texts), '    ')]
}

const isScalar = (value: Json): boolean => value !== null && typeof value !== 'object'

const FACT_ITEMS = 10 // more than that is for -v

const shortened = (items: readonly string[]): readonly string[] =>
  items.length <= FACT_ITEMS ? items : [...items.slice(0, FACT_ITEMS), `and ${items.length - FACT_ITEMS} more: -v`]

const isJsonObject = (value: Json): value is JsonObject => isObject(value)

function valueText(value: Json): string {
  if (typeof value === 'string') return value === '' ? '""' : clip(escapeLine(value))
  return clip(escapeLine(JSON.stringify(value)))
}

const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text)

const measuresText = ({ measures }: Plan, { style }: PlanLook): string =>
  measures.length === 0
    ? ''
    : [style.bold('Measured before'), ...readingLines(measures, style).map((line) => `  ${line}`)].join('\n')

function guardsText({ guards }: Plan, look: PlanLook): string {
  if (guards.length === 0) return ''
  const { style } = look
  const failed = guards.filter((guard) => guard.decision.kind === 'blocked')
  const passed = guards.length - failed.length
  const lines = (look.detail === 'everything' ? guards : failed).map((guard) =>
    indent(stepText({ ...guard, name: `${guard.host}: ${guard.name}` }, style), '  '),
  )
  return [`${style.bold('Guards')}: ${passed} of ${guards.length} passed`, ...lines].join('\n')
}

interface StageAt {
  readonly stage: PlannedStage
  readonly index: number
  readonly many: boolean
}

function stageText({ stage, index, many }: StageAt, look: PlanLook): string {
  const { style } = look
  const title = many ? `Stage ${index + 1}: ${escapeLine(stage.name)}` : escapeLine(stage.name)
  const batches = stage.batches.map((batch) => batch.map(escapeLine))
  if (batches.length === 0) return `${style.bold(title)}: on no host of this run`
  const order = batches.length > 1 ? wrapGroups(batches, '  in batches: ') : ''
  if (look.detail === 'changes' && stage.steps.every((step) => isQuiet(step.decision)))
    return `${style.bold(title)}: nothing to do`
  const lines = hostTexts(stage, look)
  return [style.bold(title), ...(order === '' ? [] : [order]), ...lines].join('\n')
}

/** Hosts for which everything is the same are shown once, under all their names. */
function hostTexts(stage: PlannedStage, { style, detail }: PlanLook): readonly string[] {
  const hosts = [...new Set(stage.steps.map((step) => step.host))]
  const texts = hosts.map((host) => ({
    host,
    text: stage.steps
      .filter((step) => step.host === host)
      .filter((step) => detail === 'everything' || !isQuiet(step.decision))
      .map((step) => stepText(step, style))
      .join('\n'),
  }))
  return [...Map.groupBy(texts, ({ text }) => text)].map(([text, group]) => {
    const names = wrap(
      group.map(({ host }) => escapeLine(host)),
      '  ',
    )
    return `${style.bold(names)}\n${indent(text === '' ? '= nothing to do' : text, '    ')}`
  })
}

const isQuiet = (decision: PlannedDecision): boolean => decision.kind === 'noop' || decision.kind === 'skipped'

function countsText(plan: Plan, { style, next }: PlanLook): string {
  const counts = countPlan(plan)
  const words = [
    `${counts.change} to change`,
    `${counts.noop} unchanged`,
    ...(counts.deferred > 0 ? [`${counts.deferred} assumed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    ...(counts.blocked > 0 ? [style.red(`${counts.blocked} blocked`)] : []),
  ]
  const line = `${style.bold('Plan')}: ${words.join(', ')}. Nothing was changed.`
  return next === undefined ? line : `${line}\n${style.cyan('next:')} ${next}`
}
