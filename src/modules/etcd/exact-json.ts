/**
 * JSON with integers beyond 2^53 kept exactly, as strings of digits: etcd's ids are unsigned 64-bit numbers.
 * Undefined for what is no JSON.
 */
export function parseExactJson(text: string): unknown {
  try {
    return JSON.parse(text, exact)
  } catch {
    return undefined
  }
}

// The third parameter is ES2025 (JSON.parse source text access); Node has it since 21.
function exact(this: unknown, _key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value
}

/** An id as etcd and its logs print it: lower-case hex without padding ("a16cb870db67d8a"). Undefined for no id. */
export function hexId(id: unknown): string | undefined {
  if (typeof id !== 'number' && typeof id !== 'string') return undefined
  return /^\d+$/.test(String(id)) ? BigInt(id).toString(16) : undefined
}
