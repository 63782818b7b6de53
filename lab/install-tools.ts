import { missingPackages } from './requirements.ts'
import { type Argv, passThrough, toolEnv } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { toolPath } from './tool-path.ts'

/** Argument lists that install Debian packages, waiting for another apt-get that holds the lock. */
export function installArgv(packages: readonly string[]): readonly Argv[] {
  const apt: Argv = ['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=600']
  return [
    [...apt, 'update'],
    [...apt, 'install', '--yes', '--no-install-recommends', ...packages],
  ]
}

/** Installs the tools the lab misses; gives apt-get's exit code. */
export async function installTools(settings: LabSettings): Promise<number> {
  const packages = missingPackages(toolPath(process.env.PATH))
  if (packages.length === 0) {
    settings.report('nothing is missing')
    return 0
  }
  for (const argv of installArgv(packages)) {
    const code = await passThrough(argv, { env: { ...process.env, ...toolEnv() } })
    if (code !== 0) return code
  }
  return 0
}
