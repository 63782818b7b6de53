/** What a host could send to take over a terminal (OSC 0/8/52, DCS, APC, \r, \b, C1, bidi, zero width). */
export const HOSTILE: readonly string[] = [
  '\u001b]0;owned\u0007',
  '\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\',
  '\u001b]52;c;cm0gLXJmIC8=\u0007',
  '\u001bP1$r\u001b\\',
  '\u001b_payload\u001b\\',
  'good\rbad',
  'abc\b\b\bxyz',
  '\u009b2J',
  '\u0000\u007f',
  '\u202eexe.txt\u202c \u2066a\u2069',
  'zero\u200bwidth\ufeff\u2060',
  'line\u2028paragraph\u2029',
  '\ud800 lone',
]

/** Whether a terminal may get this text: nothing but printable characters, \n and \t. */
export const isSafe = (text: string): boolean => !/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text)
