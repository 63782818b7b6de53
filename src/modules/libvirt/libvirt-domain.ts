import { rawText, script, sh } from '../../model/command.ts'
import { type Change, type Decision, defineModule, type Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'
import { openDomain } from './domain-xml.ts'
import {
  type Domain,
  DomainArgument,
  definitionResource,
  domainResource,
  lookDomain,
  noDomain,
  uri,
} from './look-domain.ts'

const args = Type.Object(
  {
    domain: DomainArgument,
    state: Type.Enum(['running', 'shut_off']),
    timeout: Type.Optional(DurationArgument('how long the guest may take to shut down; default 5m')),
    allow_destroy: Type.Optional(
      Type.Boolean({
        description: 'pull the plug of a guest that has not shut down by then; what it had not written is lost',
      }),
    ),
  },
  { additionalProperties: false },
)

type DomainArgs = Static<typeof args>

const OFF = 'shut off'

/** A domain switched on, or shut down by asking its guest. */
export const libvirtDomain = defineModule<typeof args, Domain | undefined>({
  name: 'libvirt_domain',
  summary: 'A virtual machine of libvirt: running, or shut down in order',
  example: 'libvirt_domain: {domain: web1, state: shut_off, timeout: 5m}\non: "{{ hypervisor }}"',
  effect: 'changes',
  args,
  resources: ({ domain }) => [domainResource(domain)],
  read: async ({ domain }, probe) => {
    const seen = await lookDomain(domain, probe)
    const predicted = probe.predicted(domainResource(domain))
    return seen && typeof predicted === 'string' ? { ...seen, state: predicted } : seen
  },
  plan: planDomain,
  apply: async (wanted, _, session) => {
    await bring(wanted, wanted.state, session)
    return undefined
  },
  revert: async (wanted, change, session) => {
    if (change.before.state === OFF) return bring(wanted, 'shut_off', session)
    if (await runsWithOthers(wanted.domain, session)) await bring(wanted, 'shut_off', session)
    await bring(wanted, 'running', session)
  },
})

function planDomain({ domain, state, allow_destroy }: DomainArgs, seen: Domain | undefined): Decision {
  if (!seen) return noDomain(domain)
  const isOff = seen.state === OFF || seen.state === 'crashed'
  if (seen.state === 'paused' || seen.state === 'pmsuspended')
    return { kind: 'blocked', message: `${domain} is ${seen.state}`, hint: `virsh resume ${domain}, if that is meant` }
  if (state === 'shut_off') {
    if (isOff) return { kind: 'noop', summary: `${domain} is ${seen.state}` }
    return change(domain, { verb: 'stop', before: seen.state, after: OFF, note: shutdownNote(allow_destroy) })
  }
  if (!isOff) return { kind: 'noop', summary: `${domain} is ${seen.state}` }
  if (seen.hasSavedState)
    return {
      kind: 'blocked',
      message: `${domain} has a saved state: it would go on as the machine that it was`,
      hint: `start it once by hand, or give the state up: virsh managedsave-remove ${domain}`,
    }
  return change(domain, { verb: 'start', before: seen.state, after: 'running', note: 'virsh start' })
}

const shutdownNote = (mayDestroy: boolean | undefined): string =>
  mayDestroy ? 'virsh shutdown, and virsh destroy where the guest does not' : 'virsh shutdown'

function change(
  domain: string,
  { verb, before, after, note }: { verb: 'start' | 'stop'; before: string; after: string; note: string },
): Decision {
  return {
    kind: 'change',
    change: {
      verb,
      summary: `${verb === 'start' ? 'start' : 'shut down'} the virtual machine ${domain}`,
      details: [
        { kind: 'value', name: 'state', before, after },
        { kind: 'note', text: note },
      ],
      before: { domain, state: before },
      after: { domain, state: after },
      settles: true,
      reversible: true,
      // shutting down leaves the definition as it is: what a later step makes of it can be planned
      predicts: { [domainResource(domain)]: after, ...(verb === 'stop' ? { [definitionResource(domain)]: {} } : {}) },
    } satisfies Change,
  }
}

/** Somebody started it before its definition was given back: it is running, but not as it was. */
async function runsWithOthers(name: string, session: Session): Promise<boolean> {
  const seen = await lookDomain(name, session)
  if (!seen || seen.state === OFF) return false
  const [next, live] = [seen.next, seen.live].map((text) => JSON.stringify(openDomain(text).disks))
  return next !== live
}

const fiveMinutesMs = 300_000

async function bring(wanted: DomainArgs, state: DomainArgs['state'], session: Session): Promise<void> {
  const timeoutMs = wanted.timeout === undefined ? fiveMinutesMs : durationMs(wanted.timeout)
  const words = sh`uri=${uri} domain=${wanted.domain} left=${Math.ceil(timeoutMs / 1000)}`
  const text = state === 'running' ? startText : stopText(wanted.allow_destroy === true)
  const reply = await session.run(script(words, rawText(virshText + text)), { timeoutMs: timeoutMs + 60_000 })
  if (reply.code === 0) return
  if (reply.code === 94) {
    throw new ProblemError({
      kind: 'step-failed',
      message: `${wanted.domain} did not shut down within ${wanted.timeout ?? '5m'}`,
      hint: 'does the guest answer ACPI (acpid, logind)? shut it down from inside, then run again; allow_destroy pulls the plug',
    })
  }
  throw new ProblemError(failureOf(reply, `${state === 'running' ? 'starting' : 'shutting down'} ${wanted.domain}`))
}

const virshText = `
virsh() { command virsh -q -c "$uri" "$@"; }
state() { LC_ALL=C virsh domstate -- "$domain"; }
`

const startText = `
case $(state) in running | idle) exit 0 ;; esac
virsh start -- "$domain"
`

// virsh shutdown only asks, and a guest that is still starting does not hear it: it is asked again.
const stopText = (mayDestroy: boolean): string => `
asked=0
while :; do
  case $(state) in 'shut off' | crashed) exit 0 ;; '') exit 95 ;; esac
  [ "$left" -gt 0 ] || break
  [ $((asked % 15)) -ne 0 ] || virsh shutdown -- "$domain" >&2 || exit
  asked=$((asked + 1)); left=$((left - 1)); sleep 1
done
${mayDestroy ? 'virsh destroy -- "$domain" >&2' : 'exit 94'}
`
