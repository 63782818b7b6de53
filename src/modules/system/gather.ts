import { type Command, script, sh } from '../../model/command.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { Type } from '../../model/schema.ts'
import { parseEnv, valueIn } from '../files/env-text.ts'
import { failureOf } from '../shared/host-script.ts'

const args = Type.Object(
  {
    tools: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9_.+-]+$' }), {
        description: 'programs to look for; the output gives the path of each, or null',
      }),
    ),
  },
  { additionalProperties: false },
)

export const gather = defineModule<typeof args, JsonObject>({
  name: 'gather',
  summary: 'What the host is: system, kernel, processors, memory, systemd, cgroup version, programs',
  effect: 'reads',
  args,
  example: 'gather: {tools: [etcdctl, fio]}',
  resources: () => [],
  read: async ({ tools = [] }, probe) => {
    const reply = await probe.run(gatherCommand(tools))
    if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at the host'))
    return parseFacts(reply.stdout.toString('utf8'), tools)
  },
  plan: (_, facts) => ({ kind: 'noop', summary: summaryOf(facts), output: facts }),
})

const summaryOf = ({ os, kernel, cpus }: JsonObject): string => {
  const { name } = (os ?? {}) as { readonly name?: Json } // sealed: parseFacts makes os an object
  return `${name ?? 'unknown system'}, Linux ${kernel}, ${cpus} processor${cpus === 1 ? '' : 's'}`
}

const gatherText = `
fact() { printf '%s=%s\\n' "$1" "$2"; }
line() { [ -r "$2" ] && read -r value <"$2" && fact "$1" "$value"; }
set -- $(uname -n -r -m)
fact hostname "$1"; fact kernel "$2"; fact arch "$3"
line machine_id /etc/machine-id
line boot_id /proc/sys/kernel/random/boot_id
line memory /proc/meminfo
fact cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null)"
fact time "$(date +%s)"
if [ -d /run/systemd/system ]; then fact systemd "$(systemctl --version 2>/dev/null)"; fi
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then fact cgroup v2
elif [ -d /sys/fs/cgroup/memory ]; then fact cgroup v1; fi
`

const gatherCommand = (tools: readonly string[]): Command =>
  script(
    { parts: [{ kind: 'text', text: gatherText }] },
    ...tools.map((tool) => sh`fact tool:${tool} "$(command -v -- ${tool})"`),
    sh`echo os-release; if [ -r /etc/os-release ]; then cat /etc/os-release; fi`,
  )

function parseFacts(text: string, tools: readonly string[]): JsonObject {
  const [facts = '', ...release] = text.split(/^os-release$/m)
  const os = parseEnv(release.join('os-release').trimStart())
  const found = new Map(
    facts.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const word = (name: string): string | null => found.get(name) || null
  const number = (name: string, pattern = /^(\d+)/): number | null => {
    const digits = pattern.exec(found.get(name) ?? '')?.[1]
    return digits === undefined ? null : Number(digits)
  }
  const kilobytes = number('memory', /^MemTotal:\s+(\d+) kB/)
  return {
    os: {
      id: valueIn(os, 'ID') ?? null,
      version: valueIn(os, 'VERSION_ID') ?? null,
      name: valueIn(os, 'PRETTY_NAME') ?? null,
    },
    kernel: word('kernel'),
    arch: word('arch'),
    hostname: word('hostname'),
    machine_id: word('machine_id'),
    boot_id: word('boot_id'),
    cpus: number('cpus'),
    memory_bytes: kilobytes === null ? null : kilobytes * 1024,
    systemd: number('systemd', /^systemd (\d+)/),
    cgroup: word('cgroup'),
    time_s: number('time'),
    tools: Object.fromEntries(tools.map((tool) => [tool, word(`tool:${tool}`)])),
  }
}
