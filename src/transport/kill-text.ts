/**
 * A script that ends what the shell with process id `pid` runs, and that shell first of all, so that it does not go
 * on to its next command. It must run with the same privilege: signals sent through ssh do not reach what sudo runs.
 *
 * Ended are all processes of the shell's session when the session is the shell's own (sshd and the tool see to that), or
 * else the shell's descendants in that session. A process that began a session of its own (setsid) was detached on
 * purpose and is left alone. TERM first, after a second KILL. Exits 1 and prints what is still alive.
 */
export const killText = (pid: number): string => `shell=${pid}
stat() {
  { read -r line </proc/$1/stat; } 2>/dev/null || return 1
  set -- \${line##*) }
  state=$1 ppid=$2 sid=$4
}
stat $shell || exit 0
session=$sid parent=$ppid own=no
[ "$session" = "$shell" ] && own=yes
if [ "$session" = "$parent" ]; then
  name=; { read -r name </proc/$parent/comm; } 2>/dev/null
  case $name in sudo | doas) own=yes ;; esac
fi
spared=" $$ " at=$parent
while [ "$at" -gt 1 ]; do
  spared="$spared$at "
  stat $at || break
  at=$ppid
done
found=" $shell "
find_more() {
  more=yes
  while [ $more = yes ]; do
    more=no
    for entry in /proc/[0-9]*; do
      p=\${entry#/proc/}
      case "$found$spared" in *" $p "*) continue ;; esac
      stat $p || continue
      [ "$sid" = "$session" ] || continue
      if [ $own = no ]; then case "$found" in *" $ppid "*) ;; *) continue ;; esac; fi
      found="$found$p " more=yes
    done
  done
}
find_alive() {
  alive=
  for p in $found; do stat $p && [ "$state" != Z ] && alive="$alive $p"; done
}
find_more
kill -KILL $shell 2>/dev/null
for signal in TERM KILL KILL; do
  find_more
  find_alive
  [ -z "$alive" ] && exit 0
  kill -$signal $alive 2>/dev/null
  for turn in 1 2 3 4 5 6 7 8 9; do find_alive; [ -z "$alive" ] && exit 0; done
  sleep 1
done
find_alive
[ -z "$alive" ] && exit 0
echo "still alive:$alive"
exit 1
`
