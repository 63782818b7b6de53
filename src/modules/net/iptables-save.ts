import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'
import { type Dropping, parseIptables, parseNft } from './firewall-rules.ts'

const args = Type.Object(
  {
    window: Type.Optional(DurationArgument('time between two looks at the counters, default 4s')),
    value: Type.Optional(
      Type.Enum(['dropped'], { description: 'dropped: packets in that time, as far as rules count' }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>
type Dropped = Dropping & { readonly more: number | null } // packets between the two looks
type Seen = { readonly by: readonly string[]; readonly drops: readonly Dropped[] }

/** The rules of a host that drop or reject, and what they did meanwhile; nothing is ever restored from it. */
export const iptablesSave = defineModule<typeof args, Seen>({
  name: 'iptables_save',
  summary:
    "The firewall's rules and policies that drop or reject (nft and iptables), and how many packets they took meanwhile",
  effect: 'reads',
  args,
  example: 'iptables_save: {window: 4s, value: dropped}',
  resources: () => ['net:firewall'],
  read: readRules,
  plan: ({ value }, { by, drops }): Decision => {
    const moved = drops.filter(({ more }) => (more ?? 0) > 0)
    const known = drops.length === 0 || drops.some(({ more }) => more !== null)
    const number: JsonObject =
      value === undefined
        ? {}
        : {
            value: by.length > 0 && known ? moved.reduce((sum, { more }) => sum + (more ?? 0), 0) : null,
            ...noteOf(by, drops, moved),
          }
    const summary = `${drops.length} rules drop or reject, ${moved.length} did meanwhile`
    return { kind: 'noop', summary, output: { ...number, by, drops, moved } }
  },
})

function noteOf(by: Seen['by'], drops: Seen['drops'], moved: Seen['drops']): { readonly note?: string } {
  if (by.length === 0) return { note: 'the host has neither nft nor iptables-save' }
  const silent = drops.filter(({ more }) => more === null).length
  const notes = [
    ...moved.map(({ chain, rule, more }) => `${chain}: ${rule} (${more} packets)`),
    ...(silent === 0 ? [] : [`${silent} rules that drop or reject do not count`]),
  ]
  return notes.length === 0 ? {} : { note: notes.join('; ') }
}

const lookText = `
look() {
  command -v nft >/dev/null && { echo "=nft"; nft -n list ruleset 2>/dev/null; }
  for save in iptables-legacy-save iptables-save; do
    command -v "$save" >/dev/null || continue
    # Rules by nft are in its list already.
    [ "$save" = iptables-save ] && command -v nft >/dev/null && "$save" --version | grep -q nf_tables && continue
    echo "=$save"; "$save" -c 2>/dev/null; break
  done
}
look; echo =again; sleep "$seconds"; look
exit 0
`

async function readRules({ window = '4s' }: Args, probe: Probe): Promise<Seen> {
  const seconds = durationMs(window) / 1000
  const reply = await probe.run(scriptWith({ seconds: String(seconds) }, lookText), {
    timeoutMs: seconds * 1000 + 30_000,
    limitBytes: 16_777_216,
    label: 'iptables_save',
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, "looking at the firewall's rules"))
  const [before = '', after = ''] = reply.stdout.toString('utf8').split('=again\n')
  const [first, second] = [dropsIn(before), dropsIn(after)]
  const drops = second.map((rule, at): Dropped => {
    const earlier = first[at]
    const isSame = earlier?.rule === rule.rule && earlier.chain === rule.chain
    const more = isSame && rule.packets !== null && earlier.packets !== null ? rule.packets - earlier.packets : null
    return { ...rule, more }
  })
  return { by: [...after.matchAll(/^=(\S+)$/gm)].map(([, tool = '']) => tool), drops }
}

const dropsIn = (text: string): readonly Dropping[] =>
  text.split(/^=/m).flatMap((part) => (part.startsWith('nft\n') ? parseNft(part) : parseIptables(part)))
