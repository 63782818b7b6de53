import { randomInt } from 'node:crypto'
import { argv, rawText, script, sh } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'
import { type DnsAnswer, dnsAnswer, dnsQuery } from './dns-message.ts'

const noTool = 91
const tries = 2 // a packet of UDP may be lost
const patienceS = 3 // for each answer

const Name = Type.String({
  pattern: '^[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*[.]?$',
  maxLength: 253,
  description: 'asked as it is',
})

const args = Type.Object(
  {
    name: Type.Union([Name, Type.Array(Name, { minItems: 1, maxItems: 50 })], {
      description: 'one name, or several; each is asked of each server',
    }),
    servers: Type.Array(Type.String({ pattern: '^[0-9]{1,3}([.][0-9]{1,3}){3}(:[0-9]{1,5})?$' }), {
      minItems: 1,
      maxItems: 50,
      description: 'addresses (IPv4) of name servers, with a port where it is not 53',
    }),
    type: Type.Optional(Type.Enum(['A', 'AAAA'], { default: 'A' })),
    expect: Type.Optional(
      Type.String({ pattern: '^[0-9A-Fa-f:.]+$', description: 'address that each server should give; absent: any' }),
    ),
    required: Type.Optional(Type.Boolean({ description: 'stop where an answer is another one, default false' })),
    value: Type.Optional(
      Type.Enum(['wrong'], { description: 'what is the number: answers that are otherwise, or did not come' }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

interface Heard extends DnsAnswer {
  readonly name: string
  readonly server: string
}

/** Asks name servers one by one from the host, past its own resolver: what each of them says of a name. */
export const dnsProbe = defineModule<typeof args, readonly Heard[]>({
  name: 'dns_probe',
  summary: 'What each of some name servers says of a name, asked from the host by UDP',
  effect: 'reads',
  args,
  example: 'dns_probe: {name: harbor.example.com, servers: [10.244.0.2, 10.244.1.2], expect: 10.0.0.5}',
  resources: (asked) => namesOf(asked).map((name) => `dns:${name}` as const),
  read: async (asked, probe) => (await Promise.all(namesOf(asked).map((name) => ask(name, asked, probe)))).flat(),
  plan: planProbe,
})

const namesOf = ({ name }: Args): readonly string[] => (typeof name === 'string' ? [name] : name)

async function ask(name: string, { servers, type = 'A' }: Args, probe: Probe): Promise<readonly Heard[]> {
  const id = randomInt(65_536)
  const query = [...dnsQuery(name, type, id)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  const reply = await probe.run(
    script(
      sh`query=${query} tries=${tries} patience=${patienceS}`,
      rawText('set --'),
      sh`set -- ${argv(servers)}`,
      rawText(askText),
    ),
    { timeoutMs: servers.length * tries * (patienceS + 2) * 1000 + 30_000, label: 'dns_probe' },
  )
  if (reply.code === noTool) throw missingTool('bash', 'ask name servers (sh has no UDP)')
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'asking name servers'))
  const lines = reply.stdout.toString('utf8').split('\n')
  return servers.map((server, index) => {
    const bytes = Buffer.from((lines[index] ?? '').replaceAll(/[^0-9a-f]/g, ''), 'hex')
    return { name, server, ...(dnsAnswer(bytes, type, id) ?? { code: 'none', addresses: [] }) }
  })
}

// The script of bash is one quoted word; what differs comes as its arguments. dd makes one packet of the question: bash ends its write at each newline,
// and 10 is the length of a label, too.
const askText = `
command -v bash >/dev/null || exit ${noTool}
exec bash -c '
query=$1 tries=$2 patience=$3; shift 3
for server; do
  host=\${server%:*} port=53 heard=
  [ "$host" = "$server" ] || port=\${server##*:}
  for turn in $(seq "$tries"); do
    exec 3<>"/dev/udp/$host/$port" || break
    printf "$query" | dd obs=4096 >&3
    heard=$(timeout "$patience" dd bs=4096 count=1 <&3 2>/dev/null | od -An -v -tx1 | tr -d " \\n")
    exec 3>&-
    [ -z "$heard" ] || break
  done 2>/dev/null
  echo "$heard"
done' dns_probe "$query" "$tries" "$patience" "$@"
`

function planProbe(asked: Args, heard: readonly Heard[]): Decision {
  const { expect, required = false, value } = asked
  const wrong = heard.filter((one) => !isRight(one, expect))
  const output: JsonObject = { wrong: wrong.length, servers: heard.map((one) => ({ ...one })) }
  const summary =
    wrong.length === 0
      ? `${namesOf(asked).join(', ')}: ${expect ?? heard[0]?.addresses.join(', ') ?? ''} for all of ${asked.servers.length} name servers`
      : wrong.map((one) => `${one.name}: ${one.server} says ${one.addresses.join(', ') || one.code}`).join('; ')
  if (required && wrong.length > 0) return { kind: 'blocked', message: summary }
  return { kind: 'noop', summary, output: { ...(value === undefined ? {} : { value: wrong.length }), ...output } }
}

const isRight = ({ code, addresses }: DnsAnswer, expect: string | undefined): boolean =>
  code === 'NOERROR' &&
  (expect === undefined ? addresses.length > 0 : addresses.some((one) => plainAddress(one) === plainAddress(expect)))

/** Of IPv6 there are many spellings of one address. */
const plainAddress = (address: string): string =>
  address.includes(':') && URL.canParse(`http://[${address}]`) ? new URL(`http://[${address}]`).hostname : address
