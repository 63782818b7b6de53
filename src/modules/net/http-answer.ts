import { sh } from '../../model/command.ts'
import type { Probe } from '../../model/module.ts'
import type { Reply } from '../../model/transport.ts'
import { missingTool } from '../shared/host-script.ts'

export interface HttpQuestion {
  readonly url: string
  readonly method?: 'GET' | 'HEAD'
  readonly timeoutMs?: number // of the whole answer, default 10 s; rounded up to seconds
  readonly limitBytes?: number // of the body, default 0; the rest is not read
}

/** An answer, or why there is none. */
export type HttpAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly isWhole: boolean }
  | { readonly kind: 'silence'; readonly said: string }

const headerLimitBytes = 65_536

/**
 * What a URL answers, asked from the host by curl or wget; redirects are not followed. Certificates are verified by
 * the host's own trust. Throws ProblemError of kind missing-tool.
 */
export async function readHttp(question: HttpQuestion, probe: Probe): Promise<HttpAnswer> {
  const { url, method = 'GET', timeoutMs = 10_000, limitBytes = 0 } = question
  const seconds = Math.ceil(timeoutMs / 1_000)
  const bytes = headerLimitBytes + limitBytes + 1
  const reply = await probe.run(
    sh`if command -v curl >/dev/null; then
  echo curl
  [ ${method} = GET ] && head= || head=-I
  curl -sS -i $head -m ${seconds} -- ${url} | head -c ${bytes}
elif command -v wget >/dev/null; then
  echo wget
  [ ${method} = GET ] && options= || options=--spider
  if wget --help 2>&1 | grep -q max-redirect; then options="$options --max-redirect=0 --tries=1 --content-on-error"; fi
  within=; if command -v timeout >/dev/null; then within="timeout "${seconds}; fi # wget -T of busybox 1.35 crashes
  $within wget -S -O - $options -- ${url} | head -c ${bytes}
else exit 127; fi`,
    { timeoutMs: timeoutMs + 10_000, limitBytes: bytes + headerLimitBytes },
  )
  if (reply.code === 127) throw missingTool('curl or wget', `ask ${url}`)
  return parseAnswer(reply, limitBytes)
}

/** The first line names the program: curl gives headers before the body, wget on its standard error. */
export function parseAnswer({ stdout, stderr }: Pick<Reply, 'stdout' | 'stderr'>, limitBytes: number): HttpAnswer {
  const start = stdout.indexOf(10) + 1
  const text = stderr.toString('utf8')
  const { status, body } =
    stdout.toString('latin1', 0, start) === 'curl\n'
      ? parseHeaders(stdout.subarray(start))
      : { status: [...text.matchAll(/HTTP\/[\d.]+ (\d{3})/g)].at(-1)?.[1], body: stdout.subarray(start) }
  if (status === undefined) return { kind: 'silence', said: text.trim().split('\n').at(-1) ?? '' }
  return {
    kind: 'answer',
    status: Number(status),
    body: body.subarray(0, limitBytes).toString('utf8'),
    isWhole: body.length <= limitBytes,
  }
}

/** The last header block counts: 1xx answers and proxies come before it. */
function parseHeaders(bytes: Buffer): { readonly status: string | undefined; readonly body: Buffer } {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return { status: undefined, body: bytes }
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(bytes.toString('latin1', 0, end))?.[1]
  const body = bytes.subarray(end + 4)
  const isBefore =
    status?.startsWith('1') || /^HTTP\/[\d.]+ 200 connection established/i.test(bytes.toString('latin1', 0, end))
  return isBefore ? parseHeaders(body) : { status, body }
}
