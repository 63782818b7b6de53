const chunkBytes = 16_384 // of standard input in one printf: keeps the shell's longest word short

/**
 * The first lines of a fresh shell: it starts in the home directory, and says hello by mark 0 with its process id
 * in the place of the exit code. The nonce is an argument, never a variable, so that no command can print it.
 */
export const helloText = (nonce: string): string =>
  [
    'umask 077; cd 2>/dev/null || cd /',
    `__runbook_mark() { printf '\\n%s %s %s\\n' "$1" "$2" "$3"; printf '\\n%s %s %s\\n' "$1" "$2" "$3" >&2; }`,
    `__runbook_mark ${nonce} 0 $$`,
    '',
  ].join('\n')

/**
 * One command and its mark. The text is one quoted word given to eval in a subshell: whatever it says, also when it
 * does not parse, it can neither end the script's own line nor change the shell for the commands after it. `word` is
 * that word, quoted.
 */
export function commandText(nonce: string, index: number, word: string, stdin: Uint8Array | undefined): string {
  const subshell = `( eval ${word} )`
  const fed = stdin === undefined ? `${subshell} </dev/null` : `${printing(stdin)} | ${subshell}`
  return `${fed}\n__runbook_mark ${nonce} ${index} $?\n`
}

// printf is built into dash, bash and ash: the bytes are seen in no process list
function printing(bytes: Uint8Array): string {
  if (bytes.length === 0) return ':'
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  )
  return `{ ${chunks.map((chunk) => `printf %b '${escaped(chunk)}'`).join('; ')}; } 2>/dev/null`
}

// four digits always, so that a digit that follows is not taken for a part of the escape
const escaped = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^\n\t -&(-[\]-~]/g, (character) => `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
