/** An entry of the outermost mapping in block style: its key, and everything up to the next line that begins one. */
const ENTRY = /^([A-Za-z_]+):(?: [^\n]*|\r?)\n(?:(?:[ \t#\r-][^\n]*)?\n)*/gm

/**
 * Those entries of a YAML text whose keys are asked for, as YAML text; empty where they do not stand in block style. A parser of the
 * whole text keeps the place of each word, and takes memory for it that a program that counts the lines of a log wants for itself.
 */
export const entriesOf = (text: string, keys: readonly string[]): string =>
  [...`${text}\n`.matchAll(ENTRY)]
    .filter(([, key = '']) => keys.includes(key))
    .map(([entry]) => entry)
    .join('')
