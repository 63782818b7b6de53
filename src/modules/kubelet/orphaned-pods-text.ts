/** Shell functions about folders of pods; expect `root`, absolute and without a slash at its end. */
const podFunctions = `
set -u
umask 077
refuse() { printf '%s\\n' "$*"; exit 90; }
# Names hold no blanks: what is no name of a pod is never asked about.
is_name() { case $1 in *[!0-9a-fA-F-]*|'') return 1 ;; ????????-????-????-????-????????????) return 0 ;; esac; [ "\${#1}" -eq 32 ]; }
# Every mount of every namespace that touches a pod's folder: pod, whose (1: of the host, else of a process), type, place.
mounts() {
  cat /proc/1/mountinfo 2>/dev/null | awk -v whose=1 "$mounts_of"
  cat /proc/[0-9]*/mountinfo 2>/dev/null | awk -v whose=0 "$mounts_of" | sort -u
}
mounts_of='
  BEGIN { root = ENVIRON["root"]; gsub(/ /, "\\\\040", root) }
  {
    type = "?"; for (i = 7; i < NF; i++) if ($i == "-") { type = $(i + 1); break }
    at = substr($5, 1, length(root) + 1) == root "/" ? substr($5, length(root) + 2) : ""
    if (at != "") { split(at, part, "/"); print part[1] "\\t" whose "\\t" type "\\t" $3 "\\t" $5; next }
    count = split($4, part, "/")
    for (i = 1; i <= count; i++)
      if (part[i] ~ /^[0-9a-f][0-9a-f-]*$/ && (length(part[i]) == 36 || length(part[i]) == 32)) print part[i] "\\t0\\tbind\\t" $3 "\\t" $5
  }'
# What is no folder below a pod's folder, but what kubelet itself leaves in any: the marks "ready" of volumes, /etc/hosts and the
# last words of containers, and vol_data.json of CSI.
data_in() (
  cd -- "$root/$1" || { echo "cannot be entered"; exit; }
  find . -xdev ! -type d \\
    ! \\( -type f -path ./etc-hosts \\) \\
    ! \\( -type f -path './containers/*/*' ! -path './containers/*/*/*' \\) \\
    ! \\( -type f -size 0 -path './plugins/kubernetes.io~*/*/ready' ! -path './plugins/kubernetes.io~*/*/*/ready' \\) \\
    ! \\( -type f -path './volumes/kubernetes.io~csi/*/vol_data.json' ! -path './volumes/kubernetes.io~csi/*/*/vol_data.json' \\) \\
    -print0 | tr '\\n\\t\\0' '??\\n' | head -n 3
)
`

/**
 * Looks; expects `root`, `node` ('': the host's name), `kubeconfig`, `unit`, `since` (s), `minutes`, `quarantine`. Refuses where
 * one of those that know which pods live does not answer.
 */
