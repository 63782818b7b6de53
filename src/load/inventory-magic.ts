import type { Host } from '../model/inventory.ts'
import { isObject, type Json } from '../model/json.ts'

/**
 * A value of the inventory as it is used on a host: the two magic names inventory_dir and inventory_hostname are
 * replaced as text. Everything else in braces stays as it is: Jinja is not run.
 */
export function withMagic(value: Json, host: Pick<Host, 'name' | 'folder'>): Json {
  // Most values have no braces, and are shared by the hosts of a group: they are not copied.
  return jinjaIn(value) === undefined ? value : replaceIn(value, host)
}

function replaceIn(value: Json, host: Pick<Host, 'name' | 'folder'>): Json {
  if (typeof value === 'string') return replaceMagic(value, host)
  if (Array.isArray(value)) return value.map((item: Json) => replaceIn(item, host))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([key, member]) => [key, replaceIn(member as Json, host)]) // sealed: members of Json
  return Object.fromEntries(members)
}

const replaceMagic = (text: string, { name, folder }: Pick<Host, 'name' | 'folder'>): string =>
  text
    .replaceAll(/\{\{\s*inventory_dir\s*\}\}/g, (braces) => folder ?? braces)
    .replaceAll(/\{\{\s*inventory_hostname\s*\}\}/g, () => name)

/** The Jinja text in a value that is not understood, if there is any: it must not be taken for the value itself. */
export function jinjaIn(value: Json): string | undefined {
  if (typeof value === 'string') return value.includes('{{') || value.includes('{%') ? value : undefined
  if (typeof value !== 'object') return undefined
  const inner = Array.isArray(value) ? (value as readonly Json[]) : isObject(value) ? Object.values(value) : [] // sealed: Json
  for (const member of inner) {
    const found = jinjaIn(member as Json) // sealed: members of Json
    if (found !== undefined) return found
  }
  return undefined
}
