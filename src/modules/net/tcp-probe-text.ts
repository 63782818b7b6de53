/**
 * Probes; expects `targets` ("scheme address port path" a line), `seconds`, `ca` ('': the host's own), `upgrade` ('' or a path) and `expected`.
 * A path is one line: target, tool, exit code, addresses of the name, address this host would send from, milliseconds to
 * connect and to TLS, HTTP status, whether the answer is what is expected, status of the upgrade, what the tool said.
 */
export const tcpProbeText = `
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
flat() { tr '\\n\\t\\r' '   ' <"$1" | cut -c 1-3000; }
addresses() { getent ahosts "$1" 2>/dev/null | awk '!seen[$1]++ { printf "%s%s", comma, $1; comma = "," }'; }
curl_with() { curl -sv --noproxy '*' --http1.1 --connect-timeout "$seconds" -m "$((seconds * 2))" \${ca:+--cacert "$ca"} "$@"; }
by_curl() {
  curl_with -o "$out/body" -w '%{time_connect} %{time_appconnect} %{http_code}' "$1://$2:$3$4" 2>"$out/said" >"$out/times" </dev/null
  code=$?
  read -r connect tls status <"$out/times"
  answer=-; [ -z "$expected" ] || { head -c 4096 "$out/body" 2>/dev/null | grep -qF -- "$expected" && answer=yes || answer=no; }
  upgraded=-
  if [ "$code" = 0 ] && [ -n "$upgrade" ]; then
    curl_with -m "$seconds" -o /dev/null -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \\
      -H 'Sec-WebSocket-Key: cnVuYm9vay1wcm9iZS0wMQ==' "$1://$2:$3$upgrade" 2>"$out/upgrade" </dev/null
    upgraded=$(sed -n 's/^< HTTP\\/[0-9.]* \\([0-9]*\\).*/\\1/p' "$out/upgrade" | tail -n 1)
  fi
  tool=curl
}
by_bash() {
  timeout "$seconds" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3" 2>"$out/said" </dev/null
  code=$? connect=- tls=- status=- answer=- upgraded=- tool=bash
}
by_telnet() {
  curl -sv --noproxy '*' --connect-timeout "$seconds" -m "$((seconds + 1))" -o /dev/null -w '%{time_connect}' "telnet://$2:$3" 2>"$out/said" >"$out/times" </dev/null
  code=$? tls=- status=- answer=- upgraded=- tool=telnet
  connect=$(cat "$out/times")
}
one() {
  out=$work/$5; mkdir "$out"; : >"$out/said"
  names=$(addresses "$2")
  source=$(ip -o route get "\${names%%,*}" 2>/dev/null | sed -n 's/.* src \\([^ ]*\\).*/\\1/p')
  if [ "$1" != tcp ] && command -v curl >/dev/null; then by_curl "$@"
  elif command -v bash >/dev/null && command -v timeout >/dev/null; then by_bash "$@"
  elif command -v curl >/dev/null; then by_telnet "$@"
  else code=127 connect=- tls=- status=- answer=- upgraded=- tool=none; fi
  printf '%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$5" "$tool" "$code" "$names" "$source" "$connect" "$tls" "$status" "$answer" "$upgraded" "$(flat "$out/said")" >"$work/$5.line"
}
number=0
while read -r scheme address port path; do
  one "$scheme" "$address" "$port" "$path" "$number" &
  number=$((number + 1))
done <<TARGETS
$targets
TARGETS
wait
cat "$work"/*.line
`

/**
 * Watches; expects `ports` (blank between them) and `seconds`. Who listens; from where a connection was begun whose answer did not
 * arrive: the host has the first packet (SYN) and has answered, and the third never came.
 */
export const portWatchText = `
command -v ss >/dev/null || { echo ss >&2; exit 91; }
for port in $ports; do printf 'listens\\t%s\\t%s\\n' "$port" "$(ss -Hlnt "sport = :$port" | awk '{ print $4 }' | tr '\\n' ' ')"; done
end=$(($(date +%s) + seconds))
while :; do
  for port in $ports; do ss -Hnt state syn-recv "sport = :$port" | awk -v port="$port" '{ sub(/:[0-9]+$/, "", $4); gsub(/[][]|^::ffff:/, "", $4); print "half\\t" port "\\t" $4 }'; done
  [ "$(date +%s)" -lt "$end" ] || break
  sleep 0.2
done | sort | uniq -c | awk '$1 > 1 { print $2 "\\t" $3 "\\t" $4 }'
exit 0
`