export const lookPodsText = `${podFunctions}
export root
[ -d "$root" ] || refuse no-root
said=$(mktemp) || exit
trap 'rm -f "$said"' EXIT
export said
[ -n "$node" ] || node=$(hostname | tr A-Z a-z)
command -v kubectl >/dev/null || refuse no-tool kubectl
kube() { timeout 40 kubectl --kubeconfig "$kubeconfig" --request-timeout=30s "$@" 2>"$said"; }
because() { head -c 400 "$said" | tr '\\n' ' ' >&2; refuse "$@"; }
boot=$(kube get node "$node" -o 'jsonpath={.status.nodeInfo.bootID}') || because no-api "$node"
[ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || refuse other-node "$node"
pods=$(kube get pods --all-namespaces --field-selector "spec.nodeName=$node" -o \\
  'jsonpath={range .items[*]}{.metadata.uid}{"\\n"}{.metadata.annotations.kubernetes\\.io/config\\.hash}{"\\n"}{end}') || because no-api "$node"
attached=$(kube get volumeattachments -o 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}') && echo "attachments$(printf '\\t%s' $attached)"

runtimes=0
if command -v crictl >/dev/null; then
  runtimes=1
  boxes=$(timeout 30 crictl pods -o json 2>"$said") || because no-runtime crictl
  pods="$pods
$(printf '%s' "$boxes" | tr ',{}' '\\n\\n\\n' | sed -n 's/.*"\\(uid\\|io.kubernetes.pod.uid\\)": *"\\([^"]*\\)".*/\\2/p')"
fi
if command -v docker >/dev/null && [ -S /var/run/docker.sock ]; then
  runtimes=1
  boxes=$(timeout 30 docker ps -a --no-trunc --format '{{.Label "io.kubernetes.pod.uid"}}' 2>"$said") || because no-runtime docker
  pods="$pods
$boxes"
fi
[ "$runtimes" = 1 ] || refuse no-tool 'crictl or docker'
# The read-only port of kubelet, where it is open, may know more; that it is closed says nothing.
own=$(curl -s -m 5 http://127.0.0.1:10255/pods 2>/dev/null | tr ',{}' '\\n\\n\\n' | sed -n 's/.*"\\(uid\\|kubernetes.io.config.hash\\)": *"\\([^"]*\\)".*/\\2/p')
known=" $(printf '%s\\n%s' "$pods" "$own" | sort -u | tr '\\n' ' ') "

if systemctl cat "$unit" >/dev/null 2>&1; then journalctl -q --no-pager -o cat -u "$unit" --since "@$(($(date +%s) - since))"
elif command -v docker >/dev/null; then timeout 30 docker logs --since "\${since}s" "$unit" 2>&1
fi 2>/dev/null | grep '[Oo]rphaned pod' | grep -v 'Cleaned up' | tail -n 200 | cut -c 1-400 | sed 's/^/log\\t/'

mounts | sed 's/^/mount\\t/'
ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe 2>/dev/null |
  awk '(at = index($0, "-> " ENVIRON["root"] "/")) { split(substr($0, at + 4 + length(ENVIRON["root"])), part, "/"); print "open\\t" part[1] }' | sort -u
grep -hsF "$root/" /proc/[0-9]*/maps |
  awk '(at = index($0, ENVIRON["root"] "/")) { split(substr($0, at + 1 + length(ENVIRON["root"])), part, "/"); print "open\\t" part[1] }' | sort -u
for global in "\${root%/*}"/plugins/kubernetes.io/csi/*/*/globalmount; do
  [ -d "$global" ] && { global=\${global%/globalmount}; printf 'global\\t%s\\n' "\${global##*/}"; }
done
busy=" $(mounts | awk -F '\\t' '$3 != "tmpfs" { print $1 }' | tr '\\n' ' ') "
ls -A -- "$root" | while IFS= read -r name; do
  is_name "$name" || { echo strange; continue; }
  case $known in *" $name "*) printf 'live\\t%s\\n' "$name"; continue ;; esac
  [ -d "$root/$name" ] && [ ! -L "$root/$name" ] || { echo strange; continue; }
  printf 'dead\\t%s\\n' "$name"
  # A file system that hangs is not asked.
  case $busy in *" $name "*) continue ;; esac
  [ -z "$(find "$root/$name" -xdev -mmin "-$minutes" 2>/dev/null | head -n 1)" ] || printf 'young\\t%s\\n' "$name"
  data_in "$name" | while IFS= read -r what; do printf 'data\\t%s\\t%s\\n' "$name" "\${what#./}"; done
  for csi in "$root/$name"/volumes/kubernetes.io~csi/*/vol_data.json; do
    [ -f "$csi" ] && printf 'csi\\t%s\\t%s\\n' "$name" "$(head -c 4096 -- "$csi" | tr -d '\\n\\t')"
  done
  [ -e "$quarantine/$name" ] && printf 'taken\\t%s\\n' "$name"
done
place() { df -P -- "$1" | awk 'NR == 2 { for (i = 6; i <= NF; i++) printf "%s ", $i }'; }
near=$quarantine; while [ ! -d "$near" ]; do near=\${near%/*}; [ -n "$near" ] || near=/; done
[ "$(place "$root")" = "$(place "$near")" ] || echo elsewhere
exit 0
`

/**
 * Moves; expects `root`, `quarantine`, `folder`, `pods` (names, a line each) and `tmpfs` (yes: those of the host are unmounted).
 * Each is looked at once more right before: what was mounted or written meanwhile stays.
 */
export const quarantineText = `${podFunctions}
export root
is_moved() { [ ! -d "$root/$1" ] && [ -d "$quarantine/$1" ]; }
# Pod, and the mounts as they are now.
own_tmpfs() { [ "$tmpfs" = yes ] && printf '%s\\n' "$2" | awk -F '\\t' -v name="$1" '$1 == name && $2 == 1 && $3 == "tmpfs" { print $5 }'; }
unmounted() { ! printf '%s\\n' "$2" | grep -q "^$1	" || refuse mounted "$1"; }
check() {
  [ -d "$root/$1" ] || refuse gone "$1"
  [ ! -e "$quarantine/$1" ] || refuse taken "$1"
  what=$(data_in "$1")
  [ -z "$what" ] || refuse data "$1 $what"
  [ -n "$(own_tmpfs "$1" "$2")" ] || unmounted "$1" "$2"
}
now=$(mounts)
for name in $pods; do is_moved "$name" || check "$name" "$now"; done
mkdir -p -- "$folder" || refuse folder
[ -d "$quarantine" ] || { : >"$folder/made"; mkdir -m 700 -- "$quarantine" || refuse write "$quarantine"; }
for name in $pods; do
  is_moved "$name" && continue
  now=$(mounts)
  check "$name" "$now"
  if [ -n "$(own_tmpfs "$name" "$now")" ]; then
    own_tmpfs "$name" "$now" | while IFS= read -r at; do umount -- "$(printf %b "$at")" >&2 || exit 1; done || refuse umount "$name"
    unmounted "$name" "$(mounts)"
  fi
  mv -- "$root/$name" "$quarantine/" || refuse write "$quarantine/$name"
done
`

/** Moves back; expects `root`, `quarantine`, `folder` and `pods`. */
export const bringBackText = `${podFunctions}
for name in $pods; do
  [ -e "$quarantine/$name" ] || continue
  [ ! -e "$root/$name" ] || refuse taken "$name"
  mv -- "$quarantine/$name" "$root/" || refuse write "$root/$name"
done
if [ -e "$folder/made" ]; then rmdir -- "$quarantine" 2>/dev/null; rm -f -- "$folder/made"; fi
exit 0
`
