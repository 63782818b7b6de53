/** Flags of a command line as Go's flag package reads them: -name=value, --name value, --name alone is "true". Last wins. */
export function parseFlags(words: readonly string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  words.forEach((word, index) => {
    const [, name, value] = /^--?([A-Za-z][A-Za-z0-9.-]*)(?:=(.*))?$/s.exec(word) ?? []
    if (name === undefined) return
    flags.set(name, value ?? following(words, index) ?? 'true')
  })
  return flags
}

function following(words: readonly string[], index: number): string | undefined {
  const next = words[index + 1]
  return next === undefined || next.startsWith('-') ? undefined : next
}

/** The text of a command without the named flags and their values, as far as it is plain words; quoting is kept. */
export function withoutFlags(command: string, names: readonly string[]): string {
  const name = names.map((one) => one.replaceAll('.', '\\.')).join('|')
  const flag = new RegExp(
    `(?:\\s|\\\\\\n)+["']?--?(?:${name})(?:=[^\\s"'\\\\]*|(?:\\s|\\\\\\n)+\\d+|)["']?(?=\\s|\\\\|$)`,
    'g',
  )
  return command.replace(flag, '').trimEnd()
}
