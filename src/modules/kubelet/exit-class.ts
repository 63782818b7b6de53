/** Why a component of a control plane ended, as far as its last words and its exit code tell. */
export type ExitClass =
  | 'lease-lost'
  | 'etcd-timeout'
  | 'certificate'
  | 'port-in-use'
  | 'out-of-memory'
  | 'panic'
  | 'probe-failed'
  | 'killed'
  | 'configuration'
  | 'stopped'
  | 'unknown'

/** One end of a component. */
export interface Ended {
  readonly code: number // 128 + N after signal N
  readonly outOfMemory: boolean // as who ran it says
  readonly ranSeconds: number | null
  readonly lines: readonly string[] // its last words, oldest first
  readonly probe?: string // what was said of a liveness or startup probe that failed just before
}

/**
 * Words by class, most telling first: what a component says of its end goes before what it said of its troubles. Sources: kubernetes#74340,
 * #65966, #82960, #108380 (leases), #88111 (etcd).
 */
const WORDS: readonly (readonly [ExitClass, RegExp])[] = [
  ['certificate', /x509: certificate has expired/],
  ['port-in-use', /bind: address already in use/],
  ['lease-lost', /leaderelection lost|failed to renew lease|lost (?:leader|master) ?election/i],
  ['etcd-timeout', /etcdserver: (?:request timed out|leader changed)/],
  ['panic', /^(?:\S+ )?(?:panic: |fatal error: )/],
]

const ENDED_BY_KUBELET: ReadonlySet<number> = new Set([0, 137, 143]) // SIGTERM, and SIGKILL when its grace is over

const shortestRun = 5 // s; who ends sooner, and not by a signal, did not like what it was given

/** A lease is lost because of something else, but that is what the component ended of: its cause is for who looks at etcd. */
export function classOf({ code, outOfMemory, ranSeconds, lines, probe }: Ended): ExitClass {
  if (outOfMemory) return 'out-of-memory'
  const said = WORDS.find(([, words]) => lines.some((line) => words.test(line)))
  if (said) return said[0]
  if (probe !== undefined && ENDED_BY_KUBELET.has(code)) return 'probe-failed'
  if (code === 0 || code === 143) return 'stopped' // SIGTERM: somebody asked for it
  if (code === 137) return 'killed'
  return ranSeconds !== null && ranSeconds < shortestRun ? 'configuration' : 'unknown'
}

/** The line that says most: the first that gave the class, else the last. */
export function tellingLine(lines: readonly string[], exitClass: ExitClass): string {
  const words = WORDS.find(([name]) => name === exitClass)?.[1]
  return (words && lines.find((line) => words.test(line))) ?? lines.at(-1) ?? ''
}
