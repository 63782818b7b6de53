import { expandHostRange } from './host-range.ts'

/** The hosts that an entry of an inventory names and the port behind it, or why it names none. */
export type HostEntry =
  | { readonly ok: true; readonly names: readonly string[]; readonly port?: number }
  | { readonly ok: false; readonly message: string; readonly hint?: string }

/** S5: what may be the name of a host; it begins with no dash, and a shell gives nothing in it a meaning. */
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._:-]*[A-Za-z0-9_])?$|^::[A-Fa-f0-9:.]*$/
/** What a pattern could not name, or a shell would read. */
const GROUP_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** Reads `web[01:20].lan:2222`: ranges are expanded, a port parted (parsing/utils/addresses.py). */
export function readHostEntry(entry: string): HostEntry {
  const { address, port } = splitPort(entry)
  if (port !== undefined && (port < 1 || port > 65_535)) return { ok: false, message: `${port} is no port` }
  if (/^[^[\]]+:$/.test(address)) return { ok: false, message: `no port follows the colon of ${address}` }
  const expanded = expandHostRange(address)
  if (!expanded.ok) return expanded
  const odd = expanded.names.find((name) => !isHostName(name))
  if (odd !== undefined) {
    const hint = 'use letters, digits, _ - . and :'
    return { ok: false, message: `${JSON.stringify(odd)} is no name for a host`, hint }
  }
  return { ok: true, names: expanded.names, ...(port === undefined ? {} : { port }) }
}

export const isHostName = (name: string): boolean => HOST_NAME.test(name)

export const isGroupName = (name: string): boolean => GROUP_NAME.test(name)

export const GROUP_NAME_HINT = 'use letters, digits, _ - and .'

/** A port stands behind a name without colons, or behind brackets: `[2001:db8::1]:22`. */
function splitPort(entry: string): { readonly address: string; readonly port?: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|((?:[^:[\]]|\[[^\]]*\])+)):(\d+)$/.exec(entry) ?? []
  const address = bracketed ?? plain
  return address === undefined ? { address: entry } : { address, port: Number(port) }
}
