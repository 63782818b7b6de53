import { rawText, script, sh } from '../../model/command.ts'
import type { Decision, Probe } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { failureOf } from '../shared/host-script.ts'
import { hostUnchanged } from '../shared/host-unchanged.ts'
import { callCounts } from './strace-table.ts'

const longest = 5 // s: every thread stops at every call, and etcd or an API server must not stand still for long
const graceS = 5 // for strace to let go and to count
const defaultSeconds = 2

const args = Type.Object(
  {
    pid: Type.Integer({ minimum: 2, description: 'process that is looked at' }),
    threads: Type.Optional(
      Type.Enum(['all', 'first'], {
        default: 'all',
        description:
          'first: only its first thread, which of a Go program tells next to nothing, but stops only that one',
      }),
    ),
    seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: longest, default: defaultSeconds, description: 'for how long' }),
    ),
  },
  { additionalProperties: false },
)

type StraceArgs = Static<typeof args>

/** Whether a process can be looked at, and what it is called. */
type Traceable =
  | { readonly kind: 'ready'; readonly name: string }
  | { readonly kind: 'gone' | 'no-strace' | 'no-timeout' }
  | { readonly kind: 'traced'; readonly by: string }

export const straceSample = defineModule<typeof args, Traceable>({
  name: 'strace_sample',
  summary: 'Which system calls a process makes, counted by strace for a few seconds; it slows the process meanwhile',
  effect: 'changes', // nothing for good; but a plan must not slow anything
  args,
  example: 'strace_sample: {pid: "{{ settings.pid }}", seconds: 2}',
  resources: ({ pid }) => [`strace:${pid}`],
  read: look,
  plan: planSample,
  apply: async ({ pid, threads = 'all', seconds = defaultSeconds }, _, { run }) => {
    const follow = threads === 'all' ? ['-f'] : []
    // INT lets strace detach and count; a strace that is killed would leave the process stopped.
    const reply = await run(sh`LC_ALL=C timeout -s INT -k ${graceS} ${seconds} strace -c ${follow} -p ${pid} 2>&1`, {
      timeoutMs: (seconds + 2 * graceS) * 1000,
    })
    const calls = callCounts(reply.stdout.toString('utf8'))
    if (calls.length === 0 && !/attached/.test(reply.stdout.toString('utf8')))
      throw new ProblemError(failureOf({ ...reply, stderr: reply.stdout }, `tracing process ${pid}`))
    return { seconds, calls }
  },
  revert: async () => undefined, // nothing is left of it
})

async function look({ pid }: StraceArgs, probe: Probe): Promise<Traceable> {
  const reply = await probe.run(script(sh`pid=${pid}`, rawText(lookText)), { label: 'strace_sample' })
  const [word = '', more = ''] = reply.stdout.toString('utf8').split('\n')
  switch (word) {
    case 'gone':
    case 'no-strace':
    case 'no-timeout':
      return { kind: word }
    case 'traced':
      return { kind: 'traced', by: more }
    case 'ready':
      return { kind: 'ready', name: more }
    default:
      throw new ProblemError(failureOf(reply, `looking at process ${pid}`))
  }
}

const lookText = `
[ -r "/proc/$pid/status" ] || { echo gone; exit; }
command -v strace >/dev/null || { echo no-strace; exit; }
command -v timeout >/dev/null || { echo no-timeout; exit; }
while read -r word value rest; do
  [ "$word" = TracerPid: ] && [ "$value" != 0 ] && { printf 'traced\\n%s\\n' "$value"; exit; }
done <"/proc/$pid/status"
printf 'ready\\n'; head -n 1 "/proc/$pid/comm"
`

function planSample({ pid, seconds = defaultSeconds, threads = 'all' }: StraceArgs, found: Traceable): Decision {
  switch (found.kind) {
    case 'gone':
      return { kind: 'blocked', message: `there is no process ${pid}` }
    case 'no-strace':
      return { kind: 'blocked', message: 'the host has no strace', hint: 'install the package strace, or leave it out' }
    case 'no-timeout':
      return {
        kind: 'blocked',
        message: 'the host has no timeout, which ends strace in time',
        hint: 'it is in coreutils',
      }
    case 'traced':
      return { kind: 'blocked', message: `process ${pid} is traced already, by process ${found.by}` }
    case 'ready':
      return hostUnchanged(`count the system calls of ${found.name} (${pid}) for ${seconds} s`, [
        {
          kind: 'note',
          text: `${threads === 'all' ? 'each of its threads' : 'its first thread'} stops at every call meanwhile`,
        },
      ])
  }
}
