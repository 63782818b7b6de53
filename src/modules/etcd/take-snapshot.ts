import { sh, withStdin } from '../../model/command.ts'
import { isObject } from '../../model/json.ts'
import type { Session } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Frame, frameText, parseFrames } from '../shared/frames.ts'
import { etcdScript, reasonIn, requireTool } from './etcdctl.ts'
import type { MemberStatus } from './etcdctl-output.ts'
import { parseExactJson } from './exact-json.ts'
import type { EtcdSettings } from './settings-of.ts'
import { parseRecord, type SnapshotRecord } from './snapshot-store.ts'

/** Where a snapshot goes and whom it is of. */
export interface SnapshotPlace {
  readonly settings: EtcdSettings
  readonly own: MemberStatus
  readonly dir: string
  readonly name: string | undefined // file name; default: member and time
}

const tenMinutesMs = 600_000

/**
 * Saves a snapshot of the session's own member to a temporary file, proves by a trial restore that it is whole
 * (`snapshot status` does not notice a truncated file), puts it in place and writes its record beside it. What was
 * begun is removed when it fails; what the same session folder has made already is not made again.
 */
export async function takeSnapshot(session: Session, place: SnapshotPlace): Promise<SnapshotRecord> {
  const { settings, dir } = place
  const words = sh`dir=${dir} name=${place.name ?? ''} member=${settings.name} folder=${session.folder}`
  const reply = await session.run(etcdScript(settings, saveText, words), { timeoutMs: 3 * tenMinutesMs })
  requireTool(reply)
  const frames = parseFrames(reply.stdout)
  if (reply.code !== 0) throw failure(place, frames, reply.stderr.toString('utf8'))
  const made = parseRecord(frameText(frames, 'record') ?? '')
  if (made) return made
  const record = recordFrom(place, frames)
  const write = withStdin(
    etcdScript(settings, recordText, sh`file=${record.path}`),
    `${JSON.stringify(record, null, 2)}\n`,
  )
  const written = await session.run(write)
  if (written.code === 0) return record
  throw new ProblemError({
    kind: 'step-failed',
    message: `cannot write ${record.path}.json`,
    detail: written.stderr.toString('utf8'),
  })
}

function recordFrom({ settings, own }: SnapshotPlace, frames: readonly Frame[]): SnapshotRecord {
  const text = (name: string): string => (frameText(frames, name) ?? '').trim()
  const status = parseExactJson(text('status'))
  const number = (key: string): number => (isObject(status) ? Number(status[key] ?? 0) : 0)
  return {
    format: 1,
    path: text('path'),
    sha256: text('sha256'),
    size: Number(text('size')),
    taken_at_s: Number(text('now')),
    verified: 'restore',
    linearizable: own.leader !== undefined,
    cluster_id: own.clusterId,
    member: settings.name,
    member_id: own.id,
    version: own.version,
    revision: number('revision'),
    keys: number('totalKey'),
  }
}

function failure({ dir }: SnapshotPlace, frames: readonly Frame[], stderr: string): ProblemError {
  const failed = frameText(frames, 'failed')?.trim() ?? 'snapshot'
  const message: Readonly<Record<string, string>> = {
    save: 'cannot save a snapshot',
    restore: 'the snapshot is damaged: a trial restore of it failed',
    place: `cannot put the snapshot into ${dir}`,
    exists: `there is already a file of that name in ${dir}; a backup is never replaced`,
    sha256sum: 'the host has neither sha256sum nor openssl',
  }
  const kind = failed === 'sha256sum' ? 'missing-tool' : 'step-failed'
  return new ProblemError({ kind, message: message[failed] ?? 'cannot take a snapshot', detail: reasonIn(stderr) })
}

const saveText = `
umask 077
failed() { echo "$1" | frame failed; exit 1; }
limit=600s; [ -z "$bound" ] || bound='timeout 900'
mkdir -p -- "$folder" || failed place
near=$dir; made=
while [ ! -d "$near" ]; do made="$made$near
"; near=\${near%/*}; [ -n "$near" ] || near=/; done
[ -e "$folder/made" ] || printf '%s' "$made" >"$folder/made" || failed place
mkdir -p -- "$dir" || failed place
if [ -f "$folder/snapshot" ]; then
  IFS= read -r file <"$folder/snapshot"
  if [ -f "$file" ] && [ -f "$file.json" ]; then frame record <"$file.json"; exit 0; fi
  name=\${file##*/}; rm -f -- "$file"
fi
[ -n "$name" ] || name=etcd-$member-$(date -u +%Y%m%dT%H%M%SZ).db
file=$dir/$name; part=$dir/.$name.part; scratch=$dir/.$name.restore
[ ! -e "$file" ] || failed exists
printf '%s\\n' "$file" >"$folder/snapshot" || failed place
clean() { rm -rf -- "$part" "$part.part" "$scratch"; }
clean; trap clean EXIT
ec --endpoints="$endpoint" snapshot save "$part" >&2 || failed save
if utl=$(tool etcdutl); then offline() { "$utl" "$@"; }; else offline() { ETCDCTL_API=3 "$etcdctl" "$@"; }; fi
offline snapshot restore "$part" --data-dir "$scratch" >&2 || failed restore
[ -f "$scratch/member/snap/db" ] || failed restore
cp -- "$part" "$part.part" && offline snapshot status "$part.part" -w json 2>/dev/null | frame status
if command -v sha256sum >/dev/null; then sum=$(sha256sum <"$part"); sum=\${sum%% *}
elif command -v openssl >/dev/null; then sum=$(openssl dgst -sha256 <"$part"); sum=\${sum##* }
else failed sha256sum; fi
echo "$sum" | frame sha256
echo "$(($(wc -c <"$part")))" | frame size
chmod 600 -- "$part" && dd if=/dev/null of="$part" conv=notrunc,fsync 2>/dev/null || failed place
mv -- "$part" "$file" || failed place
sync
date +%s | frame now
echo "$file" | frame path
exit 0
`

const recordText = `
umask 077
cat >"$file.json.part" && mv -- "$file.json.part" "$file.json" && sync
`

/** Removes what takeSnapshot of the same session folder made, whole or half; can be repeated. */
export async function dropSnapshot(session: Session): Promise<void> {
  const reply = await session.run(dropCommand(session.folder))
  if (reply.code === 0) return
  throw new ProblemError({
    kind: 'rollback-failed',
    message: 'cannot remove the snapshot that was made',
    detail: reply.stderr.toString('utf8'),
  })
}

const dropCommand = (folder: string) => sh`folder=${folder}
[ -f "$folder/snapshot" ] || exit 0
IFS= read -r file <"$folder/snapshot"
dir=\${file%/*}; name=\${file##*/}
rm -rf -- "$file" "$file.json" "$file.json.part" "$dir/.$name.part" "$dir/.$name.part.part" "$dir/.$name.restore" || exit 1
while IFS= read -r one; do rmdir -- "$one" 2>/dev/null; done <"$folder/made"
rm -f -- "$folder/snapshot" "$folder/made"
exit 0
`
