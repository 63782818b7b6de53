/** A rule, or a policy, that lets packets go nowhere. */
export type Dropping = {
  readonly hook: string // input, output, forward, prerouting, ...; "" where the chain has none
  readonly chain: string // family or table, and name
  readonly rule: string
  readonly packets: number | null // null: it does not count
}

const ENDS = /\b(?:drop|reject)\b/

/** What `nft list ruleset` says: tables, chains with their hooks, rules a line. */
export function parseNft(text: string): readonly Dropping[] {
  let table = ''
  let chain = ''
  let hook = ''
  return text.split('\n').flatMap((raw): readonly Dropping[] => {
    const line = raw.trim()
    const opened = /^table (\S+ \S+) \{/.exec(line)?.[1]
    const begun = /^chain (\S+) \{/.exec(line)?.[1]
    if (opened !== undefined) table = opened
    if (begun !== undefined) [chain, hook] = [begun, '']
    if (opened !== undefined || begun !== undefined) return []
    const based = /^type \S+ hook (\S+) .*?(?:policy (\S+);)?$/.exec(line)
    if (based) hook = based[1] ?? ''
    if (based && based[2] !== 'drop') return []
    if (!ENDS.test(line.replaceAll(/"[^"]*"/g, ''))) return []
    const packets = /\bpackets (\d+)/.exec(line)?.[1]
    const rule = based ? 'policy drop' : line.replace(/ packets \d+ bytes \d+/, '')
    return [{ hook, chain: `${table} ${chain}`, rule, packets: packets === undefined ? null : Number(packets) }]
  })
}

const HOOKS = new Map(
  ['INPUT', 'OUTPUT', 'FORWARD', 'PREROUTING', 'POSTROUTING'].map((name) => [name, name.toLowerCase()]),
)

/** What `iptables-save -c` says: `:INPUT DROP [12:720]`, `[3:180] -A INPUT -p tcp -j DROP`. */
export function parseIptables(text: string): readonly Dropping[] {
  let table = ''
  return text.split('\n').flatMap((line): readonly Dropping[] => {
    if (line.startsWith('*')) table = line.slice(1)
    const policy = /^:(\S+) DROP \[(\d+):/.exec(line)
    if (policy) return [of(table, policy[1], 'policy drop', policy[2])]
    const rule = /^\[(\d+):\d+\] (-A (\S+) .*-j (?:DROP|REJECT)\b.*)$/.exec(line)
    return rule ? [of(table, rule[3], rule[2] ?? '', rule[1])] : []
  })
}

const of = (table: string, chain = '', rule: string, packets = '0'): Dropping => ({
  hook: HOOKS.get(chain) ?? '',
  chain: `${table} ${chain}`,
  rule,
  packets: Number(packets),
})
