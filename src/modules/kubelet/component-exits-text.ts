import { frameFunction } from '../shared/frames.ts'

/**
 * Prints frames: `exit` with "SOURCE CODE OOM BEGAN ENDED" (times in seconds since the epoch or RFC 3339, `-` where not known), and `words` with the
 * last lines of it, without the stacks that a Go program prints when it ends by itself; `seen` with the sources that were looked at; `probes` with
 * "FROM TO TEXT" of failed probes, by kubelet's log (from --v=1 on) and by the API server's events. Wants name, since (s), most, tail, deadline (s) and
 * kubeconfig. What a process wrote may stand in the journal behind what systemd says of its end, and its first lines
 * before what systemd says of its beginning: those of the last second before that are of the run that begins.
 */
export const componentExitsText = `
${frameFunction}
stack='/^[ \\t]|^$|^goroutine [0-9]+ |^created by |^[A-Za-z0-9_.\\/*()-]+[(].*[)]$/'
spoken() { tail -n 5000 | tr -d '\\001\\002' | awk "!($stack)" | cut -c 1-400 | tail -n "$tail"; }
bounded() { timeout "$deadline" "$@" 2>/dev/null; }
of_unit() {
  journalctl --quiet --unit "$name" --since "-$since seconds" --output short-unix --lines 100000 2>/dev/null | awk -v most="$most" -v tail="$tail" '
    function give(who, text, to) {
      if (!(who in owner)) owner[who] = to
      own = owner[who]; words[own, n[own]++ % tail] = text
    }
    function settle(to, since, i) { for (i = 1; i <= held; i++) give(whose[i], held_text[i], (held_at[i] < since) ? to - 1 : to); held = 0 }
    function begin(at) { run++; began[run] = at; settle(run, at - 1) }
    $3 ~ /^systemd\\[1\\]:$/ && $4 == "Starting" { begin($1); starting = 1 }
    $3 ~ /^systemd\\[1\\]:$/ && $4 == "Started" { if (!starting) begin($1); starting = 0 }
    $3 ~ /^systemd\\[1\\]:$/ { settle(run + 0, 0) }
    $3 ~ /^systemd\\[1\\]:$/ && /Main process exited, code=/ {
      starting = 0
      code = $0; sub(/.*, status=/, "", code); split(code, parts, "/")
      ended[run] = $1; number[run] = parts[1] + (/code=exited/ ? 0 : 128)
    }
    $3 ~ /^systemd\\[1\\]:$/ && /Failed with result .oom-kill/ { memory[run] = "yes" }
    $3 !~ /^systemd\\[1\\]:$/ {
      line = $0; sub(/^[^ ]+ [^ ]+ [^ ]+: ?/, "", line)
      if (held && $1 - held_at[1] > 1) settle(run + 0, 0)
      if (line ~ '"$stack"') next
      line = substr(line, 1, 400)
      if ($3 in owner) give($3, line)
      else { whose[++held] = $3; held_text[held] = line; held_at[held] = $1 }
    }
    END {
      settle(run + 0, 0)
      for (i = run + 0; i >= 0; i--) if ((i in ended) && ++ends <= most) {
        printf "unit %s %s %s %s\\001", number[i], (i in memory) ? "yes" : "no", (i in began) ? began[i] : "-", ended[i]
        for (at = (n[i] > tail ? n[i] - tail : 0); at < n[i]; at++) print words[i, at % tail]
        printf "\\002"
      }
    }'
}
of_docker() {
  for id in $(bounded docker ps --all --no-trunc --filter "label=io.kubernetes.container.name=$name" --filter status=exited --format '{{.ID}}' | head -n "$most"); do
    bounded docker inspect --format 'docker {{.State.ExitCode}} {{if .State.OOMKilled}}yes{{else}}no{{end}} {{.State.StartedAt}} {{.State.FinishedAt}}' "$id" | tr -d '\\n'
    printf '\\001'; timeout "$deadline" docker logs --tail 5000 "$id" 2>&1 | spoken; printf '\\002'
  done
}
of_crictl() {
  for id in $(bounded crictl ps --all --state exited --name "^$name$" --quiet | head -n "$most"); do
    bounded crictl inspect --output go-template --template 'crictl {{.status.exitCode}} {{if eq .status.reason "OOMKilled"}}yes{{else}}no{{end}} {{.status.startedAt}} {{.status.finishedAt}}' "$id" | tr -d '\\n'
    printf '\\001'; timeout "$deadline" crictl logs --tail 5000 "$id" 2>&1 | spoken; printf '\\002'
  done
}
of_probes() {
  journalctl --quiet --unit kubelet --since "-$since seconds" --output short-unix --lines 100000 2>/dev/null |
    grep -E 'Container '"$name"' failed (liveness|startup) probe|(Liveness|Startup) probe for "[^"]*:'"$name"'" |"Probe (failed|errored)" .*probeType="(Liveness|Startup)".* containerName="'"$name"'"' |
    sed -E 's/^([^ ]*) [^ ]* [^ ]* /\\1 \\1 /'
  [ ! -r "$kubeconfig" ] || ! command -v kubectl >/dev/null || bounded kubectl --kubeconfig="$kubeconfig" --request-timeout=5s get events --all-namespaces --field-selector "involvedObject.fieldPath=spec.containers{$name}" -o jsonpath='{range .items[*]}{.firstTimestamp} {.lastTimestamp} {.source.host} {.message}{"\\n"}{end}' |
    grep -iE "^[^ ]+ [^ ]+ $(uname -n) .*(liveness|startup) probe" | sed -E 's/^([^ ]* [^ ]*) [^ ]* /\\1 /'
}
seen=
[ "$(systemctl show --property LoadState --value -- "$name.service" 2>/dev/null)" = loaded ] && { seen="$seen unit"; of_unit | frame unit; }
command -v docker >/dev/null && bounded docker ps --quiet >/dev/null && { seen="$seen docker"; of_docker | frame docker; }
command -v crictl >/dev/null && bounded crictl ps --quiet >/dev/null && { seen="$seen crictl"; of_crictl | frame crictl; }
echo "$seen" | frame seen
of_probes | cut -c 1-400 | tail -n 500 | frame probes
date +%s | frame now
exit 0
`
