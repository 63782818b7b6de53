import { createRequire } from 'node:module'
import type * as Library from 'dns-packet'
import type { Answer, DecodedPacket } from 'dns-packet'

/** Loaded when there is something to ask: evaluating it would cost every start. */
const require = createRequire(import.meta.url)
const library = (): typeof Library => require('dns-packet') as typeof Library

/** What a name server said. */
export interface DnsAnswer {
  readonly code: string // NOERROR, NXDOMAIN, SERVFAIL ... (RFC 1035, 4.1.1)
  readonly addresses: readonly string[]
}

export type AddressType = 'A' | 'AAAA'

/** A question for the addresses of a name, as it goes over UDP. */
export const dnsQuery = (name: string, type: AddressType, id: number): Uint8Array =>
  library().encode({ type: 'query', id, flags: library().RECURSION_DESIRED, questions: [{ type, name }] })

/** The answer to the question of that number; undefined where the bytes are none. */
export function dnsAnswer(bytes: Uint8Array, type: AddressType, id: number): DnsAnswer | undefined {
  try {
    const packet = library().decode(Buffer.from(bytes)) as DecodedPacket & { readonly rcode?: string } // it has it; its types do not say so
    if (packet.id !== id || packet.type !== 'response') return undefined
    return { code: packet.rcode ?? 'UNKNOWN', addresses: (packet.answers ?? []).flatMap((one) => addressOf(one, type)) }
  } catch {
    return undefined
  }
}

const addressOf = (answer: Answer, type: AddressType): readonly string[] =>
  answer.type === type && typeof answer.data === 'string' ? [answer.data] : []
