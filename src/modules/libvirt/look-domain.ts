import { rawText, script, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import { Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'

export const DomainArgument = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.:+@-]*$',
  description: 'name of the domain, as virsh list --all shows it',
})

/** Whether it runs. */
export const domainResource = (name: string) => `domain:${name}` as const

/** What its next start takes. */
export const definitionResource = (name: string) => `domain-definition:${name}` as const

export const uri = 'qemu:///system'

/** What libvirt says of a domain. */
export interface Domain {
  readonly state: string // running, shut off, paused, in shutdown, crashed, pmsuspended, idle
  readonly isPersistent: boolean
  /** Its memory lies on disk: the next start would go on with the machine as it was. */
  readonly hasSavedState: boolean
  readonly hasJob: boolean // a copy or a move of its disks or memory
  readonly snapshots: readonly string[]
  readonly freeBytes: number // where libvirt keeps its definitions and we a copy
  readonly next: string // the definition that the next start takes, passwords included
  readonly live: string // the one it runs with; the same where it does not run
}

const PARTS = ['state', 'info', 'job', 'snapshots', 'free', 'next', 'live'] as const

const lookText = `
command -v virsh >/dev/null || exit 91
virsh() { command virsh -q -c "$uri" "$@"; }
virsh domstate -- "$domain" >/dev/null 2>&1 || { virsh uri >/dev/null || exit 92; exit 93; }
part() { echo "$mark $1"; shift; "$@"; }
part state virsh domstate -- "$domain"
part info virsh dominfo -- "$domain"
part job virsh domjobinfo -- "$domain" 2>/dev/null
part snapshots virsh snapshot-list --name -- "$domain"
part free df -Pk /var/lib
part next virsh dumpxml --inactive --security-info -- "$domain"
part live virsh dumpxml --security-info -- "$domain"
echo "$mark end"
`

const MARK = '--runbook-part--'

/** Looks at a domain; undefined where the host has none of that name. Throws ProblemError where libvirt does not answer. */
export async function lookDomain(name: string, runner: Runner): Promise<Domain | undefined> {
  const reply = await runner.run(script(sh`uri=${uri} domain=${name} mark=${MARK}`, rawText(lookText)), {
    limitBytes: 4_194_304,
    timeoutMs: 60_000,
  })
  if (reply.code === 91) throw missingTool('virsh', 'talk to libvirt')
  if (reply.code === 93) return undefined
  if (reply.code !== 0) {
    throw new ProblemError({
      ...failureOf(reply, `asking libvirt about ${name}`),
      ...(reply.code === 92 ? { hint: 'is libvirtd running? systemctl status libvirtd' } : {}),
    })
  }
  return parseDomain(reply.stdout.toString('utf8'))
}

/** The parts that the look prints, each after a line that names it. */
export function parseDomain(text: string): Domain {
  const parts = new Map(
    text.split(`${MARK} `).map((part) => {
      const [name = '', ...lines] = part.split('\n')
      return [name, lines.join('\n')] as const
    }),
  )
  const [state, info, job, snapshots, free, next, live] = PARTS.map((name) => parts.get(name) ?? '')
  const fact = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(info ?? '')?.[1]?.trim() ?? ''
  return {
    state: (state ?? '').trim(),
    isPersistent: fact('Persistent') === 'yes',
    hasSavedState: fact('Managed save') === 'yes',
    hasJob: !/^Job type:\s*None\s*$/m.test(job ?? '') && (job ?? '').trim() !== '',
    snapshots: (snapshots ?? '').split('\n').filter((line) => line.trim() !== ''),
    freeBytes: Number((free ?? '').trim().split('\n').at(-1)?.split(/\s+/)[3] ?? 0) * 1024,
    next: next ?? '',
    live: live ?? '',
  }
}

export const noDomain = (name: string) => ({
  kind: 'blocked' as const,
  message: `libvirt knows no domain ${name}`,
  hint: 'virsh list --all on the hypervisor; name it by the variable that the runbook takes it from',
})
