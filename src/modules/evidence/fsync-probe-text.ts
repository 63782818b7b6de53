import { refusedCode } from '../shared/host-script.ts'

/**
 * Writes and syncs small blocks for a while, in a file that has no name any more when that begins: whatever kills it, nothing is left.
 * Prints `free KIB`, `system TYPE`, `by TOOL`, then `time SECONDS` a sync (dd) or the JSON of fio. Refuses with `nodir`, `space KIB`,
 * `nowrite`. `$block` bytes, `$writes` times, at most `$seconds`; not below `$need` KiB of free space.
 */
export const fsyncProbeText = `
LC_ALL=C; export LC_ALL
refuse() { echo "$*"; exit ${refusedCode}; }
within() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
up() { read -r now _ </proc/uptime; now=\${now%.*}; }
fio_has_syncs() {
  version=$(fio --version 2>/dev/null); version=\${version#fio-}; major=\${version%%.*}; rest=\${version#*.}; minor=\${rest%%[!0-9]*}
  [ "\${major:-0}" -ge 3 ] 2>/dev/null && { [ "$major" -gt 3 ] || [ "\${minor:-0}" -ge 5 ]; }
}
cd -P -- "$path" 2>/dev/null || refuse nodir
free=$(df -P -k . | awk 'END { print $(NF - 2) }')
[ "$free" -ge "$need" ] || refuse space "$free"
set -C
file=./.runbook-fsync-probe.$$
trap 'rm -f -- "$file"' EXIT
command exec 3>"$file" || refuse nowrite
rm -f -- "$file"
printf 'free %s\\nsystem %s\\n' "$free" "$(stat -f -c %T . 2>/dev/null)"
if fio_has_syncs; then
  echo "by fio $version"
  within $((seconds + 20)) fio --name=etcd-wal --filename=/proc/self/fd/3 --file_append=1 --rw=write --ioengine=sync --fdatasync=1 \\
    "--size=$((block * writes))" "--bs=$block" "--runtime=$seconds" --output-format=json || exit 1
  exit 0
fi
how=fdatasync
dd if=/dev/zero bs=1 count=0 conv=fdatasync >&3 2>/dev/null || how=fsync
echo "by dd $how"
up; end=$((now + seconds)); left=$writes
while [ "$left" -gt 0 ] && [ "$now" -lt "$end" ]; do
  within $((seconds + 20)) dd if=/dev/zero bs="$block" count=1 conv="$how" 2>&1 >&3 || { echo failed; break; }
  left=$((left - 1)); up
done | sed -n -e 's/.* copied, \\([^ ]*\\) s.*/time \\1/p' -e '/^failed$/p'
exit 0
`
