import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseExactJson } from '../../../src/modules/etcd/exact-json.ts'
import { recorded, type Scenario, type Version } from './fixture.ts'

/**
 * Makes a folder with an `etcdctl` that answers as the real one of a version did in a scenario: `endpoint status` per
 * endpoint (the recorded answer holds all of them), everything else as recorded. Returns the folder, for PATH.
 */
export function replayEtcdctl(version: Version, scenario: Scenario): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'etcdctl-'))
  const answers = path.join(folder, 'answers')
  mkdirSync(answers)
  for (const [name, command] of [
    ['member', 'member-list-json'],
    ['alarm', 'alarm-list'],
    ['health', 'endpoint-health-json'],
  ] as const) {
    const { stdout, stderr, code } = recorded(version, scenario, command)
    writeFileSync(path.join(answers, `${name}.out`), stdout)
    writeFileSync(path.join(answers, `${name}.err`), stderr)
    writeFileSync(path.join(answers, `${name}.rc`), String(code))
  }
  for (const [port, line] of statusLines(version, scenario)) writeFileSync(path.join(answers, `status-${port}`), line)
  writeFileSync(path.join(folder, 'etcdctl'), script(answers))
  chmodSync(path.join(folder, 'etcdctl'), 0o755)
  return folder
}

/** The recorded array cut into one-element arrays, by the port of the endpoint; cut as text, for ids beyond 2^53. */
function statusLines(version: Version, scenario: Scenario): readonly (readonly [string, string])[] {
  const { stdout } = recorded(version, scenario, 'endpoint-status-json')
  if (!Array.isArray(parseExactJson(stdout))) return []
  const elements = stdout
    .trim()
    .slice(1, -1)
    .split(/(?<=\}\}),(?=\{"Endpoint")/)
  return elements.map((element) => [/"Endpoint":"[^"]*:(\d+)"/.exec(element)?.[1] ?? '', `[${element}]\n`])
}

const script = (answers: string): string => `#!/bin/sh
[ "$ETCDCTL_API" = 3 ] || { echo 'API version 2' >&2; exit 64; }
endpoint=
for word; do
  case $word in
    --endpoints=*) endpoint=\${word#*=} ;;
    --*|-w|json) ;;
    *) words="$words $word" ;;
  esac
done
answer() { cat "${answers}/$1.out"; cat "${answers}/$1.err" >&2; exit "$(cat "${answers}/$1.rc")"; }
case $words in
  ' member list') answer member ;;
  ' alarm list') answer alarm ;;
  ' endpoint health') answer health ;;
  ' endpoint status') cat "${answers}/status-\${endpoint##*:}" 2>/dev/null || exit 1 ;;
  *) echo "unexpected: $words" >&2; exit 64 ;;
esac
`
