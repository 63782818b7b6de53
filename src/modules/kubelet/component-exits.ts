import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs, PathArgument } from '../shared/argument.ts'
import { type Frame, frameText, parseFrames } from '../shared/frames.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'
import { componentExitsText } from './component-exits-text.ts'
import { classOf, type Ended, tellingLine } from './exit-class.ts'
import { probeBefore, probesIn } from './failed-probes.ts'
import { secondsOf } from './seconds-of.ts'

const mostExits = 20 // of each source; the newest
const tailLines = 40 // of the log before each
const deadlineS = 20 // for each answer of docker and crictl

const args = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$',
      description: 'of the container (label io.kubernetes.container.name) or of the systemd unit: kube-scheduler',
    }),
    kubeconfig: Type.Optional(
      PathArgument('for events of failed probes, where it is there; default /etc/kubernetes/admin.conf'),
    ),
    since: Type.Optional(DurationArgument('how far back, default 2h')),
    value: Type.Optional(Type.Enum(['exits'], { description: 'what is the number' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** How often a component of a control plane ended, and of what, by who runs it and by its own last words. */
export const componentExits = defineModule<typeof args, readonly Frame[]>({
  name: 'component_exits',
  summary: 'How often a component ended, and of what: by systemd, docker or crictl, and by its own last lines',
  effect: 'reads',
  args,
  example: 'component_exits: {name: kube-controller-manager, since: 2h}',
  resources: ({ name }) => [`component:${name}`],
  read: readExits,
  plan: (asked, frames): Decision => {
    const output = outputOf(asked, frames)
    return { kind: 'noop', summary: lineOf(asked, output), output }
  },
})

async function readExits(
  { name, since = '2h', kubeconfig = '/etc/kubernetes/admin.conf' }: Args,
  probe: Probe,
): Promise<readonly Frame[]> {
  const numbers = { since: Math.ceil(durationMs(since) / 1000), most: mostExits, tail: tailLines, deadline: deadlineS }
  const texts = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, String(value)]))
  const reply = await probe.run(scriptWith({ name, kubeconfig, ...texts }, componentExitsText), {
    timeoutMs: 3 * mostExits * deadlineS * 1000,
    limitBytes: 8_388_608,
    label: 'component_exits',
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, `looking for exits of ${name}`))
  return parseFrames(reply.stdout)
}

interface Exit extends Ended {
  readonly source: string
  readonly endedAt: number // s since the epoch
}

function outputOf({ since = '2h', value }: Args, frames: readonly Frame[]): JsonObject {
  const earliest = Number(frameText(frames, 'now')) - durationMs(since) / 1000
  const exits = ['unit', 'docker', 'crictl']
    .flatMap((source) => exitsIn(frameText(frames, source) ?? ''))
    .map((exit) => ({ ...exit, ...probeBefore(exit, probesIn(frameText(frames, 'probes') ?? '')) }))
    .filter(({ endedAt }) => endedAt >= earliest)
    .toSorted((a, b) => a.endedAt - b.endedAt)
  const looked = (frameText(frames, 'seen') ?? '')
    .trim()
    .split(' ')
    .filter((source) => source !== '')
  const classes = exits.map(classOf)
  const counts = Object.fromEntries(
    [...new Set(classes)].map((one) => [one, classes.filter((other) => other === one).length]),
  )
  const last = exits.at(-1)
  return {
    ...(value === undefined
      ? {}
      : looked.length > 0
        ? { value: exits.length }
        : { value: null, note: 'nothing runs it here' }),
    exits: exits.length,
    looked,
    classes: counts,
    last: last ? lastOf(last) : null,
  }
}

function lastOf(exit: Exit): JsonObject {
  const exitClass = classOf(exit)
  return {
    class: exitClass,
    source: exit.source,
    code: exit.code,
    ended: new Date(exit.endedAt * 1000).toISOString(),
    ran_s: exit.ranSeconds,
    line: exitClass === 'probe-failed' ? (exit.probe ?? '') : tellingLine(exit.lines, exitClass),
  }
}

const exitsIn = (text: string): readonly Exit[] =>
  text
    .split('\u0002')
    .filter((record) => record.includes('\u0001'))
    .map((record) => {
      const [head = '', words = ''] = record.trimStart().split('\u0001')
      const [source = '', code, oom, began = '-', ended = '-'] = head.split(' ')
      const [beganAt, endedAt] = [secondsOf(began), secondsOf(ended)]
      return {
        source,
        code: Number(code),
        outOfMemory: oom === 'yes',
        ranSeconds: Number.isNaN(beganAt) ? null : Number((endedAt - beganAt).toFixed(1)),
        endedAt,
        lines: words.split('\n').filter((line) => line.trim() !== ''),
      }
    })

function lineOf({ name }: Args, { exits, looked, last }: JsonObject): string {
  if (Array.isArray(looked) && looked.length === 0) return `nothing runs ${name} here`
  const word = last && typeof last === 'object' && 'class' in last ? `, last: ${String(last.class)}` : ''
  return `${name} ended ${String(exits)} times${word}`
}
