import { LabError } from './lab-error.ts'
import { runTool } from './run-tool.ts'
import type { LabSettings } from './settings.ts'

/** Where to take Debian packages from: RUNBOOK_LAB_MIRROR, else the Debian mirror of this machine's own apt sources. */
export async function debianMirror(settings: LabSettings): Promise<string> {
  if (settings.mirror !== undefined) return settings.mirror
  const format = '$(ORIGIN)|$(LABEL)|$(REPO_URI)'
  const { stdout } = await runTool(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'])
  const mirror = parseMirror(stdout)
  if (mirror !== undefined) return mirror
  throw new LabError(
    "this machine's apt sources hold no Debian mirror: run apt-get update, or set RUNBOOK_LAB_MIRROR to the URL of one",
  )
}

/** The first Debian archive (not its security or backports neighbours) in `apt-get indextargets` output. */
export function parseMirror(targets: string): string | undefined {
  const rows = targets.split('\n').map((line) => line.split('|'))
  return rows.find(([origin, label]) => origin === 'Debian' && label === 'Debian')?.[2]
}
