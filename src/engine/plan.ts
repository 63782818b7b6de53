import type { HostName } from '../model/id.ts'
import type { JsonObject } from '../model/json.ts'
import type { Plan } from '../model/plan.ts'
import type { Runbook } from '../model/runbook.ts'
import { gatherFacts } from './facts.ts'
import { type Contexts, type HostContext, restorePast } from './host-context.ts'
import type { PlanInput } from './input.ts'
import { interruptedStage, recallFacts } from './kept-facts.ts'
import { probesIn } from './lanes.ts'
import { beginLooking, probeAt } from './looking.ts'
import { takeMeasures } from './measure.ts'
import { needToGoOn } from './need.ts'
import { type OpenHosts, openHosts } from './open-hosts.ts'
import { planGuards, planStages, prefetch } from './plan-stages.ts'

/** Makes the plan: connects, looks, measures, decides, disconnects. Writes nothing anywhere. */
export async function makePlan(input: PlanInput): Promise<Plan> {
  const open = await openHosts(input, (host) => needToGoOn(host, input))
  try {
    return await planOn(input, open, 'measured')
  } finally {
    await open.close()
  }
}

/** The plan on hosts already open; `unmeasured` leaves the measures out: a plan is verified without them. */
export async function planOn(input: PlanInput, open: OpenHosts, measures: 'measured' | 'unmeasured'): Promise<Plan> {
  const { runbook } = input
  const { contexts } = open
  if (input.past) restorePast(contexts, input.past)
  const hosts = input.hosts.map((target) => target.name)
  const looking = beginLooking(input, contexts, hosts)
  const there = { ...looking, hosts: recallFacts(looking, input) } // the others are only looked at from where they were switched off

  for (const host of hosts) input.emit({ type: 'planning', host })
  const early = prefetch(there, 'no facts') // leaves with the facts: a round trip less
  await gatherFacts({
    ...there,
    ...interruptedStage(input),
    probeFor: (host, step) => probeAt(looking, { host, step }),
  })
  const facts = factsOf(runbook, contexts)
  const [guards] = await Promise.all([planGuards(looking), early, prefetch(there, 'all')])
  const stages = await planStages(looking)
  const readings = measures === 'measured' ? await measureOnce(input, contexts, there.hosts) : []
  const plan: Plan = {
    format: 1,
    tool: input.tool,
    createdAt: input.clock.now().toISOString(),
    runbook: { name: runbook.name, file: runbook.file, sha256: runbook.sha256 },
    inventory: input.inventory,
    ...(input.salt === undefined ? {} : { salt: input.salt }),
    params: input.params,
    hosts: await open.identities(),
    facts,
    guards,
    measures: readings,
    stages,
  }
  return input.concealing?.plan(plan) ?? plan
}

/** Measures that ask a host the same question share its answer, and so the same sampling window. */
function measureOnce(input: PlanInput, contexts: Contexts, hosts: readonly HostName[]) {
  const looking = beginLooking(input, contexts, hosts)
  return takeMeasures({
    runbook: input.runbook,
    emit: input.emit,
    contexts,
    hosts,
    phase: 'before',
    before: [],
    probeFor: probesIn(looking, input.runbook.measures),
  })
}

/** The outputs of the runbook's facts, by host; its vars follow from them. */
const factsOf = (runbook: Runbook, contexts: Contexts): Plan['facts'] => {
  const names = runbook.facts.flatMap((step) => step.as ?? [])
  const included = (runbook.includes ?? []).flatMap(({ facts }) => facts.flatMap((step) => step.as ?? []))
  const outputs = ({ outputs: all }: HostContext): JsonObject =>
    Object.fromEntries(
      [...names, ...included.filter((name) => all.has(name))].map((name) => [name, all.get(name) ?? null]),
    )
  return Object.fromEntries([...contexts].map(([host, context]) => [host, outputs(context)]))
}
