import { iniInventoryTarget, vaultTarget, yamlInventoryTarget } from './inventory-targets.ts'
import { eventsTarget, journalTarget } from './journal-targets.ts'
import { planFileTarget, runbookTarget } from './runbook-targets.ts'
import { framesTarget, knownHostsTarget, sshConfigTarget } from './ssh-targets.ts'
import type { Target } from './target.ts'

/** Everything that reads what others wrote. */
export const TARGETS: readonly Target[] = [
  ...[runbookTarget, planFileTarget, yamlInventoryTarget, iniInventoryTarget, vaultTarget],
  ...[knownHostsTarget, sshConfigTarget, framesTarget, journalTarget, eventsTarget],
]
