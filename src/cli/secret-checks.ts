import type { ResolvedVariables } from '../load/variables.ts'
import { slowHash } from '../model/digest.ts'
import type { HostName } from '../model/id.ts'
import type { ResolvedParam } from '../model/plan.ts'

/** Parameters as plans and journals keep them: a secret with what tells later that its value is another. */
export function checkedParams({ params, hosts }: ResolvedVariables, salt: string): readonly ResolvedParam[] {
  const [first] = hosts.keys()
  const valueAt = (name: string, host: HostName | undefined): string | undefined =>
    hosts
      .get(host ?? first ?? ('' as HostName))
      ?.secrets.get(name)
      ?.reveal()
  const checks = new Map<string, string>()
  return params.map((param) => {
    const value = param.secret && valueAt(param.name, param.host)
    if (value === undefined) return param
    const check = checks.get(value) ?? slowHash(value, salt)
    checks.set(value, check)
    return { ...param, secret: { ...param.secret, check } }
  })
}

/** The names of secrets whose values are not those of then; both were checked with the same salt. */
export function changedSecrets(then: readonly ResolvedParam[], now: readonly ResolvedParam[]): readonly string[] {
  const key = ({ name, host }: ResolvedParam): string => `${name}\0${host ?? ''}`
  const checks = new Map(now.map((param) => [key(param), param.secret?.check]))
  return [
    ...new Set(
      then.flatMap((param) => (param.secret && checks.get(key(param)) !== param.secret.check ? [param.name] : [])),
    ),
  ]
}
