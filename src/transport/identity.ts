import { open, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'

/** A private key file that may be used, or what is wrong with it. */
export type Identity = { readonly file: string } & ({ readonly text: Buffer } | { readonly problem: Problem })

/** Reads a key file when nobody but its owner can, and the owner is us or root. */
export async function readIdentity(endpoint: Endpoint, file: string): Promise<Identity> {
  const refuse = (message: string, hint: string): Identity => ({
    file,
    problem: { kind: 'auth', host: endpoint.host, message, hint },
  })
  try {
    const handle = await open(file, 'r')
    try {
      // of the open file, so that it cannot be swapped between the look and the read
      const { mode, uid } = await handle.stat()
      if (uid !== 0 && uid !== userInfo().uid)
        return refuse(`the key file ${file} belongs to another user`, `chown it to yourself, and chmod 600 ${file}`)
      if ((mode & 0o077) !== 0)
        return refuse(`the key file ${file} can be read by others (mode ${modeText(mode)})`, `chmod 600 ${file}`)
      return { file, text: await handle.readFile() }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reason =
      code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'is not yours to read' : `cannot be read: ${error}`
    return refuse(`the key file ${file} ${reason}`, 'give another with --private-key, or load the key into ssh-agent')
  }
}

/** The key of a public key file, in wire format; undefined where there is none. */
export async function readPublicKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const [, base64] = text.trim().split(/\s+/)
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64')
}

/** Whether a passphrase opens this private key file; false where there is no such file, or no key in it. */
export async function isEncryptedKey(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '')
  if (/^(?:Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----)/m.test(text)) return true
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/.exec(text) ?? []
  if (body === undefined) return false
  // "openssh-key-v1", NUL, then the cipher's name with its length before it (PROTOCOL.key of OpenSSH)
  const bytes = Buffer.from(body, 'base64')
  return bytes.length > 23 && bytes.toString('latin1', 19, 19 + bytes.readUInt32BE(15)) !== 'none'
}

const modeText = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0')

/** Why a key's text could not be used, from what the parser said. */
export function identityProblem(endpoint: Endpoint, file: string, reason: string): Problem {
  const isEncrypted = /encrypted|passphrase|integrity check|bad decrypt/i.test(reason)
  const message = isEncrypted
    ? `the key file ${file} is encrypted, and ${endpoint.passphrase ? 'the passphrase does not open it' : 'no passphrase was given'}`
    : `the key file ${file} holds no private key that can be used`
  const hint = isEncrypted
    ? `load it into ssh-agent: ssh-add ${file}, or set ansible_ssh_private_key_passphrase`
    : 'hardware keys (sk-...) and certificates need the openssh transport'
  return { kind: 'auth', host: endpoint.host, message, detail: reason, hint }
}

/** All of them as one thing to throw; undefined when there are none. */
export function problemsThrown(problems: readonly Problem[]): ProblemError | undefined {
  const [first, ...others] = problems
  return first ? new ProblemError(first, ...others) : undefined
}
