import { rawText, sh } from '../../model/command.ts'
import { isObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe, type Resource } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import { fileResource } from '../files/file-state.ts'
import { readHttpStatus } from '../net/http-status.ts'
import { readPort } from '../net/port-state.ts'
import { DurationArgument, durationMs, PathArgument, UnitArgument } from '../shared/argument.ts'
import { readUnitState, unitName, unitResource } from './unit-state.ts'

const args = Type.Object(
  {
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'a TCP port that something listens on' }),
    ),
    host: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9.:-]*$',
        default: '127.0.0.1',
        description: 'where the port is, as seen from the host of this step',
      }),
    ),
    path: Type.Optional(PathArgument('a path that is there')),
    absent: Type.Optional(Type.Boolean({ default: false, description: 'wait for the path to be gone' })),
    command: Type.Optional(Type.String({ format: 'shell', description: 'read-only shell text that exits with 0' })),
    http: Type.Optional(
      Type.Object(
        {
          url: Type.String({ pattern: '^https?://[^\\s\'"\\\\]+$' }),
          status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, default: 200 })),
        },
        { additionalProperties: false, description: 'a URL that answers with a status, asked from the host' },
      ),
    ),
    unit: Type.Optional(UnitArgument),
    timeout: Type.Optional(DurationArgument('how long to wait, default 60s')),
    every: Type.Optional(DurationArgument('time between two looks, default 1s')),
    consecutive: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 1, description: 'good looks in a row that are asked for' }),
    ),
  },
  { additionalProperties: false },
)

type WaitArgs = Static<typeof args>

/** What one look saw: whether it is so, and what it saw in words. */
interface Seen {
  readonly met: boolean
  readonly what: string
}

const kinds = ['port', 'path', 'command', 'http', 'unit'] as const
type Kind = (typeof kinds)[number]

export const waitFor = defineModule<typeof args, Seen | null>({
  name: 'wait_for',
  summary: 'Waits for a port, path, unit, URL or command; in a plan it looks once',
  effect: 'reads',
  args,
  example: 'wait_for: {port: 2379, timeout: 2m}',
  resources: resourcesOf,
  read: async (wanted, probe) => {
    const kind = kindOf(wanted)
    return kind ? lookers[kind](wanted, probe) : null
  },
  plan: (_, seen): Decision => {
    if (!seen) return { kind: 'blocked', message: `wait_for takes exactly one of ${kinds.join(', ')}` }
    return seen.met ? { kind: 'noop', summary: seen.what } : { kind: 'blocked', message: seen.what }
  },
  patience: ({ timeout = '60s', every = '1s', consecutive }) => ({
    timeoutMs: durationMs(timeout),
    everyMs: durationMs(every),
    ...(consecutive === undefined ? {} : { consecutive }),
  }),
})

function kindOf(wanted: WaitArgs): Kind | undefined {
  const given = kinds.filter((kind) => wanted[kind] !== undefined)
  return given.length === 1 ? given[0] : undefined
}

/** Ports, URLs and commands may follow from any earlier change; paths and units are known one by one. */
function resourcesOf({ port, host = '127.0.0.1', path, http, unit }: WaitArgs): readonly Resource[] {
  if (path !== undefined) return [fileResource(path)]
  if (unit !== undefined) return [unitResource(unit)]
  return [port === undefined ? `http:${http?.url ?? 'none'}` : `port:${host}:${port}`]
}

const lookers: Readonly<Record<Kind, (wanted: WaitArgs, probe: Probe) => Promise<Seen>>> = {
  port: async ({ port = 0, host = '127.0.0.1' }, probe) => {
    const met = await readPort({ host, port }, probe)
    return { met, what: `port ${port} on ${host} is ${met ? 'open' : 'not open'}` }
  },
  path: async ({ path = '', absent = false }, probe) => {
    const isThere = await readPresence(path, probe)
    return { met: isThere !== absent, what: `${path} is ${isThere ? 'there' : 'not there'}` }
  },
  command: async ({ command = '' }, probe) => {
    const { code, stderr } = await probe.run(rawText(command))
    const [said = ''] = stderr.toString('utf8').trim().split('\n')
    return { met: code === 0, what: `the command exits with ${code}${said === '' ? '' : `: ${said}`}` }
  },
  http: async ({ http }, probe) => {
    const { url, status = 200 } = http ?? { url: '' }
    const answer = await readHttpStatus(url, probe)
    return { met: answer === status, what: `${url} ${answer === undefined ? 'does not answer' : `answers ${answer}`}` }
  },
  unit: async ({ unit = '' }, probe) => {
    const { active, sub } = await readUnitState(unit, probe)
    return { met: active === 'active', what: `${unitName(unit)} is ${active} (${sub})` }
  },
}

async function readPresence(path: string, probe: Probe): Promise<boolean> {
  const planned = probe.predicted(fileResource(path))
  if (isObject(planned)) return planned.entry !== null
  return (await probe.run(sh`[ -e ${path} ] || [ -L ${path} ]`)).code === 0
}
