import type { Variable } from '../model/inventory.ts'
import { isObject, type Json } from '../model/json.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import { SHORTEST_SECRET } from '../model/redact-forms.ts'
import type { Param } from '../model/runbook.ts'
import { type NamedSecret, Secret } from '../model/secret.ts'
import { schemaFaults } from './schema-check.ts'
import { parseSecretSource, type SecretSource, SOURCE_HINT, sourceKey, sourceText } from './secret-source.ts'
import { openedIn, type Vaulted, vaultedIn } from './vault.ts'

/** What the sources gave, by sourceKey. */
export type SecretValues = ReadonlyMap<string, Secret>

/** A variable that holds a secret, before anybody was asked for its value. */
export interface SealedVariable {
  readonly name: string
  readonly variable: Variable
  readonly param?: Param
}

/** What is shown in its place, and where its value comes from. */
export const HIDDEN = '***'

/** Whether a variable holds a secret: its parameter says so, or something in it is encrypted. */
export const isSealed = ({ variable, param }: SealedVariable): boolean =>
  param?.secret === true || vaultedIn(variable.value).length > 0

/** Who has to be asked for the value. */
export function sourcesOf({ variable, param }: SealedVariable): readonly SecretSource[] {
  const own = param?.secret ? parseSecretSource(variable.value) : undefined
  return own ? [own] : vaultedIn(variable.value).map(vaultSource)
}

const vaultSource = ({ __ansible_vault: text, member }: Vaulted): SecretSource => ({
  kind: 'vault',
  text,
  ...(member === undefined ? {} : { member }),
})

/** The variable as it may be shown. */
export function shownVariable({ variable, param }: SealedVariable): Variable {
  const source = param?.secret ? parseSecretSource(variable.value) : undefined
  const hide = (value: Json): Json => (param?.secret ? HIDDEN : openedIn(value, () => HIDDEN))
  const from = source ? `, from ${sourceText(source)}` : ''
  return {
    value: hide(variable.value),
    origin: { ...variable.origin, text: `${variable.origin.text}${from}` },
    overrode: variable.overrode.map(({ value, origin }) => ({ value: hide(value), origin })),
  }
}

/** What is wrong with how a secret parameter is given, before anybody is asked. Never says the value. */
export function faultOfSecret({ name, variable, param }: SealedVariable): Problem | undefined {
  if (!param?.secret || parseSecretSource(variable.value)) return undefined
  const { level, text } = variable.origin
  if (typeof variable.value !== 'string') {
    return {
      kind: 'parameter',
      message: `${name} is a secret, and must be text or say where it comes from, from ${text}`,
      hint: SOURCE_HINT,
    }
  }
  if (level !== 'set') return undefined
  const message = `--set ${name}: a secret given on the command line is seen in the list of processes, and stays in the shell's history`
  return {
    kind: 'parameter',
    message,
    hint: `--set '${name}={env: NAME}', or {file: PATH}, {prompt: TEXT}, {command: [...]}`,
  }
}

/** A value with its secrets in place, and each of them alone. */
export interface Opened {
  readonly value: Json
  readonly secrets: readonly NamedSecret[]
}

/** The value with its secrets, checked by what the parameter declares. */
export function openVariable(sealed: SealedVariable, values: SecretValues): Result<Opened> {
  const { name, variable, param } = sealed
  const texts: string[] = []
  const get = (source: SecretSource): Json => {
    const value = answerOf(source, values)
    texts.push(...textsIn(value))
    return value
  }
  const source = param?.secret ? parseSecretSource(variable.value) : undefined
  const value = source ? get(source) : openedIn(variable.value, (one) => get(vaultSource(one)))
  if (param?.secret && !source && typeof value === 'string') texts.push(value)
  const wrong = param ? faultOf(param, value) : undefined
  if (param && wrong !== undefined) {
    const message = `${name} ${wrong}, from ${shownVariable(sealed).origin.text}`
    return fail([{ kind: 'parameter', message, at: param.at }])
  }
  const named = (index: number): string => (index === 0 ? name : `${name}.${index}`)
  return succeed({ value, secrets: texts.map((text, index) => ({ name: named(index), secret: new Secret(text) })) })
}

function faultOf({ secret, schema }: Param, value: Json): string | undefined {
  if (secret && String(value).length < SHORTEST_SECRET)
    return `is a secret of less than ${SHORTEST_SECRET} characters, which could not be kept out of what is shown`
  return schemaFaults(schema, value, 'none').length > 0 ? 'does not fit what the runbook declares for it' : undefined
}

function answerOf(source: SecretSource, values: SecretValues): Json {
  const found = values.get(sourceKey(source))
  if (!found) throw new Error(`nobody asked for ${sourceText(source)}`)
  const isJson = source.kind === 'vault' && source.member !== undefined
  return isJson ? (JSON.parse(found.reveal()) as Json) : found.reveal() // sealed: written as JSON by vaultedMember
}

/** The texts of a value that was encrypted as a whole; numbers and words of less than four letters are in every text. */
function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return isObject(value) || Array.isArray(value) ? Object.values(value).flatMap((one) => textsIn(one as Json)) : [] // sealed: members of Json
}
