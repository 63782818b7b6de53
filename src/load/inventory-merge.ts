import type { Origin, Variable, Variables } from '../model/inventory.ts'
import { locationText } from '../model/source.ts'
import type { VarStatement } from './inventory-statement.ts'

/** Variables over others: each knows what it overrode. A mapping replaces a mapping (Ansible's default hash_behaviour). */
export function mergeVariables(below: Variables, statements: readonly VarStatement[]): Variables {
  const merged = new Map<string, Variable>(below)
  for (const statement of statements) {
    const earlier = merged.get(statement.name)
    const overrode = earlier ? [{ value: earlier.value, origin: earlier.origin }, ...earlier.overrode] : []
    merged.set(statement.name, { value: statement.value, origin: originOf(statement), overrode })
  }
  return merged
}

const originOf = ({ owner, at }: VarStatement): Origin => ({
  level: 'inventory',
  text: `${owner.kind} ${owner.name} (${locationText(at)})`,
})
