import type { Command } from '../../model/command.ts'
import type { Probe, Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { runScript, scriptWith } from '../shared/host-script.ts'

/** A kernel setting as it runs. */
export interface KernelSetting {
  readonly value: string // as /proc/sys gives it, without the last line's end
  readonly writable: boolean // false: of a container, or for reading only
}

/**
 * Where a setting lies under /proc/sys, by the rule of sysctl.d(5): where the first separator is a slash, slashes
 * part the name and dots are its own; else the other way round (net.ipv4.conf.eth0/1.rp_filter).
 */
export function settingPath(name: string): string {
  const [first] = /[./]/.exec(name) ?? []
  const parts = first === '/' ? name : name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
  return `/proc/sys/${parts}`
}

/** Values that sysctl takes as the same: blanks between words count once. */
export const sameSetting = (one: string, other: string): boolean => plainSetting(one) === plainSetting(other)

export const plainSetting = (value: string): string => value.trim().split(/\s+/).join(' ')

/** A running setting; undefined where this kernel has none of this name. Throws ProblemError where it cannot be read. */
export async function readSetting(name: string, probe: Probe): Promise<KernelSetting | undefined> {
  const reply = await runScriptOf(probe, name, readText)
  const { code, stdout, stderr } = reply
  const [flag = '', ...lines] = stdout.toString('utf8').split('\n')
  if (code === 0 && flag === 'absent') return undefined
  if (code === 0) return { writable: flag === 'writable', value: lines.join('\n').trimEnd() }
  throw new ProblemError({
    kind: 'step-failed',
    message: `cannot read the kernel setting ${name}`,
    detail: stderr.toString('utf8').trim(),
  })
}

const runScriptOf = (runner: Runner, name: string, text: string): Promise<Reply> =>
  runner.run(scriptWith({ path: settingPath(name) }, text))

// access(2) sees a /proc/sys that is mounted for reading only, for root too.
const readText = `
[ -f "$path" ] || { echo absent; exit; }
if [ -w "$path" ]; then echo writable; else echo read-only; fi
cat -- "$path"
`

export interface SettingMove {
  readonly name: string
  readonly from: string
  readonly to: string
}

/** Gives a running setting another value, when it is still `from` (or `to` already). Throws ProblemError. */
export async function moveSetting(
  session: Session,
  move: SettingMove,
  otherwise: 'plan-drifted' | 'rollback-failed',
): Promise<void> {
  const { name, from, to } = move
  const done = await runScript(session, moveSettingText(move), { what: `setting ${name}` })
  if (!('refusal' in done)) return
  const { word, facts, detail } = done.refusal
  if (word === 'drifted') {
    throw new ProblemError({
      kind: otherwise,
      message: `${name} on ${session.host} was changed by someone since; it is left as it is`,
      hint: `expected ${from}, found ${facts}`,
    })
  }
  throw new ProblemError({
    kind: 'step-failed',
    message:
      word === 'kept' ? `the kernel made ${facts} of ${name} = ${to}` : `the kernel does not take ${name} = ${to}`,
    ...(detail === '' ? {} : { detail }),
  })
}

/** The script of moveSetting. */
export const moveSettingText = ({ name, from, to }: SettingMove): Command =>
  scriptWith({ path: settingPath(name), from: plainSetting(from), to: plainSetting(to), value: to }, moveText)

const moveText = `
set -f
plain() { set -- $(cat -- "$path"); printf %s "$*"; }
now=$(plain)
[ "$now" != "$to" ] || exit 0
[ "$now" = "$from" ] || { echo "drifted $now"; exit 90; }
printf '%s\\n' "$value" >"$path" || { echo refused; exit 90; }
[ "$(plain)" = "$to" ] || { echo "kept $(plain)"; printf '%s\\n' "$from" >"$path"; exit 90; }
`
