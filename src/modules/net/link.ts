import { type Command, rawText, script, sh } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { refusedCode, runScript } from '../shared/host-script.ts'
import { lookLink, type SeenLink } from './link-look.ts'
import { kindOf, type LinkRecord, lowerOf, recordLink } from './link-record.ts'

const args = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$', description: 'of the interface, as flannel.1' }),
    state: Type.Enum(['absent'], { description: 'absent: deleted; nothing else is done with interfaces' }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** An interface that software made, deleted where nothing goes through it, and made anew as it was when undone. */
export const link = defineModule<typeof args, SeenLink | undefined>({
  name: 'link',
  summary: 'No network interface of that name: a bridge, vxlan or dummy that nothing uses is deleted',
  effect: 'changes',
  args,
  example: 'link: {name: flannel.1, state: absent}',
  resources: ({ name }) => [`link:${name}`],
  read: ({ name }, probe) => lookLink(name, probe),
  plan: planLink,
  apply: async (asked, change, session) => {
    await run(session, asked.name, deletion(asked, recordOf(change)))
    return undefined
  },
  revert: (asked, change, session) => run(session, asked.name, creation(asked, recordOf(change))),
  revertText: (asked, change) => creation(asked, recordOf(change)),
})

function planLink({ name }: Args, seen: SeenLink | undefined): Decision {
  if (!seen) return { kind: 'noop', summary: `there is no interface ${name}` }
  const inUse = useOf(name, seen)
  if (inUse !== undefined) return refusal(name, inUse, 'take away first what uses it')
  const made = recordLink(seen)
  if ('because' in made) return refusal(name, made.because, 'delete it by hand, or at the console')
  const { record } = made
  return {
    kind: 'change',
    change: {
      verb: 'delete',
      summary: `delete the ${record.kind} ${name}`,
      details: [
        ...[...record.addresses, ...record.routes].map((text) => ({
          kind: 'note' as const,
          text: `goes with it: ${text}`,
        })),
        { kind: 'command', command: `ip link delete dev ${name}` },
      ],
      before: record,
      after: { absent: true },
      settles: true,
      reversible: true,
      predicts: {},
    } satisfies Change,
  }
}

const refusal = (name: string, because: string, hint: string): Decision => ({
  kind: 'blocked',
  message: `the interface ${name} is not deleted: ${because}`,
  hint,
})

/** Who would lose something that making it anew does not give back. */
function useOf(
  name: string,
  { link: own, others, addresses, routes, connections, peersBehind }: SeenLink,
): string | undefined {
  const named = (isMeant: (other: JsonObject) => boolean): string =>
    others.flatMap((other) => (isMeant(other) ? [String(other.ifname)] : [])).join(', ')
  const ports = named(({ master }) => master === name)
  const upon = named((other) => kindOf(other) !== 'veth' && lowerOf(other) === name) // of a veth it is the other end
  if (own.master !== undefined) return `it is a port of ${String(own.master)}`
  if (ports !== '') return `it has ports: ${ports}`
  if (upon !== '') return `others lie upon it: ${upon}`
  const way = routes.find((line) => /^-[46] (?:unicast )?default\b/.test(line))
  if (way !== undefined) return `a default route leads over it (${way.slice(3)})`
  const held = connections.find(({ local }) => addresses.some((one) => one.local === local))
  if (held) return `a connection from ${held.peer} ends on its address ${held.local}`
  return peersBehind[0] === undefined ? undefined : `a connection to ${peersBehind[0]} goes over it`
}

const recordOf = ({ before }: Change): LinkRecord => before as unknown as LinkRecord // sealed: see planLink

/** Another one of that name, which somebody made since, is not touched. */
const ownMac = (name: string, mac: string): Command =>
  sh`[ "$(cat /sys/class/net/${name}/address)" = ${mac} ] || { echo taken; exit ${refusedCode}; }`

const deletion = ({ name }: Args, { mac }: LinkRecord): Command =>
  script(sh`[ -e /sys/class/net/${name} ] || exit 0`, ownMac(name, mac), sh`ip link delete dev ${name}`)

const words = (line: string): readonly string[] => line.split(' ').filter((word) => word !== '')

/** Each line may be run again: what is there already is left. */
function creation({ name }: Args, record: LinkRecord): Command {
  const head = ['name', name, 'mtu', record.mtu, 'address', record.mac, 'txqueuelen', record.queue, 'type', record.kind]
  const routed = record.routes.map(words)
  return script(
    rawText('set -e'),
    sh`if [ ! -e /sys/class/net/${name} ]; then ip link add ${[...head, ...record.add]}; fi`,
    ownMac(name, record.mac),
    ...record.settings.map((line) => settingText(name, line)),
    ...record.addresses.map((line) => sh`ip address replace ${words(line)} dev ${name}`),
    ...(record.up ? [sh`ip link set dev ${name} up`] : []),
    ...routed.map(([family = '', ...route]) => sh`ip ${family} route replace ${route} dev ${name}`),
    ...record.neighbours.map((line) => sh`ip neigh replace ${words(line)} dev ${name} nud permanent`),
    ...record.forwarding.map(
      (line) => sh`bridge fdb show dev ${name} | grep -qF ${line} || bridge fdb append ${words(line)} dev ${name}`,
    ),
  )
}

function settingText(name: string, line: string): Command {
  const [, family = '', key = '', value = ''] = /^(\w+)\/(\w+)=(.*)$/.exec(line) ?? []
  return sh`printf '%s\n' ${value} >${`/proc/sys/net/${family}/conf/${name}/${key}`}`
}

async function run(session: Session, name: string, command: Command): Promise<void> {
  const done = await runScript(session, command, { what: `changing the interface ${name}` })
  if ('refusal' in done)
    throw new ProblemError({
      kind: 'plan-drifted',
      message: `somebody made another interface ${name} since`,
      hint: 'it is left as it is; look at it, and make a new plan',
    })
}
