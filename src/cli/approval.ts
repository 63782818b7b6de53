import type { Plan } from '../model/plan.ts'
import { plannedSteps } from '../model/plan.ts'
import { ProblemError } from '../model/problem.ts'
import { ask, canAsk } from './ask.ts'
import type { Approval } from './command.ts'
import type { World } from './world.ts'

/** What is agreed to: whether to go on, and whether also with what cannot be undone. */
export interface Consent {
  readonly goOn: 'yes' | 'no'
  readonly irreversible: 'yes' | 'no'
}

/**
 * Asks for what the options do not answer. Where nobody can answer it throws ProblemError: kind irreversible where the
 * plan holds what cannot be undone, else usage.
 */
export async function askToApply(
  plan: Plan,
  { approval, world }: { readonly approval: Approval; readonly world: World },
): Promise<Consent> {
  const final = irreversibleSteps(plan)
  if (final.length > 0 && approval.irreversible === 'ask') return askIrreversible(plan, { final, approval, world })
  if (approval.changes === 'ask' && !(await askYes(world, { question: 'Apply this plan? Only "yes" does:', approval })))
    return { goOn: 'no', irreversible: 'no' }
  return { goOn: 'yes', irreversible: approval.irreversible === 'given' ? 'yes' : 'no' }
}

/** A question that only `yes` (or --yes) answers. Throws ProblemError kind usage where nobody can answer. */
export async function askYes(
  world: World,
  { question, approval }: { readonly question: string; readonly approval: Approval },
): Promise<boolean> {
  if (approval.changes === 'given') return true
  if (!canAsk(world, approval.input)) {
    throw new ProblemError({
      kind: 'usage',
      message: 'this needs an answer, and there is no terminal to ask on',
      hint: 'look at the above, then say --yes',
    })
  }
  return /^y(es)?$/i.test(await ask(world, question))
}

/** Agreeing to what cannot be undone takes the name of the runbook: a `y` is typed too easily. */
async function askIrreversible(
  { runbook }: Plan,
  { final, approval, world }: { readonly final: readonly string[]; readonly approval: Approval; readonly world: World },
): Promise<Consent> {
  if (approval.changes === 'given' || !canAsk(world, approval.input)) {
    throw new ProblemError({
      kind: 'irreversible',
      message: `${final.length === 1 ? 'a change' : `${final.length} changes`} of this plan cannot be undone`,
      detail: final.join('\n'),
      hint: 'look at the plan, then say --allow-irreversible',
    })
  }
  const answer = await ask(
    world,
    `What is marked irreversible cannot be undone. Type the name of the runbook to apply it (${runbook.name}):`,
  )
  return answer === runbook.name ? { goOn: 'yes', irreversible: 'yes' } : { goOn: 'no', irreversible: 'no' }
}

const irreversibleSteps = (plan: Plan): readonly string[] =>
  plannedSteps(plan).flatMap(({ host, name, decision }) =>
    decision.kind === 'change' && !decision.change.reversible ? [`${host}: ${name}: ${decision.change.summary}`] : [],
  )
