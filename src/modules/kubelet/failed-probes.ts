/** What kubelet or an event said of a liveness or startup probe. */
export interface FailedProbe {
  readonly at: number // s since the epoch
  readonly said: string
}

/** Lines "TIME TEXT"; others are what a probe wrote besides. */
export const probesIn = (text: string): readonly FailedProbe[] =>
  text.split('\n').flatMap((line) => {
    const [, time = '', said = ''] = /^(\d+(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+Z) (.+)$/.exec(line) ?? []
    const at = /^\d+(\.\d+)?$/.test(time) ? Number(time) : Date.parse(time) / 1000
    return Number.isNaN(at) || time === '' ? [] : [{ at, said }]
  })

const graceS = 60 // terminationGracePeriodSeconds is 30 by default and in kubeadm's manifests; docker stop takes its time besides
const roundedS = 1 // times of events are whole seconds

/** The probe that a container ended after, where one failed while its end was due: what it found rather than that it kills. */
export function probeBefore(
  { source, endedAt }: { readonly source: string; readonly endedAt: number },
  probes: readonly FailedProbe[],
): { readonly probe?: string } {
  if (source === 'unit') return {} // kubelet has no probes of these
  const due = probes.filter(({ at }) => at >= endedAt - graceS && at <= endedAt + roundedS)
  const found = due.findLast(({ said }) => !/failed (liveness|startup) probe/.test(said)) ?? due.at(-1)
  return found ? { probe: found.said } : {}
}
