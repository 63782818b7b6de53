import { rawText, sh } from '../../model/command.ts'
import type { Decision, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { type Problem, ProblemError, problemsOf } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Runner } from '../../model/transport.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf } from '../shared/host-script.ts'

const defaultTimeout = '10m'

const args = Type.Object(
  {
    if_required: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'only where the host asks for it: /run/reboot-required (Debian), /run/reboot-needed (SUSE)',
      }),
    ),
    ready: Type.Optional(
      Type.String({ format: 'shell', description: 'shell text that must succeed before the host counts as back' }),
    ),
    within: Type.Optional(
      DurationArgument(`how long it may take, from going down to ready; default ${defaultTimeout}`),
    ),
  },
  { additionalProperties: false },
)

type RebootArgs = Static<typeof args>

interface Booted {
  readonly boot: string
  readonly name: string // as the host calls itself
  readonly isRequired: boolean
}

export const reboot = defineModule<typeof args, Booted>({
  name: 'reboot',
  summary: 'Boots the host anew, and waits until it is back and ready',
  effect: 'changes',
  leaves: true,
  args,
  example: 'reboot: {if_required: true, ready: "systemctl is-active etcd", within: 5m}',
  resources: ({ if_required }) => (if_required ? ['host:reboot-required'] : []), // which any earlier step may ask for
  read: async (_, probe) => readBooted(probe),
  plan: planReboot,
  apply: async (wanted, { trace }, session) => {
    await rebootOnce(wanted, String(trace?.boot), session)
    return { boot: (await readBooted(session)).boot }
  },
  // as a restart: what was restored before it becomes effective by another one
  revert: async (wanted, { undoTrace }, session) =>
    rebootOnce(wanted, String(undoTrace?.boot ?? (await readBooted(session)).boot), session),
})

/**
 * The kernel's id of this boot, and when its first process began: in a container the id may be that of the machine
 * beneath, whose boot goes on while the container's is another.
 */
async function readBooted(runner: Runner): Promise<Booted> {
  const reply = await runner.run(
    sh`read -r id </proc/sys/kernel/random/boot_id && read -r line </proc/1/stat && set -- \${line##*) } && echo "$id \${20}" && uname -n
for mark in /run/reboot-required /run/reboot-needed; do if [ -e "$mark" ]; then echo required; break; fi; done`,
    { timeoutMs: lookMs },
  )
  const [boot = '', name = '', isRequired = ''] = reply.stdout.toString('utf8').split('\n')
  if (!/^\S+ \d+$/.test(boot)) throw new ProblemError(failureOf(reply, 'looking which boot this is'))
  return { boot, name, isRequired: isRequired === 'required' }
}

function planReboot(
  { if_required, ready, within = defaultTimeout }: RebootArgs,
  { boot, name, isRequired }: Booted,
): Decision {
  if (if_required && !isRequired) return { kind: 'noop', summary: `${name} does not ask for a reboot` }
  return {
    kind: 'change',
    change: {
      verb: 'restart',
      summary: `reboot ${name}`,
      details: [
        { kind: 'note', text: `everything on it stops; it must be back within ${within}` },
        ...(ready === undefined ? [] : [{ kind: 'command' as const, command: ready }]),
      ],
      before: {},
      after: null,
      settles: false,
      reversible: true,
      predicts: { 'unit:*': null },
      trace: { boot },
    },
  }
}

/** Reboots where the boot is still `before`, and waits. Throws ProblemError when its time is over. */
async function rebootOnce(
  { ready, within = defaultTimeout }: RebootArgs,
  before: string,
  session: Session,
): Promise<void> {
  const { controller, host } = session
  const until = controller.now().getTime() + durationMs(within)
  if ((await readBooted(session)).boot === before) await goDown(session)
  let last = await whyNotBack(before, session)
  while (last) {
    if (controller.now().getTime() >= until) throw notBack(last, { host, within })
    await controller.wait(pollMs)
    last = await whyNotBack(before, session)
  }
  while (ready !== undefined) {
    const reply = await session.run(rawText(ready))
    if (reply.code === 0) return
    const problem = failureOf(reply, `${host} has booted anew, and is not ready within ${within}`)
    if (controller.now().getTime() >= until) throw new ProblemError({ ...problem, hint: `it was asked by: ${ready}` })
    await controller.wait(pollMs)
  }
}

const pollMs = 2000
const lookMs = 10_000

/** Goes down a moment later, so that this command still has its answer. */
async function goDown(session: Session): Promise<void> {
  const reply =
    await session.run(sh`for tool in systemctl reboot; do if command -v "$tool" >/dev/null; then found=$tool; break; fi; done
case \${found-} in
  systemctl) set -- systemctl reboot ;;
  reboot) set -- reboot ;;
  *) echo "no systemctl, and no reboot" >&2; exit 127 ;;
esac
[ "$(id -u)" = 0 ] || { echo "not as root: set become: true for this step" >&2; exit 1; }
( trap '' HUP; sleep 1; exec "$@" ) </dev/null >/dev/null 2>&1 &`)
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `rebooting ${session.host}`))
}

/** Undefined when the host answers from another boot; anything but a wrong host key may be so while it boots. */
async function whyNotBack(before: string, session: Session): Promise<Problem | undefined> {
  try {
    if ((await readBooted(session)).boot !== before) return undefined
    return { kind: 'step-failed', message: 'it has not gone down' }
  } catch (error) {
    const problem = await session.controller.reconnect().then(
      () => problemsOf(error)[0],
      (again: unknown) => problemsOf(again)[0],
    )
    if (problem.kind === 'host-key' || problem.kind === 'interrupted') throw new ProblemError(problem)
    return problem
  }
}

const notBack = (last: Problem, { host, within }: { readonly host: string; readonly within: string }): ProblemError =>
  new ProblemError({
    kind: 'step-failed',
    message: `${host} is not back within ${within} of its reboot: ${last.message}`,
    ...(last.detail === undefined ? {} : { detail: last.detail }),
    hint: 'look at its console; when it is back: runbook resume',
  })
