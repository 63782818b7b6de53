import { parseFlags } from './flag-words.ts'
import { parseFlatYaml } from './flat-yaml.ts'

export type ValueSource = 'config-file' | 'flag' | 'environment' | 'default'

/** A setting of a member and where it comes from. */
export interface MemberValue {
  readonly text: string
  readonly source: ValueSource
}

/** The three places that settings come from; a configuration file shuts the other two out. */
export interface ValuePlaces {
  readonly words: readonly string[]
  readonly environment: ReadonlyMap<string, string>
  readonly configText: string | null
}

export type LookUp = (name: string) => MemberValue | undefined

/**
 * Settings by flag name, with etcd's precedence: with --config-file (or ETCD_CONFIG_FILE) that file alone, else flag,
 * else environment (embed/config.go and "other configuration command line flags and environment variables will be
 * ignored"). Undefined: etcd's default.
 */
export function lookUpIn({ words, environment, configText }: ValuePlaces): LookUp {
  if (configText !== null) {
    const values = parseFlatYaml(configText)
    return (name) => sourced(values.get(name) ?? values.get(`client-transport-security.${name}`), 'config-file')
  }
  const flags = parseFlags(words)
  return (name) =>
    sourced(flags.get(name), 'flag') ??
    sourced(environment.get(`ETCD_${name.toUpperCase().replaceAll('-', '_')}`), 'environment')
}

const sourced = (text: string | undefined, source: ValueSource): MemberValue | undefined =>
  text === undefined ? undefined : { text, source }

/** A time in ms as etcd's flags have it: a whole number; null for anything else. */
export const wholeMs = (text: string): number | null => (/^\d+$/.test(text.trim()) ? Number(text) : null)

/** etcd's defaults in ms (embed/config.go, unchanged from 3.0 to 3.6). */
export const DEFAULT_MS = { 'heartbeat-interval': 100, 'election-timeout': 1000 } as const
export type TimeoutName = keyof typeof DEFAULT_MS
