import { parseGoDuration } from '../../model/go-duration.ts'

/** The timeouts that an etcd says it started with; undefined where its log does not tell. */
export interface BootTimeouts {
  readonly heartbeatMs: number | undefined
  readonly electionMs: number | undefined
}

/**
 * The timeouts from the lines etcd logs at start: "heartbeat = 100ms", "election = 1000ms" up to 3.4, one JSON line
 * "starting an etcd server" with "heartbeat-interval" and "election-timeout" with the zap logger. The last start wins.
 */
export function parseBootLog(text: string): BootTimeouts {
  return {
    heartbeatMs: last(text, /"heartbeat-interval":"([^"]+)"|\bheartbeat = (\S+)/g),
    electionMs: last(text, /"election-timeout":"([^"]+)"|\belection = (\S+)/g),
  }
}

function last(text: string, pattern: RegExp): number | undefined {
  const found = [...text.matchAll(pattern)].at(-1)
  return found ? parseGoDuration(found[1] ?? found[2] ?? '') : undefined
}
