import { sh } from '../model/command.ts'
import { privilegeOf } from './host-context.ts'
import type { ApplyInput } from './input.ts'
import type { OpenHosts } from './open-hosts.ts'
import { eachLimited } from './reads.ts'
import { stepOf } from './running.ts'

/** Whoever has to be root for a planned change is so before the first write: a password that is refused then has left nothing behind. */
export async function becomeFirst({ plan, runbook, forks }: ApplyInput, { contexts }: OpenHosts): Promise<void> {
  const planned = plan.stages.flatMap(({ steps }, stage) => steps.map((step) => ({ ...step, stage })))
  const asRoot = [...contexts.values()].filter((context) =>
    planned.some(
      ({ host, on, decision, ...one }) =>
        host === context.target.name &&
        on === undefined &&
        decision.kind === 'change' &&
        privilegeOf(runbook, stepOf(runbook, one), context) === 'root',
    ),
  )
  await eachLimited(asRoot, forks, ({ connection }) => connection.probe('root').run(sh`:`, { label: 'become root' }))
}
