import type { HostName } from '../model/id.ts'
import type { Problem } from '../model/problem.ts'

/** Problems of many hosts, each told once: without a host when all have it, else with the first and how many more. */
export function problemsByHost(
  each: readonly { readonly host: HostName; readonly problems: readonly Problem[] }[],
): readonly Problem[] {
  const found = new Map<string, { readonly problem: Problem; readonly hosts: HostName[] }>()
  for (const { host, problems } of each) {
    for (const problem of problems) {
      const known = found.get(problem.message) ?? { problem, hosts: [] }
      known.hosts.push(host)
      found.set(problem.message, known)
    }
  }
  return [...found.values()].map(({ problem, hosts }) => told(problem, hosts, each.length))
}

function told(problem: Problem, hosts: readonly HostName[], total: number): Problem {
  const [first] = hosts
  if (first === undefined || (hosts.length === total && total > 1)) return problem
  const more = hosts.length > 1 ? ` (and on ${hosts.length - 1} more)` : ''
  return { ...problem, message: problem.message + more, host: first }
}
