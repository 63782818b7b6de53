import type { StepId } from './id.ts'

/** The key under which a scope holds the variables of the inventory by themselves, for runbooks that are included. No name in a file can be it. */
export const INVENTORY = '.inventory'

/** Under which a host's values hold the parameters of an include; null there: the include is not taken on this host. */
export const paramsOf = (include: StepId | string): string => `${include}.params`
