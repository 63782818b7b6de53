import type { HostName } from '../model/id.ts'
import type { Json } from '../model/json.ts'
import type { Probe } from '../model/module.ts'
import { ProblemError } from '../model/problem.ts'
import type { Runbook, Step } from '../model/runbook.ts'
import { bindFor, decide } from './decide.ts'
import { type Contexts, contextOf, keepOutput } from './host-context.ts'
import { chooseInclude, isTaken } from './includes.ts'
import type { PlanInput } from './input.ts'
import { keptFact } from './kept-facts.ts'

export interface FactsInput {
  readonly runbook: Runbook
  readonly contexts: Contexts
  readonly hosts: readonly HostName[]
  readonly probeFor: (host: HostName, step: Step) => Probe
  readonly includeHosts?: PlanInput['includeHosts']
  readonly past?: PlanInput['past']
  readonly stage?: number // for which they are gathered, of a run that is gone on with
  readonly kept?: (host: HostName, name: string) => void // told of each fact of the runbook itself as it becomes known
}

/**
 * Runs the runbook's facts on the hosts and then its vars, and then those of each include where it is taken. Facts that need no other fact go out together, so that a
 * host is asked once per level of dependence.
 */
export async function gatherFacts(input: FactsInput): Promise<void> {
  await gatherOf(input, input.runbook)
  for (const include of input.runbook.includes ?? []) {
    for (const host of input.hosts) chooseInclude(input, include, host)
    const hosts = input.hosts.filter((host) => isTaken(input.contexts, host, include.id))
    await gatherOf({ ...input, hosts }, include)
  }
}

type Gathered = Pick<Runbook, 'facts' | 'vars'>

async function gatherOf(input: FactsInput, { facts, vars }: Gathered): Promise<void> {
  await Promise.all(input.hosts.map((host) => gatherHost(input, host, facts)))
  // A var may look at all hosts, so every host's facts are there first; and at vars before it.
  for (const { name, value } of vars) {
    for (const host of input.hosts) {
      const bound = bindFor({ contexts: input.contexts, host }, value)
      contextOf(input.contexts, host).outputs.set(name, bound)
    }
  }
}

async function gatherHost(input: FactsInput, host: HostName, facts: readonly Step[]): Promise<void> {
  let left = facts
  while (left.length > 0) {
    const unknown = new Set(left.map((step) => step.as))
    const ready = left.filter((step) => !namesOf(step).some((name) => unknown.has(name)))
    const wave = ready.length > 0 ? ready : left.slice(0, 1)
    await Promise.all(wave.map((step) => gatherOne(input, host, step)))
    left = left.filter((step) => !wave.includes(step))
  }
}

const namesOf = (step: Step): readonly string[] => [...step.args.names, ...(step.when?.names ?? [])]

async function gatherOne(input: FactsInput, host: HostName, step: Step): Promise<void> {
  const { contexts } = input
  const known = keptFact(input, host, step)
  keepOutput(contextOf(contexts, host), step, known === undefined ? await lookAt(input, host, step) : known)
  if (step.as !== undefined) input.kept?.(host, step.as)
}

async function lookAt({ contexts, probeFor }: FactsInput, host: HostName, step: Step): Promise<Json | undefined> {
  const decided = await decide({ step, host, contexts, probe: probeFor(host, step), owed: false })
  if (decided.kind === 'blocked') {
    const { message, hint, detail } = decided
    const more = { ...(hint === undefined ? {} : { hint }), ...(detail === undefined ? {} : { detail }) }
    throw new ProblemError({ kind: 'blocked', message, host, step: step.id, at: step.at, ...more })
  }
  return decided.kind === 'noop' ? decided.output : undefined
}
