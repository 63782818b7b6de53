import { type Command, rawText, script, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Runner } from '../../model/transport.ts'
import { frameFunction, frameText, parseFrames } from '../shared/frames.ts'
import { parsePrometheus, type Sample } from '../shared/prometheus.ts'
import { refuseTls, tlsReasonText } from './client-tls.ts'
import type { EtcdSettings } from './settings-of.ts'

/** One or two scrapes of a member's metrics, with the host's clock between them. */
export interface Scrapes {
  readonly before: readonly Sample[] | undefined // absent without a window
  readonly after: readonly Sample[]
  readonly seconds: number // between the two
}

/**
 * Scrapes the member's metrics on its host by curl or wget, twice when there is a window. The command depends on the
 * window alone, so that measures taken together share one answer and one window.
 */
export async function scrape(runner: Runner, settings: EtcdSettings, windowMs: number): Promise<Scrapes> {
  const reply = await runner.run(scrapeCommand(settings, windowMs), {
    timeoutMs: windowMs + 60_000,
    limitBytes: 8 * 1_048_576,
  })
  const frames = parseFrames(reply.stdout)
  const after = frameText(frames, 'after')
  if (after === undefined) {
    refuseTls(settings.metrics_url, frames)
    throw failure(settings, reply.code, reply.stderr.toString('utf8').trim())
  }
  const before = frameText(frames, 'before')
  return {
    before: before === undefined ? undefined : parsePrometheus(before),
    after: parsePrometheus(after),
    seconds: Number(frameText(frames, 'seconds') ?? 0),
  }
}

const noTool = 91

function failure({ metrics_url }: EtcdSettings, code: number, detail: string): ProblemError {
  if (code === noTool)
    return new ProblemError({
      kind: 'missing-tool',
      message: 'the host has neither curl nor wget, needed to read the metrics of etcd',
      hint: 'install curl, or drop the measures',
    })
  return new ProblemError({ kind: 'step-failed', message: `no metrics at ${metrics_url}`, detail })
}

const scrapeCommand = ({ metrics_url, tls }: EtcdSettings, windowMs: number): Command =>
  script(
    sh`url=${metrics_url} window=${windowMs / 1000}`,
    sh`cacert=${tls.cacert ?? ''} cert=${tls.cert ?? ''} key=${tls.key ?? ''}`,
    rawText(scrapeText),
  )

// Uptime, not the time of day: a step of the clock would falsify a rate.
const scrapeText = `
${frameFunction}${tlsReasonText}
case $url in https:*) ;; *) cacert=; cert=; key= ;; esac
if command -v curl >/dev/null 2>&1; then
  get() { curl -fsS -m 20 \${cacert:+--cacert "$cacert"} \${cert:+--cert "$cert"} \${key:+--key "$key"} "$url"; }
elif command -v wget >/dev/null 2>&1; then
  get() {
    wget -q -T 20 -O - \${cacert:+"--ca-certificate=$cacert"} \${cert:+"--certificate=$cert"} \${key:+"--private-key=$key"} "$url"
  }
else exit ${noTool}; fi
kept() {
  scraped=$(get 2>&1) || {
    printf '%s\\n' "$scraped" | tls_reason "$url" | frame tls >&3
    printf '%s\\n' "$scraped" >&2
    exit 1
  }
  printf '%s\\n' "$scraped" | grep -E '^(etcd_|process_)'
}
uptime() { cut -d ' ' -f 1 /proc/uptime; }
first=$(uptime); second=$first
exec 3>&1
if [ "$window" != 0 ]; then
  text=$(kept) || exit 1
  printf '%s\\n' "$text" | frame before
  sleep "$window"; second=$(uptime)
fi
text=$(kept) || exit 1
printf '%s\\n' "$text" | frame after
awk "BEGIN { print $second - $first }" | frame seconds
`
