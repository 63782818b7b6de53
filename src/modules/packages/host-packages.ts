import { sh } from '../../model/command.ts'
import type { Runner } from '../../model/transport.ts'
import { apt } from './apt.ts'
import { dnf } from './dnf.ts'
import type { PackageManager } from './package-manager.ts'
import { zypper } from './zypper.ts'

const managers: Readonly<Record<string, PackageManager>> = { 'apt-get': apt, dnf, zypper }

/** The package manager of a host, or in words what it has in its place. */
export type HostManager = PackageManager | string

/** Asked of the host: its distribution says which one is its own, where it has several. */
export async function readManager(runner: Runner): Promise<HostManager> {
  const reply = await runner.run(sh`sed -n 's/^ID\\(_LIKE\\)*=//p' /etc/os-release 2>/dev/null | tr '\\n"' '  '; echo
for tool in apt-get dnf zypper yum microdnf apk pacman; do
  at=$(command -v "$tool") || continue
  case $(readlink -f "$at") in *dnf5) echo dnf5 ;; *) echo "$tool" ;; esac
done`)
  const [family = '', ...tools] = reply.stdout.toString('utf8').split('\n')
  const tool = chooseTool(family.split(' '), tools.filter(Boolean))
  return managers[tool] ?? tool
}

const families: readonly { readonly ids: readonly string[]; readonly tools: readonly string[] }[] = [
  { ids: ['debian', 'ubuntu'], tools: ['apt-get'] },
  { ids: ['fedora', 'rhel', 'centos'], tools: ['dnf', 'dnf5', 'yum', 'microdnf'] },
  { ids: ['suse', 'opensuse', 'sles'], tools: ['zypper'] },
]

/** The first tool that the host's distribution has as its own, else the first of all; '' where there is none. */
export function chooseTool(ids: readonly string[], tools: readonly string[]): string {
  const family = families.find((one) => one.ids.some((id) => ids.includes(id)))
  return family?.tools.find((tool) => tools.includes(tool)) ?? tools[0] ?? ''
}
