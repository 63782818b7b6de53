import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { LabError } from './lab-error.ts'

/** Everything a lab is told from outside; made once by `labSettings`, handed to every function. */
export interface LabSettings {
  /** Folder of the lab's key, known_hosts, inventory, state and logs. */
  readonly stateDir: string
  /** Folder of the built images, shared by all labs. */
  readonly cacheDir: string
  /** Eight hex digits of the state folder's path: names cgroups and mounts, so that labs can live side by side. */
  readonly id: string
  /** First three bytes of the loopback addresses that lead to the hosts, e.g. `127.77.0`. */
  readonly loopback: string
  /** After this the lab ends by itself, whatever became of its starter. */
  readonly ttlSeconds: number
  /** Where image builds take packages from; undefined: the mirror in this machine's own apt sources. */
  readonly mirror: string | undefined
  /** Who gets the key and the other files for people; present when root was reached by sudo. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
  /** Takes one line of progress. */
  readonly report: (line: string) => void
}

const CHECKOUT = dirname(import.meta.dirname)
const DEFAULT_STATE_DIR = join(CHECKOUT, '.lab')
const EIGHT_HOURS = 8 * 3600

/**
 * Settings from RUNBOOK_LAB (state folder), RUNBOOK_LAB_CACHE, RUNBOOK_LAB_TTL (seconds) and RUNBOOK_LAB_MIRROR.
 * A lab in another folder than the default one gets loopback addresses of its own, so both can be up.
 */
export function labSettings(env: NodeJS.ProcessEnv, over: Partial<Omit<LabSettings, 'id'>> = {}): LabSettings {
  const stateDir = resolve(over.stateDir ?? (env.RUNBOOK_LAB || DEFAULT_STATE_DIR))
  const id = createHash('sha256').update(stateDir).digest('hex').slice(0, 8)
  return {
    stateDir,
    id,
    cacheDir: resolve(over.cacheDir ?? (env.RUNBOOK_LAB_CACHE || join(homedir(), '.cache', 'runbook-lab'))),
    loopback: parseLoopback(over.loopback ?? (stateDir === DEFAULT_STATE_DIR ? '127.77.0' : ownLoopback(id))),
    ttlSeconds: over.ttlSeconds ?? parseTtl(env.RUNBOOK_LAB_TTL),
    mirror: over.mirror ?? (env.RUNBOOK_LAB_MIRROR || undefined),
    owner: over.owner ?? sudoCaller(env),
    report: over.report ?? (() => undefined),
  }
}

/** One of 25,400 ranges, so that two labs that are up at once hardly ever meet; 127.77 is the default lab's. */
function ownLoopback(id: string): string {
  const number = Number.parseInt(id, 16)
  return `127.${78 + (number % 100)}.${1 + (Math.floor(number / 100) % 254)}`
}

/** Accepts `127.B.C` and nothing that is not a loopback address. */
function parseLoopback(text: string): string {
  const bytes = /^127\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  if (bytes?.every((byte) => byte <= 255)) return text
  throw new LabError(`--loopback ${text}: three bytes of a loopback address are wanted, e.g. 127.78.0`, 3)
}

function parseTtl(text: string | undefined): number {
  if (text === undefined || text === '') return EIGHT_HOURS
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new LabError(`RUNBOOK_LAB_TTL=${text}: a number of seconds is wanted`, 3)
}

function sudoCaller({ SUDO_UID, SUDO_GID }: NodeJS.ProcessEnv): LabSettings['owner'] {
  if (SUDO_UID === undefined || SUDO_GID === undefined) return undefined
  return { uid: Number(SUDO_UID), gid: Number(SUDO_GID) }
}
