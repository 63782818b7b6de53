import { secondsOf } from './seconds-of.ts'

/** What kubelet or an event said of a liveness or startup probe; an event that came again has its first time and its last. */
export interface FailedProbe {
  readonly from: number // s since the epoch
  readonly to: number
  readonly said: string
}

const TIME = String.raw`(\d+(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+Z)`
const LINE = new RegExp(`^${TIME} ${TIME} (.+)$`)

/** Lines "FROM TO TEXT"; others are what a probe wrote besides. */
export const probesIn = (text: string): readonly FailedProbe[] =>
  text.split('\n').flatMap((line) => {
    const [, from, to, said] = LINE.exec(line) ?? []
    return from === undefined || to === undefined || said === undefined
      ? []
      : [{ from: secondsOf(from), to: secondsOf(to), said }]
  })

const graceS = 60 // terminationGracePeriodSeconds is 30 by default and in kubeadm's manifests; docker stop takes its time besides
const roundedS = 1 // times of events are whole seconds

/** The probe that a container ended after, where one failed while its end was due: what it found rather than that it kills. */
export function probeBefore(
  { source, endedAt }: { readonly source: string; readonly endedAt: number },
  probes: readonly FailedProbe[],
): { readonly probe?: string } {
  if (source === 'unit') return {} // kubelet has no probes of these
  const due = probes.filter(({ from, to }) => to >= endedAt - graceS && from <= endedAt + roundedS)
  const found = due.findLast(({ said }) => !/failed (liveness|startup) probe/.test(said)) ?? due.at(-1)
  return found ? { probe: found.said } : {}
}
