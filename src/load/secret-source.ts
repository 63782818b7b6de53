import { canonical, isObject, type Json, type JsonObject } from '../model/json.ts'
import { isVaulted } from './vault.ts'

/** Where the value of a secret is got from. */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'prompt'; readonly question: string }
  | { readonly kind: 'age'; readonly path: string; readonly identity: string }
  | { readonly kind: 'sops'; readonly path: string; readonly key: string }
  | { readonly kind: 'vault'; readonly text: string; readonly member?: string }

/** One text for one source: what is asked for once. */
export const sourceKey = (source: SecretSource): string => canonical({ ...source } as unknown as JsonObject) // sealed: plain data

/** The members that a mapping must have to be a source, each with its type. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, 'text' | 'words'>>>> = {
  env: { env: 'text' },
  file: { file: 'text' },
  command: { command: 'words' },
  prompt: { prompt: 'text' },
  age: { age: 'text', identity: 'text' },
  sops: { sops: 'text', key: 'text' },
}

/** How a source is written, for hints. */
export const SOURCE_HINT =
  'say where it comes from: {env: NAME}, {file: PATH}, {command: [PROGRAM, ...]}, {prompt: TEXT}, {age: PATH, identity: PATH} or {sops: PATH, key: a.b}'

/** A mapping as the source that it is; undefined: it is none. */
export function parseSecretSource(value: Json): SecretSource | undefined {
  if (isVaulted(value)) {
    const { __ansible_vault: text, member } = value
    return { kind: 'vault', text, ...(member === undefined ? {} : { member }) }
  }
  if (!isObject(value)) return undefined
  const kind = Object.keys(SHAPES).find((one) => Object.hasOwn(value, one))
  const shape = kind === undefined ? undefined : SHAPES[kind]
  if (!shape || Object.keys(value).length !== Object.keys(shape).length) return undefined
  const fits = Object.entries(shape).every(([name, type]) => (type === 'text' ? isText : isWords)(value[name]))
  return fits ? sourceOf(value as JsonObject) : undefined // sealed: a Json object
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isWords = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText)

function sourceOf(value: JsonObject): SecretSource {
  if ('env' in value) return { kind: 'env', name: String(value.env) }
  if ('file' in value) return { kind: 'file', path: String(value.file) }
  if ('prompt' in value) return { kind: 'prompt', question: String(value.prompt) }
  if ('age' in value) return { kind: 'age', path: String(value.age), identity: String(value.identity) }
  if ('sops' in value) return { kind: 'sops', path: String(value.sops), key: String(value.key) }
  return { kind: 'command', argv: value.command as unknown as readonly [string, ...string[]] } // sealed: isWords said so
}

/** A source in a few words, without what it gives. */
export function sourceText(source: SecretSource): string {
  switch (source.kind) {
    case 'env':
      return `the environment variable ${source.name}`
    case 'file':
      return `the file ${source.path}`
    case 'command':
      return `the command ${source.argv[0]}`
    case 'prompt':
      return 'the terminal'
    case 'age':
      return `the age file ${source.path}`
    case 'sops':
      return `${source.key} of the sops file ${source.path}`
    case 'vault':
      return 'ansible-vault'
  }
}
