/**
 * Looks at docker from every side that does not hang; expects `seconds` and `target` ('' or the version of a package). Each call of
 * docker ends at the deadline, with exit code 124 of timeout(1).
 */
export const dockerInfoText = `
say() { printf '%s\\t%s\\n' "$1" "$(printf %s "$2" | tr '\\n\\t' '  ' | cut -c 1-8000)"; }
now() { read -r up rest </proc/uptime; echo "\${up%.*}\${up#*.}"; }
if command -v docker >/dev/null; then
  began=$(now)
  version=$(timeout "$seconds" docker version --format '{{.Server.Version}}' 2>/dev/null); code=$?
  say answer "$code $((($(now) - began) * 10))"
  say server "$version"
  say client "$(timeout "$seconds" docker version --format '{{.Client.Version}}' 2>/dev/null | head -n 1)"
  if [ "$code" = 0 ]; then
    say info "$(timeout "$seconds" docker info --format '{{.Driver}} {{.CgroupDriver}} {{.LiveRestoreEnabled}} {{.DockerRootDir}}' 2>/dev/null)"
    ids=$(timeout "$seconds" docker ps -aq --no-trunc 2>/dev/null) || say answer "$? 0"
    [ -z "$ids" ] || timeout "$seconds" docker inspect --format '{{.Id}} {{.Name}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.AutoRemove}} {{index .Config.Labels "io.kubernetes.pod.uid"}}.' $ids 2>/dev/null |
      while IFS= read -r line; do say container "$line"; done
  fi
fi
say daemon "$(pgrep -x 'dockerd|docker-current|dockerd-current' | head -n 1)"
daemon=$(pgrep -x 'dockerd|docker-current|dockerd-current' | head -n 1)
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
for shim in $(pgrep '^(docker-)?containerd-s' ; pgrep -x docker-proxy); do
  [ -e "/proc/$shim/exe" ] || continue
  age=now; { [ -n "$daemon" ] && [ "$(born "$shim")" -lt "$(born "$daemon")" ]; } 2>/dev/null && age=before
  say shim "$shim $age $(tr '\\0' ' ' <"/proc/$shim/cmdline" | cut -c 1-300)"
done
say merged "$(awk '$5 ~ /\\/(overlay2|aufs|devicemapper)\\/.*\\/(merged|mnt)/' /proc/self/mountinfo | grep -c .)"
say stuck "$(ps -eo stat= 2>/dev/null | grep -c '^D')"
for pid in $(pgrep -x kubelet); do say kubelet "$(tr '\\0' ' ' <"/proc/$pid/cmdline")"; done
say etcd "$(pgrep -x etcd | head -n 1)"
say containerd "$(pgrep -x containerd | head -n 1)"
for name in docker.io docker-ce docker-ee docker-engine moby-engine docker; do
  if command -v dpkg-query >/dev/null; then
    found=$(dpkg-query -W -f '\${db:Status-Status} \${Version}' "$name" 2>/dev/null)
    case $found in 'installed '*) ;; *) continue ;; esac
    say package "$name \${found#installed } $(apt-mark showhold 2>/dev/null | grep -qx "$name" && echo held || echo free)"
    # Versions with their priority: 1000 and more is somebody's pin.
    apt-cache policy "$name" 2>/dev/null | sed -n 's/^ \\(\\*\\*\\*\\|   \\) \\([^ ]*\\) \\(-\\{0,1\\}[0-9]*\\)$/\\2 \\3/p' | while IFS= read -r line; do say available "$line"; done
    if [ -n "$target" ]; then say order "$(dpkg --compare-versions "$target" lt "\${found#installed }" && echo down || echo up)"; fi
    break
  elif command -v rpm >/dev/null && found=$(rpm -q --qf '%{VERSION}-%{RELEASE}' "$name" 2>/dev/null); then
    say package "$name $found $(grep -qs "$name-" /etc/dnf/plugins/versionlock.list /etc/yum/pluginconf.d/versionlock.list && echo held || echo free)"
    break
  fi
done
place=$(timeout "$seconds" docker info --format '{{.DockerRootDir}}' 2>/dev/null); [ -d "$place" ] || place=/var/lib/docker
[ -d "$place" ] && say free "$(df -Pk -- "$place" | awk 'NR == 2 { print $4 }')"
exit 0
`
