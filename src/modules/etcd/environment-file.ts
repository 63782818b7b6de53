/** One assignment of a systemd EnvironmentFile. */
export interface Assignment {
  readonly name: string
  readonly value: string
  readonly line: number // from 1
}

/**
 * The assignments of an EnvironmentFile as systemd.exec(5) reads them: comments with # or ;, quotes, a backslash at
 * the end of a line joins it with the next. `export ` in front is not systemd's and makes the name useless to it.
 */
export function parseEnvironmentFile(text: string): readonly Assignment[] {
  const lines = text.split(/\r?\n/)
  const assignments: Assignment[] = []
  for (let index = 0; index < lines.length; index += 1) {
    const start = index
    let line = lines[index] ?? ''
    if (/^\s*([#;]|$)/.test(line)) continue
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && index + 1 < lines.length)
      line = line.slice(0, -1) + (lines[++index] ?? '')
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/s.exec(line) ?? []
    if (name !== undefined && value !== undefined) assignments.push({ name, value: unquote(value), line: start + 1 })
  }
  return assignments
}

function unquote(value: string): string {
  const [quote = ''] = value
  if ((quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote)) return value.slice(1, -1)
  return value
}

/** A value that holds a second assignment: two settings written on one line, which etcd refuses to start with. */
export const isOneLineTrap = (value: string): boolean => /\s(export\s+)?ETCD_[A-Z0-9_]+=/.test(value)
