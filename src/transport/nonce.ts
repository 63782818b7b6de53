/** Cryptographically random bytes, as node:crypto's randomBytes gives them. */
export type RandomBytes = (size: number) => Buffer

/** 128 random bits in hex: what a host prints cannot hold it unless it was told. */
export const newNonceFrom = (randomBytes: RandomBytes) => (): string => randomBytes(16).toString('hex')
