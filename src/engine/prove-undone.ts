import { canonical } from '../model/json.ts'
import type { Decision } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import type { ChangeRecord } from '../model/run-record.ts'
import type { Step } from '../model/runbook.ts'
import { workplaceOf } from './elsewhere.ts'
import { privilegeOf } from './host-context.ts'
import { liveProbe } from './reads.ts'
import type { Running } from './running.ts'

/** Undone is proven as done is: looking again, the module must see the state from before. */
export async function proveUndone({ contexts, input }: Running, record: ChangeRecord, step: Step): Promise<void> {
  const context = await workplaceOf({ contexts, host: record.host, step }, record.on)
  const probe = liveProbe(context.connection, privilegeOf(input.runbook, step, context), step.timeoutMs)
  const decision = step.module.plan(record.args, await step.module.read(record.args, probe))
  const before = decision.kind === 'change' ? decision.change.before : undefined
  if (before && canonical(before) === canonical(record.change.before)) return
  throw new ProblemError({
    kind: 'rollback-failed',
    message: `undoing "${record.change.summary}" did not bring the earlier state back`,
    detail: `wanted: ${canonical(record.change.before)}\nfound:  ${before ? canonical(before) : foundText(decision)}`,
    hint: `the pre-image lies on the host in ${record.folder}`,
  })
}

const foundText = (decision: Decision): string =>
  decision.kind === 'blocked' ? `blocked: ${decision.message}` : decision.kind
