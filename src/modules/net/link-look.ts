import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Frame, frameFunction, frameText, parseFrames } from '../shared/frames.ts'
import { failureOf, missingTool, scriptWith } from '../shared/host-script.ts'

/** What the host says of an interface, unjudged; routes and entries as lines that `ip` and `bridge` take again. */
export interface SeenLink {
  readonly link: JsonObject // ip -details link
  readonly others: readonly JsonObject[] // all other interfaces
  readonly addresses: readonly JsonObject[]
  readonly routes: readonly string[] // with -4 or -6 in front; none of the kernel's own
  readonly neighbours: readonly string[] // permanent ones
  readonly forwarding: readonly string[] // permanent entries of a vxlan that lead to another host
  readonly settings: readonly string[] // `ipv4/rp_filter=0`: where it differs from what a new interface gets
  readonly queues: readonly string[] // queueing disciplines, of packets that go and that come
  readonly connections: readonly { readonly local: string; readonly peer: string }[] // of TCP, established
  readonly peersBehind: readonly string[] // addresses of these peers that are reached by it
}

const noTool = 91

/** Looks at the interface; undefined where the host has none of that name. Throws ProblemError. */
export async function lookLink(name: string, probe: Probe): Promise<SeenLink | undefined> {
  const reply = await probe.run(scriptWith({ name }, frameFunction + lookText), {
    limitBytes: 8_388_608,
    label: 'link',
  })
  if (reply.code === noTool) throw missingTool(reply.stderr.toString('utf8').trim(), 'look at interfaces')
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `looking at the interface ${name}`))
  const frames = parseFrames(reply.stdout)
  const [link] = objects(frames, 'link')
  if (!link) return undefined
  return {
    link,
    others: objects(frames, 'links').filter((other) => other.ifname !== name),
    addresses: objects(frames, 'addresses').flatMap(({ addr_info }) => listOf(addr_info)),
    routes: [...routesOf(frames, '-4'), ...routesOf(frames, '-6')],
    neighbours: lines(frames, 'neighbours').map((line) => line.replace(/ PERMANENT.*$/, '')),
    forwarding: lines(frames, 'forwarding').filter((line) => / dst .* (permanent|static)$/.test(line)),
    settings: lines(frames, 'settings'),
    queues: lines(frames, 'queues'),
    connections: lines(frames, 'connections').map(connectionOf),
    peersBehind: lines(frames, 'behind'),
  }
}

const lines = (frames: readonly Frame[], name: string): readonly string[] =>
  (frameText(frames, name) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

function objects(frames: readonly Frame[], name: string): readonly JsonObject[] {
  const text = frameText(frames, name) ?? ''
  if (text.trim() === '') return []
  try {
    return listOf(JSON.parse(text) as Json) // sealed: JSON.parse gives JSON
  } catch {
    throw new ProblemError({
      kind: 'step-failed',
      message: 'ip of this host does not answer in JSON',
      hint: 'iproute2 4.15 or newer is needed',
      detail: text.slice(0, 200),
    })
  }
}

const listOf = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObjectOfJson) : []

const isObjectOfJson = (value: Json): value is JsonObject => isObject(value)

/** What the kernel makes by itself with an address is no route of anybody; marks of the moment are left out. */
const routesOf = (frames: readonly Frame[], family: '-4' | '-6'): readonly string[] =>
  lines(frames, `routes${family}`)
    .filter((line) => !/ proto kernel\b/.test(line))
    .map((line) => `${family} ${line.replace(/ (?:dead|linkdown|offload|trap|rt_trap)\b/g, '')}`)

/** `0 0 10.77.0.11:22 10.77.0.1:51000`, addresses of IPv6 in brackets. */
function connectionOf(line: string): { readonly local: string; readonly peer: string } {
  const [, , local = '', peer = ''] = line.split(/\s+/)
  return { local: addressIn(local), peer: addressIn(peer) }
}

const addressIn = (end: string): string =>
  end
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/, '')

const lookText = `
command -v ip >/dev/null || { echo ip >&2; exit ${noTool}; }
command -v ss >/dev/null || { echo ss >&2; exit ${noTool}; }
[ -e "/sys/class/net/$name" ] || exit 0
ip -json -details link show dev "$name" | frame link
ip -json -details link show | frame links
ip -json address show dev "$name" | frame addresses
ip -4 -details route show table all dev "$name" 2>/dev/null | frame routes-4
ip -6 -details route show table all dev "$name" 2>/dev/null | frame routes-6
ip neigh show dev "$name" nud permanent | frame neighbours
if command -v bridge >/dev/null; then bridge fdb show dev "$name" | frame forwarding; fi
for file in /proc/sys/net/ipv[46]/conf/"$name"/*; do
  key=\${file##*/}; family=\${file#/proc/sys/net/}; family=\${family%%/*}
  case $key in mtu|stable_secret) continue ;; esac # the one follows the interface, the other is a secret
  { [ -w "$file" ] && value=$(cat -- "$file") && usual=$(cat -- "/proc/sys/net/$family/conf/default/$key"); } 2>/dev/null || continue
  [ "$value" = "$usual" ] || echo "$family/$key=$value"
done | frame settings
if command -v tc >/dev/null; then tc qdisc show dev "$name" | frame queues; fi
established=$(ss -Htn state established)
printf '%s\\n' "$established" | frame connections
printf '%s\\n' "$established" | awk '{ sub(/:[0-9]+$/, "", $4); gsub(/[][]|%.*|^\\[?::ffff:/, "", $4); print $4 }' | sort -u | while read -r peer; do
  [ -z "$peer" ] || ! ip -o route get "$peer" 2>/dev/null | grep -qF " dev $name " || echo "$peer"
done | frame behind
exit 0
`
