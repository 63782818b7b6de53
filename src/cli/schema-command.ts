import { runbookSchema } from '../load/runbook-schema.ts'
import { createModules } from '../modules/index.ts'
import type { World } from './world.ts'

/** `runbook schema`: the JSON Schema of runbooks with all modules, as schema/runbook.schema.json holds it. */
export function schemaCommand(world: World): 0 {
  world.stdout.write(`${JSON.stringify(runbookSchema(createModules()), undefined, 2)}\n`)
  return 0
}
