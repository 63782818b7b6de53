import type { Json } from '../../model/json.ts'
import type { YamlScalar } from './yaml-text.ts'

/**
 * A scalar as YAML text, in the manner of the one it replaces. A text stays bare only where YAML 1.2 and 1.1 (which
 * Kubernetes and Go programs read) both take it for a text.
 */
export function scalarText(value: string | number | boolean | null, style: YamlScalar['style'] = 'plain'): string {
  if (typeof value !== 'string') return String(value)
  if (style === 'single' && /^[\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]*$/.test(value))
    return `'${value.replaceAll("'", "''")}'`
  return style === 'plain' || style === 'block'
    ? isBare(value)
      ? value
      : JSON.stringify(value)
    : JSON.stringify(value)
}

// A flag such as --a=b is a text for every reader; numbers, dates, times and booleans of YAML 1.1 are not matched.
const isBare = (text: string): boolean =>
  /^(--?[A-Za-z]|[A-Za-z/_])[A-Za-z0-9_./=@+:-]*$/.test(text) &&
  !text.endsWith(':') &&
  !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)

/** Any value as YAML on one line (flow style). */
export function flowText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return scalarText(value as string | number | boolean | null) // sealed: neither list nor object is left
  return `{${Object.entries(value)
    .map(([key, member]) => `${scalarText(key)}: ${flowText(member)}`)
    .join(', ')}}`
}

/** A key and its value as lines of block style, the first without indent. */
export function pairLines(key: string, value: Json, indent: string): readonly string[] {
  if (!isFilled(value)) return [`${scalarText(key)}: ${flowText(value)}`]
  return [`${scalarText(key)}:`, ...blockLines(value, `${indent}  `)]
}

const isFilled = (value: Json): value is Exclude<Json, null | boolean | number | string> =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0

function blockLines(value: Exclude<Json, null | boolean | number | string>, indent: string): readonly string[] {
  if (Array.isArray(value)) return value.map((item: Json) => `${indent}- ${flowText(item)}`)
  return Object.entries(value as { readonly [key: string]: Json }).flatMap(([key, member]) => {
    const [first = '', ...rest] = pairLines(key, member, indent)
    return [`${indent}${first}`, ...rest]
  })
}
