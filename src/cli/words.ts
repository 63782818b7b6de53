import { quote } from '../model/command.ts'
import { escapeLine } from '../model/escape.ts'

/** Words as a command line that can be copied to a shell. */
export const words = (all: readonly string[]): string => all.map((word) => quote(escapeLine(word))).join(' ')
