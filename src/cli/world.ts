import type { Secret } from '../model/secret.ts'
import type { SecretKeeper } from './secret-keeper.ts'

/** Everything the program gets from outside; main.ts makes the only real one. */
export interface Outside {
  readonly argv: readonly string[] // after the program's name
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly homeFolder: string
  readonly userName: string
  readonly machineName: string // of this machine, for people
  readonly pid: number
  readonly packageFolder: string // where package.json, runbooks/ and inventories/ lie
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly stdin: NodeJS.ReadStream
  readonly now: () => Date
  readonly monotonicMs: () => number
  readonly randomBytes: (size: number) => Buffer
  /** Calls back at every Ctrl-C or SIGTERM from now on, until what it returns is called. */
  readonly onInterrupt: (listener: () => void) => () => void
  /** Takes a variable out of the environment that children inherit. */
  readonly dropEnv: (name: string) => void
  /** Ends the program at once. */
  readonly exitNow: (code: number) => void
}

/** The outside as commands see it: what is written there holds no secret. */
export interface World extends Outside {
  readonly secrets: SecretKeeper
  readonly vaultPasswords: readonly Secret[]
}
