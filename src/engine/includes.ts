import type { RecordedEvent } from '../model/event.ts'
import type { HostName, StepId } from '../model/id.ts'
import { paramsOf } from '../model/include-names.ts'
import type { RunRecord } from '../model/run-record.ts'
import type { Include, Runbook } from '../model/runbook.ts'
import { bindFor } from './decide.ts'
import { type Contexts, contextOf } from './host-context.ts'
import type { PlanInput } from './input.ts'

interface Choosing {
  readonly contexts: Contexts
  readonly includeHosts?: PlanInput['includeHosts']
}

/**
 * Settles whether an include is taken on a host, and with which parameters. Once in a run: what its own steps change
 * must not take away the reason for the steps after them.
 */
export function chooseInclude({ contexts, includeHosts }: Choosing, include: Include, host: HostName): void {
  const { outputs, past } = contextOf(contexts, host)
  const key = paramsOf(include.id)
  if (outputs.has(key)) return
  const earlier = past.get(include.id)?.output
  const isMeant = includeHosts?.get(include.id)?.includes(host) ?? true
  outputs.set(key, earlier !== undefined ? earlier : isMeant ? bindFor({ contexts, host }, include.params) : null)
}

/** Whether what comes from an include is for this host; what comes from none always is. */
export const isTaken = (contexts: Contexts, host: HostName, include: StepId | undefined): boolean =>
  include === undefined || (contextOf(contexts, host).outputs.get(paramsOf(include)) ?? null) !== null

/** Tells the contexts what an earlier part of the run, or the run that is undone, has chosen. */
export function restoreChoices(contexts: Contexts, runbook: Runbook, { finished }: RunRecord): void {
  const ids = new Set((runbook.includes ?? []).map(({ id }) => id))
  for (const { host, step, output } of finished) {
    if (ids.has(step) && output !== undefined) contexts.get(host)?.outputs.set(paramsOf(step), output)
  }
}

/** What is recorded of every choice that the run's journal does not hold yet. */
export const choiceEvents = (contexts: Contexts, { includes = [], stages }: Runbook): readonly RecordedEvent[] =>
  includes.flatMap((include) =>
    [...contexts].flatMap(([host, { outputs, past }]): readonly RecordedEvent[] => {
      const params = outputs.get(paramsOf(include.id))
      if (params === undefined || past.has(include.id)) return []
      const stage = Math.max(
        0,
        stages.findIndex((one) => one.include === include.id),
      )
      const said =
        params === null ? `${include.runbook} is not included${whyNot(include)}` : `${include.runbook} is included`
      const result = params === null ? 'skipped' : 'ok'
      return [{ type: 'step-finished', host, stage, step: include.id, result, summary: said, output: params }]
    }),
  )

const whyNot = ({ when }: Include): string => (when === undefined ? '' : `: ${when}`)
