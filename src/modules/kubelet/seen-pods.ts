import { sha256 } from '../../model/digest.ts'
import { isObject } from '../../model/json.ts'

/** A folder of a pod that neither the API server nor kubelet nor a runtime knows. `why`: what it stays for; absent: a true orphan. */
export type DeadPod = {
  readonly uid: string
  readonly why: string | null
  readonly tmpfs: number // mounts of tmpfs that would have to go
}

export interface SeenPods {
  readonly live: readonly string[]
  readonly dead: readonly DeadPod[]
  readonly strange: number // entries that are no folders of pods
  readonly named: readonly string[] // by kubelet as orphans, in the time looked at
  readonly complaints: number // orphans that kubelet counts; of its last line
  readonly isElsewhere: boolean // the quarantine lies on another mount
}

interface Lines {
  of(word: string): readonly (readonly string[])[]
}

/** The lines of lookPodsText. */
export function parseSeenPods(text: string, tmpfs: 'none' | 'tmpfs'): SeenPods {
  const rows = text.split('\n').map((line) => line.split('\t'))
  const lines: Lines = { of: (word) => rows.filter(([first]) => first === word).map(([, ...rest]) => rest) }
  const log = lines.of('log').map(([line = '']) => line)
  return {
    live: names(lines, 'live'),
    dead: names(lines, 'dead').map((uid) => deadPod(uid, lines, tmpfs)),
    strange: lines.of('strange').length,
    named: [...new Set(log.flatMap((line) => /rphaned pod \\?"([0-9a-fA-F-]+)/.exec(line)?.[1] ?? []))],
    complaints: complaintsIn(log.at(-1)),
    isElsewhere: lines.of('elsewhere').length > 0,
  }
}

const names = (lines: Lines, word: string): readonly string[] => lines.of(word).map(([name = '']) => name)

/** "There were a total of N errors" (1.7 to 1.20), "numErrs=N" (1.21 on); older lines name each. */
function complaintsIn(line: string | undefined): number {
  if (line === undefined) return 0
  const [, total, errors] = /There were a total of (\d+) errors|numErrs=(\d+)/.exec(line) ?? []
  return Number(total ?? errors ?? 1)
}

/** Volumes of which the API server has the content. */
const REMADE = /\/volumes\/kubernetes\.io~(?:secret|configmap|projected|downward-api)\/[^/]+$/

function deadPod(uid: string, lines: Lines, tmpfs: 'none' | 'tmpfs'): DeadPod {
  const mounts = lines.of('mount').filter(([of]) => of === uid)
  const own = mounts.filter(([, whose]) => whose === '1')
  const host = new Set(own.map(([, , , device, at]) => `${device} ${at}`))
  const foreign = mounts.find(([, , type, device, at]) => type === 'bind' || !host.has(`${device} ${at}`))
  const lasting = own.find(([, , type = '', , at = '']) => tmpfs === 'none' || type !== 'tmpfs' || !REMADE.test(at))
  const data = lines.of('data').filter(([of]) => of === uid)
  const csi = lines.of('csi').filter(([of]) => of === uid)
  const why =
    (lasting && `${lasting[2]} is mounted on ${lasting[4]}`) ??
    (foreign && `it is mounted elsewhere too, on ${foreign[4]}`) ??
    (names(lines, 'open').includes(uid) ? 'a process has a file of it open' : undefined) ??
    (data.length > 0 ? `it holds ${data.map(([, what]) => what).join(', ')}` : undefined) ??
    csi.map(([, json = '']) => stagedVolume(json, lines)).find((reason) => reason !== undefined) ??
    (names(lines, 'young').includes(uid) ? 'it was changed a short while ago' : undefined) ??
    (names(lines, 'taken').includes(uid) ? 'the quarantine has one of this name already' : undefined)
  return { uid, why: why ?? null, tmpfs: own.length }
}

/** Why the volume of a vol_data.json may still be staged on this node or attached to it; undefined: it is neither. */
function stagedVolume(json: string, lines: Lines): string | undefined {
  const volume = parsed(json)
  const { volumeHandle, specVolID, attachmentID } = volume ?? {}
  if (typeof volumeHandle !== 'string') return 'its vol_data.json cannot be read'
  const globals = names(lines, 'global')
  if (globals.some((one) => one === specVolID || one === sha256(volumeHandle)))
    return `the volume ${volumeHandle} is still staged on this node (globalmount)`
  if (volume?.volumeLifecycleMode === 'Ephemeral') return undefined // never attached
  const [attached] = lines.of('attachments')
  if (attached === undefined) return `nobody tells whether the volume ${volumeHandle} is still attached`
  return attached.some((one) => one === attachmentID)
    ? `the volume ${volumeHandle} is still attached (VolumeAttachment ${attachmentID})`
    : undefined
}

function parsed(json: string): { readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
