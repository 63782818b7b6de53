import type { Json } from '../model/json.ts'
import { fail, type Result, succeed } from '../model/problem.ts'
import type { Param } from '../model/runbook.ts'
import { parseYaml } from './yaml-document.ts'
import { toJson } from './yaml-node.ts'

/** One `--set name=value`, split at the first `=`. */
export interface SetOption {
  readonly name: string
  readonly text: string
}

export function parseSetOption(option: string): Result<SetOption> {
  const at = option.indexOf('=')
  if (at > 0) return succeed({ name: option.slice(0, at).trim(), text: option.slice(at + 1) })
  return fail([{ kind: 'usage', message: `--set ${option} has no value`, hint: 'write --set name=value' }])
}

/**
 * The value of a `--set` by the type that the parameter declares: text is taken as it is, a list or an object is read as
 * YAML or JSON. A variable of the inventory has no declared type and is read as a YAML value.
 */
export function parseSetValue({ name, text }: SetOption, param: Param | undefined): Result<Json> {
  // A secret is not given here, but where it comes from: a mapping.
  if (param?.secret) return text.startsWith('{') ? parseFlow({ name, text }) : succeed(text)
  const type = param?.schema.type
  const wrong = (wanted: string): Result<never> =>
    fail([{ kind: 'parameter', message: `--set ${name}: ${name} must be ${wanted}, not ${JSON.stringify(text)}` }])
  switch (type) {
    case 'string':
      return succeed(text)
    case 'integer':
      return /^[-+]?\d+$/.test(text) && Number.isSafeInteger(Number(text))
        ? succeed(Number(text))
        : wrong('a whole number')
    case 'number':
      return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? succeed(Number(text)) : wrong('a number')
    case 'boolean':
      return text === 'true' || text === 'false' ? succeed(text === 'true') : wrong('true or false')
    default:
      return parseFlow({ name, text })
  }
}

function parseFlow({ name, text }: SetOption): Result<Json> {
  if (text.trim() === '') return succeed('')
  const parsed = parseYaml(`--set ${name}`, text, 'runbook')
  if (parsed.ok) return succeed(toJson(parsed.value))
  const [first] = parsed.problems
  return fail([
    {
      kind: 'parameter',
      message: `--set ${name}: ${first.message}`,
      hint: `quote it for the shell: --set '${name}=[1, 2]'`,
    },
  ])
}
