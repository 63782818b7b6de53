import { type Command, sh } from '../../model/command.ts'
import type { Runner } from '../../model/transport.ts'
import { frameText, parseFrames } from '../shared/frames.ts'
import { isLoopbackUrl } from './client-url.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import {
  type Alarm,
  type EndpointHealth,
  type ListedMember,
  type MemberStatus,
  parseAlarms,
  parseHealth,
  parseMemberList,
  parseStatuses,
} from './etcdctl-output.ts'
import { ownStatus, statusText } from './look-member.ts'
import type { EtcdSettings } from './settings-of.ts'

/** One look at a whole cluster from one of its members. */
export interface SeenCluster {
  readonly settings: EtcdSettings
  readonly clusterId: string
  readonly own: MemberStatus | undefined // absent: the member does not answer its own host
  readonly members: readonly ListedMember[]
  readonly listFailure: string | undefined // why the member list could not be had: from 3.5 on, no quorum
  readonly alarms: readonly Alarm[] | undefined // undefined: could not be asked
  readonly statuses: readonly MemberStatus[]
  readonly again: readonly MemberStatus[] | undefined // the second sample, where one was asked for
  readonly health: readonly EndpointHealth[]
  readonly askedAt: ReadonlyMap<string, string> // member id -> URL it was asked at
}

/**
 * Looks at the cluster in two round trips; with `sampleS`, at all members twice, so many seconds apart. Throws ProblemError where the
 * files of the TLS client are why the member does not answer.
 */
export async function lookCluster(runner: Runner, settings: EtcdSettings, sampleS = 0): Promise<SeenCluster> {
  const reply = await runner.run(etcdScript(settings, statusText + listText), { timeoutMs: 120_000 })
  requireTool(reply)
  const frames = parseFrames(reply.stdout)
  const own = ownStatus(frames, settings)
  const list = parseMemberList(frameText(frames, 'members') ?? '')
  const alarmText = frameText(frames, 'alarms')
  const askedAt = urlsOf(list?.members ?? [], settings, own)
  const asked = await askMembers(runner, settings, { urls: [...askedAt.values()], sampleS })
  return {
    settings,
    clusterId: own?.clusterId ?? list?.clusterId ?? '',
    own,
    members: list?.members ?? [],
    listFailure: list ? undefined : reasonIn(reply.stderr.toString('utf8')) || 'no answer',
    alarms: alarmText === undefined ? undefined : parseAlarms(alarmText),
    askedAt,
    ...asked,
  }
}

const listText = `
members=$(ec --endpoints="$endpoint" member list -w json) && {
  printf '%s' "$members" | frame members
  alarms=$(ec --endpoints="$endpoint" alarm list) && printf '%s\\n' "$alarms" | frame alarms
}
exit 0
`

/** Where each started member is asked: ourselves on our own host, others at the first URL that leads off it. */
function urlsOf(
  members: readonly ListedMember[],
  settings: EtcdSettings,
  own: MemberStatus | undefined,
): ReadonlyMap<string, string> {
  if (members.length === 0 && own) return new Map([[own.id, settings.endpoint]])
  return new Map(
    members.flatMap((member): readonly (readonly [string, string])[] => {
      if (member.id === own?.id) return [[member.id, settings.endpoint]]
      const url = member.clientUrls.find((one) => !isLoopbackUrl(one))
      return url === undefined ? [] : [[member.id, url]]
    }),
  )
}

async function askMembers(
  runner: Runner,
  settings: EtcdSettings,
  { urls, sampleS }: { readonly urls: readonly string[]; readonly sampleS: number },
): Promise<Pick<SeenCluster, 'statuses' | 'again' | 'health'>> {
  if (urls.length === 0) return { statuses: [], again: undefined, health: [] }
  const reply = await runner.run(etcdScript(settings, askText, askWords(urls, sampleS)), {
    timeoutMs: 120_000 + sampleS * 1000,
  })
  const frames = parseFrames(reply.stdout)
  const again = frameText(frames, 'again')
  return {
    statuses: parseStatuses(frameText(frames, 'statuses') ?? ''),
    again: again === undefined ? undefined : parseStatuses(again),
    health: parseHealth(frameText(frames, 'health') ?? ''),
  }
}

const askWords = (urls: readonly string[], sampleS: number): Command =>
  sh`sample=${sampleS}; list=${urls.join(',')}; set -- ${urls}`

// Each status is one line in one write, so the lines of calls side by side do not mix; one call for all endpoints
// would ask them one after another, and a dead one would hold up the rest. 5 s is what etcdctl itself waits.
const askText = `
limit=5s
statuses() { for url; do ec --endpoints="$url" endpoint status -w json 2>/dev/null & done; wait; }
statuses "$@" | frame statuses
ec --endpoints="$list" endpoint health -w json 2>&1 | frame health
if [ "$sample" != 0 ]; then sleep "$sample"; statuses "$@" | frame again; fi
exit 0
`
