/** What the script exits with where the host lacks the program named on stderr. */
export const noTool = 91

/**
 * Counts on the host. `$patterns` has a kind a line: name, tab, regular expression. A time is read where etcd says that something
 * "took too long (T)", was late "for T", a "sync duration of T", or in the fields took and exceeded-duration of its JSON; buckets of
 * times are one percent wide. Works with mawk, gawk and busybox awk.
 */
export const logScanText = `
need() { command -v "$1" >/dev/null 2>&1 || { echo "$1" >&2; exit ${noTool}; }; }
case $source in
  unit) need journalctl ;;
  file) [ -r "$subject" ] || { echo "$subject cannot be read" >&2; exit 1; } ;;
  *) need "$source" ;;
esac
read_log() {
  case $source in
    unit) journalctl -q --no-pager -o cat -u "$subject" --since "@$(($(date +%s) - since))" -n "$lines" ;;
    file) tail -n "$lines" -- "$subject" ;;
    docker) docker logs --since "\${since}s" --tail "$lines" "$subject" 2>&1 ;;
    kubectl) kubectl -n "\${subject%%/*}" logs "\${subject#*/}" --all-containers "--since=\${since}s" "--tail=$lines" ;;
    crictl)
      container=$(crictl ps -a --name "^$subject\\$" -q | head -n 1)
      [ -n "$container" ] || { echo "no container $subject" >&2; return 1; }
      crictl logs "--since=\${since}s" "--tail=$lines" "$container" 2>&1 ;;
  esac || echo failed >&3
}
exec 3>&1
counted=$({ read_log | patterns=$patterns samples=$samples awk '
function milliseconds(text,    sum, number, unit) {
  sum = 0
  while (match(text, /^[0-9][0-9.]*/)) {
    number = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
    if (!match(text, /^[^0-9.]+/)) return -1
    unit = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
    if (unit == "ns") sum += number / 1000000
    else if (unit == "ms") sum += number
    else if (unit == "s") sum += number * 1000
    else if (unit == "m") sum += number * 60000
    else if (unit == "h") sum += number * 3600000
    else if (unit ~ /s$/) sum += number / 1000
    else return -1
  }
  return text == "" ? sum : -1
}
function time_in(line,    text) {
  if (match(line, /took too long [(][0-9][^)]*[)]/)) text = substr(line, RSTART + 15, RLENGTH - 16)
  else if (match(line, / timeout for [0-9][^,)]*/)) text = substr(line, RSTART + 13, RLENGTH - 13)
  else if (match(line, /sync duration of [0-9][^,]*/)) text = substr(line, RSTART + 17, RLENGTH - 17)
  else if (match(line, /(took|exceeded-duration)[^0-9a-z ]+[0-9][^"\\\\]*/)) {
    text = substr(line, RSTART, RLENGTH); sub(/^[^0-9]*/, "", text)
  } else return -1
  return milliseconds(text)
}
BEGIN {
  kinds = split(ENVIRON["patterns"], rows, "\\n") - 1
  for (i = 1; i <= kinds; i++) {
    tab = index(rows[i], "\\t")
    name[i] = substr(rows[i], 1, tab - 1); pattern[i] = substr(rows[i], tab + 1)
    count[i] = 0; worst[i] = 0
  }
}
{
  for (i = 1; i <= kinds; i++) if ($0 ~ pattern[i]) {
    count[i]++
    if (count[i] <= ENVIRON["samples"]) sample[i, count[i]] = substr($0, 1, 300)
    ms = time_in($0)
    if (ms > 0) {
      if (ms > worst[i]) worst[i] = ms
      bucket = log(ms) / log(1.01); bucket = int(bucket < 0 ? bucket - 0.5 : bucket + 0.5)
      times[i "\\t" bucket]++
    }
  }
}
END {
  printf "lines\\t%d\\n", NR
  for (i = 1; i <= kinds; i++) {
    printf "kind\\t%s\\t%d\\t%.6f\\n", name[i], count[i], worst[i]
    for (j = 1; j <= count[i] && j <= ENVIRON["samples"]; j++) printf "sample\\t%s\\t%s\\n", name[i], sample[i, j]
  }
  for (key in times) { split(key, part, "\\t"); printf "bucket\\t%s\\t%d\\t%d\\n", name[part[1]], part[2], times[key] }
}'; } 3>&1)
case $counted in failed*|*"
failed") exit 1 ;; esac
printf '%s\\n' "$counted"
`
