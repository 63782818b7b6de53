import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { HashSeal } from '../model/journal.ts'
import { mapTexts } from '../model/redact.ts'

/**
 * With a key of this state folder. A hash (SHA-256 in hex, 32 bytes) becomes `sealed:` and 64 characters: its HMAC-SHA-256 cut to
 * 16 bytes, and under that as initial counter its AES-256-CTR (a synthetic IV, as of RFC 5297): the same hash is sealed alike,
 * and opening proves itself.
 */
export function hashSeal(key: Uint8Array): HashSeal {
  const [forMark, forCipher] = ['mark', 'cipher'].map((use) => createHmac('sha256', key).update(use).digest())
  if (!forMark || !forCipher) throw new Error('two keys of one')
  const markOf = (hash: Uint8Array): Buffer => createHmac('sha256', forMark).update(hash).digest().subarray(0, 16)
  const seal = (hex: string): string => {
    const hash = Buffer.from(hex, 'hex')
    const mark = markOf(hash)
    const body = createCipheriv('aes-256-ctr', forCipher, mark).update(hash)
    return `sealed:${Buffer.concat([mark, body]).toString('base64url')}`
  }
  const open = (sealed: string, token: string): string => {
    const bytes = Buffer.from(token, 'base64url')
    const [mark, body] = [bytes.subarray(0, 16), bytes.subarray(16)]
    const hash = createDecipheriv('aes-256-ctr', forCipher, mark).update(body)
    return markOf(hash).equals(mark) ? hash.toString('hex') : sealed
  }
  return {
    seal: (value) => mapTexts(value, (text) => text.replaceAll(/\b[0-9a-f]{64}\b/g, seal)),
    open: (value) => mapTexts(value, (text) => text.replaceAll(/\bsealed:([\w-]{64})/g, open)),
  }
}

const KEY_BYTES = 32

/**
 * The seal of a folder of runs: its key lies beside it in `journal.key`, for its owner alone. Without `randomBytes` no key is made:
 * where there is none nothing is sealed.
 */
export async function openHashSeal(runs: string, randomBytes?: RandomBytes): Promise<HashSeal> {
  const file = path.join(path.dirname(runs), 'journal.key')
  const key = (await readKey(file)) ?? (randomBytes && (await makeKey(file, randomBytes)))
  return key ? hashSeal(key) : { seal: (value) => value, open: (value) => value }
}

export type RandomBytes = (size: number) => Uint8Array

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const key = Buffer.from(text.trim(), 'hex')
  if (key.length === KEY_BYTES) return key
  throw new Error(`not a key of ${KEY_BYTES} bytes in hex: ${file}`)
}

/** Whole or not at all: the first of two who make one has made it. */
async function makeKey(file: string, randomBytes: RandomBytes): Promise<Buffer | undefined> {
  const text = Buffer.from(randomBytes(KEY_BYTES)).toString('hex')
  const own = `${file}.${Buffer.from(randomBytes(8)).toString('hex')}`
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(own, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await link(own, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(own)
  return readKey(file)
}
