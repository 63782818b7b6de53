import { isObject, type Json } from '../model/json.ts'

/** JSON as CEL takes it: whole numbers as int (BigInt), others as double. */
export function toCel(value: Json): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCel(member)]))
  return value
}

type FromCel = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly what: string }

/** What CEL gave, as JSON; a duration, bytes, or an integer beyond 2^53 is none. */
export function fromCel(value: unknown): FromCel {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return { ok: true, value }
  if (typeof value === 'bigint') return fromInteger(value)
  if (typeof value === 'number')
    return Number.isFinite(value) ? { ok: true, value } : { ok: false, what: String(value) }
  if (value instanceof Date) return { ok: true, value: value.toISOString() }
  if (Array.isArray(value)) return fromList(value)
  if (value instanceof Map) return fromMembers([...value].map(([key, member]) => [String(key), member]))
  if (isObject(value) && Object.getPrototypeOf(value) === Object.prototype) return fromMembers(Object.entries(value))
  return { ok: false, what: isObject(value) ? (value.constructor?.name ?? 'an object') : typeof value }
}

function fromInteger(value: bigint): FromCel {
  const number = Number(value)
  return Number.isSafeInteger(number) ? { ok: true, value: number } : { ok: false, what: `the integer ${value}` }
}

function fromList(values: readonly unknown[]): FromCel {
  const items: Json[] = []
  for (const value of values) {
    const item = fromCel(value)
    if (!item.ok) return item
    items.push(item.value)
  }
  return { ok: true, value: items }
}

function fromMembers(entries: readonly (readonly [string, unknown])[]): FromCel {
  const members: [string, Json][] = []
  for (const [key, value] of entries) {
    const member = fromCel(value)
    if (!member.ok) return member
    members.push([key, member.value])
  }
  return { ok: true, value: Object.fromEntries(members) }
}
