import type { CommandRow } from './command-row.ts'
import { DOING } from './doing-commands.ts'
import { LOOKING } from './looking-commands.ts'
import { ABOUT_HOSTS, ABOUT_THE_LANGUAGE, LOOKING_BACK } from './other-commands.ts'

/** Every command in the order of its help. */
export const COMMANDS: readonly CommandRow[] = [
  ...LOOKING,
  ...DOING,
  ...LOOKING_BACK,
  ...ABOUT_HOSTS,
  ...ABOUT_THE_LANGUAGE,
]
