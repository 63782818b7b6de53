import type { Host } from '../model/inventory.ts'
import { fail, type Result, succeed } from '../model/problem.ts'
import { withMagic } from './inventory-magic.ts'

const NAMES: readonly string[] = ['ansible_become', 'ansible_sudo']
const USERS: readonly string[] = ['ansible_become_user', 'ansible_sudo_user']
/** As Ansible's module_utils/parsing/convert_bool.py. */
const YES: readonly unknown[] = [true, 1, 'y', 'yes', 'on', '1', 'true', 't']
const NO: readonly unknown[] = [false, 0, 'n', 'no', 'off', '0', 'false', 'f']

/** Whether a host's steps run as root where neither the step nor the runbook says: `ansible_become`; undefined: not said. */
export function becomeDefault(host: Host): Result<boolean | undefined> {
  const refused = refuseOthers(host)
  if (refused) return fail([{ kind: 'parameter', host: host.name, ...refused }])
  const name = NAMES.find((one) => host.vars.has(one))
  const variable = name === undefined ? undefined : host.vars.get(name)
  if (name === undefined || !variable) return succeed(undefined)
  const value = withMagic(variable.value, host)
  const word = typeof value === 'string' ? value.toLowerCase().trim() : value
  if (YES.includes(word)) return succeed(true)
  if (NO.includes(word)) return succeed(false)
  const message = `${name} must be yes or no, not ${JSON.stringify(value)}, from ${variable.origin.text}`
  return fail([{ kind: 'parameter', host: host.name, message }])
}

/** Another user would be passed over silently. */
function refuseOthers({ vars }: Host): { readonly message: string; readonly hint: string } | undefined {
  const user = USERS.map((one) => vars.get(one)).find((one) => one && one.value !== 'root')
  if (!user) return undefined
  const message = `commands run as root or as who logs in, not as ${JSON.stringify(user.value)}, from ${user.origin.text}`
  return { message, hint: 'use runuser -u NAME in the command' }
}
