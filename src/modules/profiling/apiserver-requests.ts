import { rawText, script, sh } from '../../model/command.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { kubeArgs } from '../k8s/kubectl.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { type Frame, frameFunction, frameText, parseFrames } from '../shared/frames.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'
import { parsePrometheus } from '../shared/prometheus.ts'
import { type Asker, type AuditEvent, askersOf, auditEvents } from './audit-events.ts'
import { REQUEST_METRICS, requestRates } from './request-rates.ts'

const noTool = 91
const patienceS = 20 // for each answer of the API server
const mostLogBytes = 4_194_304 // of the audit log: the newest that was written within the window
const headOfLine = 1_500 // letters of an event, in which all that is looked at stands

const args = Type.Object(
  {
    ...kubeArgs,
    window: Type.Optional(DurationArgument('time between the two looks, default 10s')),
    value: Type.Optional(Type.Enum(['per_s'], { description: 'what is the number: requests per second' })),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

/** Who asks an API server for what: its own metrics, and the audit log of the one on this host where it writes one. */
export const apiserverRequests = defineModule<typeof args, readonly Frame[]>({
  name: 'apiserver_requests',
  summary:
    'What an API server was asked for in a window, by verb and resource, and by whom where it writes an audit log',
  effect: 'reads',
  args,
  example: 'apiserver_requests: {kubeconfig: /etc/kubernetes/admin.conf, window: 30s, value: per_s}',
  resources: () => ['k8s:requests'],
  read: look,
  plan: (asked, frames): Decision => {
    const output = outputOf(frames)
    const said = output.per_s === null ? `no value (${output.note})` : `${output.per_s} requests per second`
    return {
      kind: 'noop',
      summary: said,
      output: asked.value === undefined ? output : { value: output.per_s ?? null, ...output },
    }
  },
})

async function look({ kubeconfig = '', window = '10s' }: Args, probe: Probe): Promise<readonly Frame[]> {
  const windowMs = durationMs(window)
  const numbers = sh`config=${kubeconfig} window=${windowMs / 1000} patience=${patienceS} most=${mostLogBytes} head=${headOfLine}`
  const reply = await probe.run(script(numbers, sh`names=${REQUEST_METRICS}`, rawText(lookText)), {
    timeoutMs: windowMs + 3 * patienceS * 1000 + 60_000,
    limitBytes: 16 * 1_048_576,
    label: 'apiserver_requests',
  })
  if (reply.code === noTool) throw missingTool('kubectl', 'ask the API server for its metrics')
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'asking the API server for its metrics'))
  return parseFrames(reply.stdout)
}

// A server that does not answer is not waited for. The audit log is read through the process's own root: that of a static pod
// has other folders than the host.
const lookText = `
${frameFunction}
command -v kubectl >/dev/null || exit ${noTool}
metrics() {
  { kubectl \${config:+"--kubeconfig=$config"} "--request-timeout=\${patience}s" get --raw /metrics 2>&1 || echo failed; } | grep -E "^($names)[{ ]|^[A-Z]|^error|^failed"
}
size() { [ -z "$log" ] || wc -c <"$log" 2>/dev/null; }
log=
for folder in /proc/[0-9]*; do
  [ "$(cat "$folder/comm" 2>/dev/null)" = kube-apiserver ] || continue
  path=$(tr '\\000' '\\n' <"$folder/cmdline" 2>/dev/null | sed -n 's/^--audit-log-path=//p' | tail -n 1)
  [ "\${path#/}" = "$path" ] || [ ! -r "$folder/root$path" ] || log=$folder/root$path
done
begin=$(size)
seen=$(metrics); read -r uptime1 rest </proc/uptime
case $seen in *failed) ;; *) sleep "$window" ;; esac
printf '%s\\n' "$seen" | frame metrics1
metrics | frame metrics2; read -r uptime2 rest </proc/uptime
awk "BEGIN { print $uptime2 - $uptime1 }" | frame seconds
if [ -n "$log" ]; then
  end=$(size); [ "\${end:-0}" -ge "\${begin:-0}" ] || begin=0
  new=$((\${end:-0} - \${begin:-0})); [ "$new" -le "$most" ] || new=$most
  tail -c "$new" "$log" | cut -c "1-$head" | frame audit
fi
exit 0
`

function outputOf(frames: readonly Frame[]): JsonObject {
  const text = (name: string): string => frameText(frames, name) ?? ''
  const seconds = Number(text('seconds'))
  const said = saidOf(text('metrics1')) || saidOf(text('metrics2'))
  const rates = requestRates(parsePrometheus(text('metrics1')), parsePrometheus(text('metrics2')), seconds)
  const log = frameText(frames, 'audit')
  const audit = log === undefined ? null : auditShown(auditEvents(log), seconds)
  const window_s = rounded(seconds)
  if (!rates) return { per_s: null, note: absence(said), window_s, audit }
  const { lists, ...rest } = rates
  return { ...rest, window_s, ...(lists ? { lists: { ...lists, whole: wholeText(audit) } } : {}), audit }
}

/** Whether lists are whole ones, of which the metrics say nothing. */
function wholeText(audit: AuditShown | null): string {
  if (!audit) return 'the API server of this host writes no audit log, which would tell who asks, and with which limit'
  const { lists, lists_without_limit: count, whole } = audit
  return `${count} of ${lists} in the audit log have neither a limit nor a version${whole ? `, most by ${whole.user} (${whole.agent})` : ''}`
}

const rounded = (value: number): number => Math.round(value * 100) / 100

/** What kubectl said in failing; samples begin with a small letter. */
const saidOf = (text: string): string =>
  /^failed$/m.test(text) ? (text.match(/^(?:[A-Z]|error).*$/gm) ?? ['kubectl failed and said nothing']).join(' ') : ''

const absence = (said: string): string =>
  said === ''
    ? 'the two looks were at different API servers, or it was started anew: name one server in the kubeconfig'
    : said.slice(-300)

type AuditShown = {
  readonly requests: number
  readonly askers: readonly Asker[]
  readonly top?: Asker & { readonly per_s: number; readonly share: number } // %
  readonly lists: number
  readonly lists_without_limit: number
  readonly whole?: Asker // who sends most of these
}

function auditShown(events: readonly AuditEvent[], seconds: number): AuditShown {
  const asked = events.filter(({ verb }) => verb !== 'watch').length
  const lists = events.filter(({ verb }) => verb === 'list')
  const whole = lists.filter(({ from }) => from === 'etcd')
  const askers = askersOf(events)
  const [[top], [lister]] = [askers, askersOf(whole, 1)]
  return {
    requests: asked,
    askers,
    ...(top ? { top: { ...top, per_s: rounded(top.count / seconds), share: rounded((top.count / asked) * 100) } } : {}),
    lists: lists.length,
    lists_without_limit: whole.length,
    ...(lister ? { whole: lister } : {}),
  }
}
