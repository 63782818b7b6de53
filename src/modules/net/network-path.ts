/** A way from one host to another, as packets or connects saw it; null: could not be told. Names are those of the output. */
export type PathSeen = {
  readonly to: string
  readonly by: 'ping' | 'connect' | 'none'
  readonly sent: number
  readonly received: number
  readonly loss_percent: number | null
  readonly rtt_avg_ms: number | null
  readonly rtt_max_ms: number | null
  readonly jitter_ms: number | null // mean deviation
  readonly note: string | null
}

/** Paths from lines "address, tab, how, tab, what was said". */
export const parsePaths = (text: string): readonly PathSeen[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [to = '', how = '', said = ''] = line.split('\t')
      if (how === 'ping') return pinged(to, said)
      return how === 'connect' ? connected(to, said) : nothing(to, 'the host has neither ping nor curl')
    })
    .toSorted((a, b) => (a.to < b.to ? -1 : 1))

/** iputils and busybox: "20 packets transmitted, 19 [packets ]received, 5% packet loss"; "min/avg/max[/mdev] = 0.04/0.05/0.1/0.01 ms". */
function pinged(to: string, said: string): PathSeen {
  const counts = /(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(said)
  if (!counts) return nothing(to, `ping says: ${said.trim().slice(0, 120)}`)
  const [sent, received] = [Number(counts[1]), Number(counts[2])]
  const [, avg, max, deviation] = /= [\d.]+\/([\d.]+)\/([\d.]+)(?:\/([\d.]+))? ms/.exec(said) ?? []
  return {
    to,
    by: 'ping',
    sent,
    received,
    loss_percent: sent === 0 ? null : Number(((100 * (sent - received)) / sent).toPrecision(4)),
    rtt_avg_ms: numberIn(avg),
    rtt_max_ms: numberIn(max),
    jitter_ms: numberIn(deviation),
    note: received === 0 ? `nothing came back from ${to}` : null,
  }
}

/** Times of connects in seconds, 0 for one that failed. TCP hides lost packets: they show as connects of a second and more. */
function connected(to: string, said: string): PathSeen {
  if (said === 'noport') return nothing(to, 'the host has no ping, and no port is given to connect to')
  const times = said
    .trim()
    .split(' ')
    .map((one) => Number(one) * 1000)
  const good = times.filter((ms) => ms > 0)
  const avg = good.reduce((sum, ms) => sum + ms, 0) / good.length
  const deviation = good.reduce((sum, ms) => sum + Math.abs(ms - avg), 0) / good.length
  const known = (ms: number): number | null => (good.length === 0 ? null : Number(ms.toFixed(3)))
  return {
    to,
    by: 'connect',
    sent: times.length,
    received: good.length,
    loss_percent: null,
    rtt_avg_ms: known(avg),
    rtt_max_ms: known(Math.max(...good)),
    jitter_ms: known(deviation),
    note: 'the host has no ping: TCP connects are timed, loss cannot be measured here',
  }
}

const nothing = (to: string, note: string): PathSeen => ({
  to,
  by: 'none',
  sent: 0,
  received: 0,
  loss_percent: null,
  rtt_avg_ms: null,
  rtt_max_ms: null,
  jitter_ms: null,
  note,
})

const numberIn = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
