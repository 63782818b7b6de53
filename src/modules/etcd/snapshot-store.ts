import { sh } from '../../model/command.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { Runner } from '../../model/transport.ts'
import { parseFrames } from '../shared/frames.ts'
import { etcdScript, requireTool } from './etcdctl.ts'
import { parseExactJson } from './exact-json.ts'
import type { EtcdSettings } from './settings-of.ts'

/** What is written beside a snapshot once it has been verified; its being there is the proof. Format 1. */
export type SnapshotRecord = {
  readonly format: 1
  readonly path: string
  readonly sha256: string
  readonly size: number // bytes
  readonly taken_at_s: number // host's clock, seconds since the epoch
  readonly verified: 'restore'
  readonly linearizable: boolean // false: taken without a quorum, may miss what others had
  readonly cluster_id: string
  readonly member: string
  readonly member_id: string
  readonly version: string
  readonly revision: number
  readonly keys: number
}

/** The folder of snapshots as it is. */
export interface SnapshotFolder {
  readonly nowS: number
  readonly freeBytes: number
  readonly records: readonly SnapshotRecord[] // of files that are there with their size, newest first
  readonly files: readonly string[] // all paths in it
  readonly hasEtcdutl: boolean
}

/** Looks at a folder that need not exist. */
export async function readSnapshotFolder(runner: Runner, settings: EtcdSettings, dir: string): Promise<SnapshotFolder> {
  const reply = await runner.run(etcdScript(settings, listText, sh`dir=${dir}`), { limitBytes: 4 * 1_048_576 })
  requireTool(reply)
  return parseSnapshotFolder(reply.stdout)
}

/** Exported for tests. */
export function parseSnapshotFolder(stdout: Buffer): SnapshotFolder {
  const frames = parseFrames(stdout)
  const number = (name: string): number => Number(frames.find((frame) => frame.name === name)?.text.trim() ?? 0)
  const sizes = new Map(
    frames
      .flatMap((frame) => (frame.name === 'file' ? [sizeAndPath(frame.text)] : []))
      .map(({ path, size }) => [path, size]),
  )
  const records = frames.flatMap((frame) => (frame.name === 'record' ? (parseRecord(frame.text) ?? []) : []))
  return {
    nowS: number('now'),
    freeBytes: number('free') * 1024,
    records: records.filter((one) => sizes.get(one.path) === one.size).toSorted((a, b) => b.taken_at_s - a.taken_at_s),
    files: [...sizes.keys()],
    hasEtcdutl: frames.some((frame) => frame.name === 'etcdutl'),
  }
}

function sizeAndPath(text: string): { readonly size: number; readonly path: string } {
  const [, size = '', path = ''] = /^(\d+) (.*)\n$/s.exec(text) ?? []
  return { size: Number(size), path }
}

/** The record of a verified snapshot; undefined for any other text. */
export function parseRecord(text: string): SnapshotRecord | undefined {
  const json = parseExactJson(text)
  if (!isObject(json) || json.format !== 1 || json.verified !== 'restore' || typeof json.path !== 'string') return
  return json as SnapshotRecord // sealed: written by us with this format
}

/** As plain data for templates and expressions. */
export const recordJson = (record: SnapshotRecord): JsonObject => ({ ...record })

const listText = `
date +%s | frame now
tool etcdutl >/dev/null && echo yes | frame etcdutl
for file in "$dir"/*; do
  [ -f "$file" ] || continue
  printf '%s %s\\n' "$(($(wc -c <"$file")))" "$file" | frame file
  case $file in *.db.json) [ -r "$file" ] && frame record <"$file" ;; esac
done
near=$dir
while [ ! -d "$near" ]; do near=\${near%/*}; [ -n "$near" ] || near=/; done
df -Pk "$near" | awk 'NR == 2 { print $4 }' | frame free
exit 0
`
