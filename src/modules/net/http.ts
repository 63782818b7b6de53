import { canonical, isObject, type Json } from '../../model/json.ts'
import type { Decision } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { safeRegex } from '../../model/safe-regex.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { type HttpAnswer, readHttp } from './http-answer.ts'

const args = Type.Object(
  {
    // no user and password: they would stand in plans, and in the process list of the host
    url: Type.String({
      pattern: '^https?://[^\\s\'"\\\\@/?#-][^\\s\'"\\\\@/?#]*([/?#][^\\s\'"\\\\]*)?$',
      description: 'asked from the host; redirects are not followed',
    }),
    method: Type.Optional(Type.Enum(['GET', 'HEAD'], { default: 'GET' })),
    status: Type.Optional(
      Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), {
        minItems: 1,
        default: [200],
        description: 'statuses that are good',
      }),
    ),
    body: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'regular expression that the body must match' }),
    ),
    json: Type.Optional(
      Type.Object(
        {
          path: Type.String({
            pattern: '^[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*$',
            description: 'member of the body, as status.leader or items.0.name',
          }),
          equals: Type.Optional(
            Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()], {
              description: 'what it must be; left out: it must be there',
            }),
          ),
        },
        { additionalProperties: false, description: 'a member that the body must have; the output gives it as value' },
      ),
    ),
    max_bytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_048_576, default: 65_536, description: 'largest body that is read' }),
    ),
    timeout: Type.Optional(DurationArgument('how long an answer may take, default 10s')),
  },
  { additionalProperties: false },
)

type HttpArgs = Static<typeof args>

const maxBytes = ({ max_bytes = 65_536 }: HttpArgs): number => max_bytes
const readsBody = ({ body, json }: HttpArgs): boolean => body !== undefined || json !== undefined

export const http = defineModule<typeof args, HttpAnswer>({
  name: 'http',
  summary: 'What a URL answers, asked from the host; stops where status, body or a JSON member is not as expected',
  effect: 'reads',
  args,
  example: 'http: {url: "http://127.0.0.1:2379/health", json: {path: health, equals: "true"}}',
  resources: ({ url }) => [`http:${url}`],
  read: (wanted, probe) =>
    readHttp(
      {
        url: wanted.url,
        ...(wanted.method === undefined ? {} : { method: wanted.method }),
        timeoutMs: durationMs(wanted.timeout ?? '10s'),
        limitBytes: readsBody(wanted) ? maxBytes(wanted) : 0,
      },
      probe,
    ),
  plan: planHttp,
})

/** The body itself goes into no output and no message: what it holds is not for journals. */
function planHttp(wanted: HttpArgs, answer: HttpAnswer): Decision {
  const { url, status = [200] } = wanted
  if (answer.kind === 'silence') {
    const detail = answer.said === '' ? {} : { detail: answer.said }
    return { kind: 'blocked', message: `${url} does not answer`, ...detail }
  }
  if (!status.includes(answer.status)) {
    return { kind: 'blocked', message: `${url} answers ${answer.status}, not ${status.join(' or ')}` }
  }
  const output = { status: answer.status }
  if (!readsBody(wanted)) return { kind: 'noop', summary: `${url} answers ${answer.status}`, output }
  if (!answer.isWhole)
    return { kind: 'blocked', message: `the body of ${url} is larger than ${maxBytes(wanted)} bytes` }
  const text = answer.body
  const value = wanted.json === undefined ? undefined : memberAt(text, wanted.json.path)
  const wrong = refuseBody(wanted, text) ?? refuseMember(wanted, value)
  if (wrong !== undefined) return { kind: 'blocked', message: `${url}: ${wrong}` }
  const found = value === undefined ? {} : { value }
  return { kind: 'noop', summary: `${url} answers ${answer.status}, as expected`, output: { ...output, ...found } }
}

function refuseBody({ body }: HttpArgs, text: string): string | undefined {
  if (body === undefined) return undefined
  const checked = safeRegex(body)
  if (!checked.ok) return `body is no regular expression that can be taken: ${checked.message}`
  return checked.regex.test(text) ? undefined : `the body does not match /${body}/`
}

function refuseMember({ json }: HttpArgs, value: Json | undefined): string | undefined {
  if (json === undefined) return undefined
  if (value === undefined) return `the body is no JSON that has ${json.path}`
  if (json.equals === undefined || canonical(json.equals) === canonical(value)) return undefined
  return `${json.path} is not ${JSON.stringify(json.equals)}`
}

/** A member of a JSON text; undefined where it is no JSON, or has none of that name. */
function memberAt(text: string, path: string): Json | undefined {
  try {
    const whole = JSON.parse(text) as Json // sealed: JSON.parse gives nothing else
    return path.split('.').reduce<Json | undefined>(step, whole)
  } catch {
    return undefined
  }
}

function step(value: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(name) ? value[Number(name)] : undefined
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
