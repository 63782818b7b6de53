import type { PlanInput } from '../engine/input.ts'
import { makePlan } from '../engine/plan.ts'
import type { Plan } from '../model/plan.ts'
import { type EngineInput, planInputOf } from './engine-input.ts'
import type { Telling } from './look.ts'
import { watched } from './watched.ts'

/** Looks at the hosts and plans, while a view of it is shown; Ctrl-C ends the program, as nothing is changed. */
export async function planNow(telling: Telling, input: Omit<EngineInput, 'emit'>): Promise<Plan> {
  const { runbook, hosts } = input.prepared
  const phase = {
    title: `Planning ${runbook.name}`,
    hosts: hosts.map((host) => host.name),
    after: 'cleared',
    during: 'looking',
  } as const
  return watched(telling, phase, async ({ emit }): Promise<Plan> => {
    const planInput: PlanInput = await planInputOf({ ...input, emit })
    return makePlan(planInput)
  })
}
