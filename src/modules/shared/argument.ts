import { type Static, Type } from '../../model/schema.ts'

/** Arguments that several modules take, each with one description. */

export const PathArgument = (description: string) =>
  Type.String({ pattern: '^/[^\\u0000-\\u001f\\u007f]*$', description: `${description} (absolute)` })

export const ModeArgument = Type.String({
  pattern: '^[0-7]?[0-7]{3}$',
  description: 'permissions in octal, quoted: "0644"',
})

export const OwnerArgument = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.@-]*\\$?$', description })

/** The name of a systemd unit; one without a suffix is a service. */
export const UnitArgument = Type.String({
  pattern: '^[A-Za-z0-9:_.@\\\\-]+$',
  description: 'systemd unit; without a suffix a .service',
})

/** A time as the runbook language writes it. */
export const DurationArgument = (description: string) =>
  Type.String({ pattern: '^[0-9]+(ms|s|m|h)$', description: `${description} (250ms, 60s, 5m, 2h)` })

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** A checked DurationArgument in milliseconds. */
export function durationMs(text: Static<ReturnType<typeof DurationArgument>>): number {
  const [, count = '', unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? []
  const factor = unitsMs[unit as keyof typeof unitsMs] // sealed: the pattern allows these units only
  return Number(count) * factor
}
