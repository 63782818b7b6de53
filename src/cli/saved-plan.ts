import { existsSync } from 'node:fs'
import path from 'node:path'
import { parsePlanFile } from '../load/plan-file.ts'
import { readText } from '../load/source-text.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Plan, ResolvedParam } from '../model/plan.ts'
import { type Problem, ProblemError, unwrap } from '../model/problem.ts'
import type { Runbook } from '../model/runbook.ts'
import type { Targets } from './command.ts'
import { changedSecrets } from './secret-checks.ts'
import { versionOf } from './version.ts'
import type { World } from './world.ts'

/** Whether the argument of apply means a plan that was kept, and not a runbook. */
export const isPlanFile = (name: string): boolean => /\.json$/.test(name)

/** A plan that `plan --out` wrote. */
export const readPlan = (file: string, { cwd }: World): Plan =>
  unwrap(parsePlanFile(unwrap(readText(path.resolve(cwd, file), 'plan')), file))

/** The runbook of a plan: its file where that still is, else its name. */
export const runbookOf = ({ runbook }: Plan, { cwd }: World): string =>
  existsSync(path.resolve(cwd, runbook.file)) && /[/.]/.test(runbook.file) ? runbook.file : runbook.name

/**
 * Options with which everything resolves as it did for the plan. Throws ProblemError kind usage where the call asks for
 * something else: values and hosts of a plan are settled.
 */
export function targetsOf(plan: Plan, given: Targets): Targets {
  const other = [
    ...(given.limit !== undefined && given.limit !== plan.inventory.limit ? ['--limit'] : []),
    ...(given.set.length > 0 ? ['--set'] : []),
  ]
  if (other.length > 0) {
    throw new ProblemError({
      kind: 'usage',
      message: `${other.join(' and ')} cannot change a plan that was kept`,
      hint: 'make a new plan with other values or hosts',
    })
  }
  const { limit, sources } = plan.inventory
  return {
    inventories: given.inventories.length > 0 ? given.inventories : sources,
    varsFiles: given.varsFiles.length > 0 ? given.varsFiles : (plan.inventory.varsFiles ?? []),
    set: setAgain(plan.params),
    ...(limit === undefined ? {} : { limit }),
  }
}

/**
 * Values as --set takes them: texts as they are, everything else as JSON, which is YAML. Of secrets where they come from;
 * those of the inventory and of files of variables are read there again, as are values that differ between hosts.
 */
export const setAgain = (params: readonly ResolvedParam[]): readonly string[] =>
  params.flatMap(({ name, value, secret, host }) => {
    if (secret) return secret.source === undefined ? [] : [`${name}=${JSON.stringify(secret.source)}`]
    return host === undefined ? [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`] : []
  })

/** Throws ProblemError kind plan-stale where a secret is not the one that the plan was made with. */
export function refuseOtherSecrets(plan: Plan, now: readonly ResolvedParam[]): void {
  const [first, ...others] = changedSecrets(plan.params, now).map(
    (name): Problem => ({
      kind: 'plan-stale',
      message: `the secret ${name} is not the one that the plan was made with`,
      hint: 'make the plan again and look at it',
    }),
  )
  if (first) throw new ProblemError(first, ...others)
}

/** Throws ProblemError kind plan-stale where the plan was made of other files, or by another version. */
export function refuseStale(
  plan: Plan,
  { runbook, inventory, world }: { readonly runbook: Runbook; readonly inventory: Inventory; readonly world: World },
): void {
  const stale = (message: string): readonly Problem[] => [
    { kind: 'plan-stale', message, hint: 'make the plan again and look at it' },
  ]
  const problems = [
    ...(runbook.sha256 === plan.runbook.sha256
      ? []
      : stale(
          `the runbook ${runbook.file}${runbook.includes ? ', or one that it includes,' : ''} is not the one that the plan was made of`,
        )),
    ...(inventory.sha256 === plan.inventory.sha256
      ? []
      : stale(`the inventory ${inventory.sources.join(', ')} is not the one that the plan was made of`)),
    ...(versionOf(world) === plan.tool
      ? []
      : stale(`the plan was made by runbook ${plan.tool}, this is ${versionOf(world)}`)),
  ]
  const [first, ...others] = problems
  if (first) throw new ProblemError(first, ...others)
}
