import { createHash, scryptSync } from 'node:crypto'

/** SHA-256 in hex. */
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** Tells that a secret is the same and takes long to guess by: scrypt, N 2^14, r 8, p 1 (RFC 7914), some 40 ms; 128 bits in hex. */
export const slowHash = (text: string, salt: string): string =>
  scryptSync(text, salt, 16, { N: 16_384, r: 8, p: 1 }).toString('hex')
