import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import { fail, type Result, succeed } from '../model/problem.ts'
import type { Secret } from '../model/secret.ts'

/** Opens what ansible-vault encrypted; its problems name no place. */
export type Unvault = (text: string) => Result<string>

const HEADER = /^\$ANSIBLE_VAULT;1\.(?:1;AES256|2;AES256;[^\n;]*)\r?\n/
const ITERATIONS = 10_000 // ansible/parsing/vault/__init__.py, VaultAES256

/** Whether a text is encrypted with ansible-vault: by its first line, as Ansible tells it. */
export const isVaultText = (text: string): boolean => text.startsWith('$ANSIBLE_VAULT')

/** Whether it is whole, in a format that can be opened. */
export const isWholeVault = (text: string): boolean => bodyOf(text) !== undefined

/** Tries each password; a text is opened once. */
export function unvaultWith(passwords: readonly Secret[]): Unvault {
  const opened = new Map<string, Result<string>>()
  return (text) => {
    const found = opened.get(text) ?? openVault(text, passwords)
    opened.set(text, found)
    return found
  }
}

function openVault(text: string, passwords: readonly Secret[]): Result<string> {
  const body = bodyOf(text)
  if (!body)
    return refused('this is no text of ansible-vault that is understood', 'formats 1.1 and 1.2 with AES256 are')
  if (passwords.length === 0)
    return refused('this is encrypted with ansible-vault, and no password for it is given', GIVE)
  const plain = passwords.map((password) => decrypt(body, password)).find((one) => one !== undefined)
  if (plain === undefined) return refused('no password that was given opens this text of ansible-vault', GIVE)
  return succeed(plain)
}

const GIVE = '--vault-password-file FILE, or --ask-vault-pass on a terminal'

const refused = (message: string, hint: string): Result<never> => fail([{ kind: 'parameter', message, hint }])

interface Body {
  readonly salt: Buffer
  readonly mac: Buffer
  readonly bytes: Buffer
}

/** Twice in hex: of the whole, and of its three lines salt, MAC and ciphertext. */
function bodyOf(text: string): Body | undefined {
  if (!HEADER.test(text)) return undefined
  const lines = fromHex(text.replace(HEADER, '').replaceAll(/\s/g, ''))?.toString('latin1').split('\n') ?? []
  const [salt, mac, bytes] = lines.map(fromHex)
  return lines.length === 3 && salt && mac && bytes ? { salt, mac, bytes } : undefined
}

const fromHex = (text: string): Buffer | undefined =>
  /^(?:[0-9a-fA-F]{2})+$/.test(text) ? Buffer.from(text, 'hex') : undefined

/** AES-256-CTR below an HMAC-SHA256, keys by PBKDF2-SHA256; undefined: not this password, or damaged. */
function decrypt({ salt, mac, bytes }: Body, password: Secret): string | undefined {
  const keys = pbkdf2Sync(password.reveal(), salt, ITERATIONS, 80, 'sha256')
  const own = createHmac('sha256', keys.subarray(32, 64)).update(bytes).digest()
  if (own.length !== mac.length || !timingSafeEqual(own, mac)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64))
  const padded = Buffer.concat([decipher.update(bytes), decipher.final()])
  const padding = padded.at(-1) ?? 0 // PKCS 7, blocks of 16
  return padded.subarray(0, padded.length - padding).toString('utf8')
}

/**
 * A value that stays encrypted until a host's variables are resolved: `__ansible_vault` as ansible-inventory prints it.
 * With `member` it is that variable of a file that is encrypted as a whole.
 */
export interface Vaulted {
  readonly __ansible_vault: string
  readonly member?: string
}

export const vaulted = (text: string, member?: string): JsonObject => ({
  __ansible_vault: text,
  ...(member === undefined ? {} : { member }),
})

export const isVaulted = (value: Json | undefined): value is Json & Vaulted =>
  isObject(value) && typeof value.__ansible_vault === 'string'

/** Every encrypted value in a value. */
export function vaultedIn(value: Json): readonly Vaulted[] {
  if (typeof value !== 'object' || value === null) return []
  if (isVaulted(value)) return [value]
  return Object.values(value).flatMap((member) => vaultedIn(member as Json)) // sealed: members of Json
}

/** The value with each encrypted one replaced by what `open` gives for it. */
export function openedIn(value: Json, open: (sealed: Vaulted) => Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isVaulted(value)) return open(value)
  if (Array.isArray(value)) return value.map((item: Json) => openedIn(item, open))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, openedIn(member as Json, open)])) // sealed: members of Json
}
