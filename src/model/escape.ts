/**
 * Text from hosts and files made safe for a terminal: every control, format and separator character but \n and \t
 * (C0, DEL, C1, bidi controls, zero width, line and paragraph separators, lone surrogates) becomes a visible `\xNN`
 * or `\u{N}`. The classes are Unicode's Cc, Cf, Zl, Zp and Cs (CVE-2021-25743: kubectl let them through).
 */
export const escapeText = (text: string): string => text.replaceAll(UNSAFE, visible)

/** As escapeText, on one line: \n, \r and \t become visible too. */
export const escapeLine = (text: string): string => escapeText(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')

const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function visible(character: string): string {
  if (character === '\r') return '\\r'
  const code = character.codePointAt(0) ?? 0
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
