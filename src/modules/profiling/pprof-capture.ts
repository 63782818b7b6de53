import { rawText, script, sh } from '../../model/command.ts'
import type { Decision, Probe } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Profile } from '../../model/profile.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { kubeArgs, runKubectl } from '../k8s/kubectl.ts'
import { PathArgument } from '../shared/argument.ts'
import { missingTool } from '../shared/host-script.ts'
import { hostUnchanged } from '../shared/host-unchanged.ts'
import { workShares } from './known-work.ts'
import { parsePprof } from './pprof.ts'

const defaultSeconds = 30
const mostBytes = 16_777_216 // it is held in memory
const patienceS = 20 // for what is asked besides the profile's own time
const noTool = 91

const args = Type.Object(
  {
    from: Type.String({
      pattern: '^(https?://[^\\s\'"\\\\@?#-][^\\s\'"\\\\@?#]*|(/[^\\s\'"\\\\?#]*)?)/debug/pprof/profile$',
      description:
        'where the program gives its profile: a URL that is asked from the host, or a path that kubectl asks the API server for (/debug/pprof/profile, /api/v1/nodes/NODE/proxy/debug/pprof/profile)',
    }),
    seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 60, default: defaultSeconds, description: 'for how long it is taken' }),
    ),
    cacert: Type.Optional(PathArgument('certificates that the URL is checked by')),
    cert: Type.Optional(PathArgument('certificate to show, with its key')),
    key: Type.Optional(PathArgument('key of that certificate')),
    ...kubeArgs,
  },
  { additionalProperties: false },
)

type CaptureArgs = Static<typeof args>

/** Whether the program would give a profile. */
type Offer = { readonly kind: 'offered' } | { readonly kind: 'refused'; readonly said: string }

export const pprofCapture = defineModule<typeof args, Offer>({
  name: 'pprof_capture',
  summary: "A processor profile of a Go program, kept in the run's record; its output tells what the program did most",
  effect: 'changes', // of the record; the program works a few percent more while it is taken
  args,
  example: 'pprof_capture: {from: "http://127.0.0.1:2379/debug/pprof/profile", seconds: 10}',
  resources: ({ from }) => [`pprof:${from}`],
  read: async (wanted, probe) => offerOf(await ask(wanted, 'symbol', probe)),
  plan: planCapture,
  apply: async (wanted, _, session) => {
    const reply = await ask(wanted, 'profile', session)
    if (reply.code !== 0)
      throw new ProblemError({ kind: 'step-failed', message: `no profile from ${wanted.from}`, detail: saidBy(reply) })
    if (reply.stdout.length > mostBytes)
      throw new ProblemError({ kind: 'step-failed', message: `the profile is larger than ${mostBytes} bytes` })
    const parsed = parsePprof(reply.stdout)
    if (!parsed.ok) throw new ProblemError({ ...parsed.problems[0], kind: 'step-failed' })
    return { ...(await session.controller.keep(reply.stdout)), ...shown(parsed.value) }
  },
  revert: async () => undefined, // the record stays what it is
})

function shown(profile: Profile) {
  const { total, durationMs = 0 } = profile
  return {
    seconds: durationMs / 1000,
    processors: durationMs > 0 ? total / 1e6 / durationMs : 0,
    works: workShares(profile).map(({ work, share }) => ({ work, share })),
  }
}

const saidBy = ({ stderr }: Reply): string => stderr.toString('utf8').trim()

const offerOf = (reply: Reply): Offer =>
  reply.code === 0 ? { kind: 'offered' } : { kind: 'refused', said: saidBy(reply) }

function planCapture({ from, seconds = defaultSeconds }: CaptureArgs, offer: Offer): Decision {
  if (offer.kind === 'refused')
    return {
      kind: 'blocked',
      message: `${from} gives no profile`,
      detail: offer.said,
      hint: 'is profiling on (--profiling of Kubernetes, --enable-pprof of etcd), and may you ask for it?',
    }
  return hostUnchanged(`take a profile of ${seconds} s from ${from} into the run's record`)
}

/** Asks for the profile, or only whether there are symbols: every program with profiling answers that, and it costs nothing. */
function ask(wanted: CaptureArgs, what: 'symbol' | 'profile', runner: Runner | Probe): Promise<Reply> {
  const seconds = what === 'symbol' ? 0 : (wanted.seconds ?? defaultSeconds)
  const from = what === 'symbol' ? wanted.from.replace(/profile$/, 'symbol') : `${wanted.from}?seconds=${seconds}`
  return from.startsWith('/')
    ? runKubectl(runner, wanted.kubeconfig, ['get', '--raw', from], {
        requestS: seconds + patienceS,
        timeoutMs: (seconds + 2 * patienceS) * 1000,
      })
    : askUrl(runner, { ...wanted, from, seconds })
}

async function askUrl(
  runner: Runner,
  { from, cacert = '', cert = '', key = '', seconds }: CaptureArgs & { readonly seconds: number },
): Promise<Reply> {
  const reply = await runner.run(
    script(sh`url=${from} cacert=${cacert} cert=${cert} key=${key} limit=${seconds + patienceS}`, rawText(getText)),
    { timeoutMs: (seconds + 2 * patienceS) * 1000, limitBytes: mostBytes + 1, label: `asking ${from}`, onOutput },
  )
  if (reply.code === noTool) throw missingTool('curl or wget', 'ask for a profile')
  return reply
}

const onOutput = (): void => undefined // a profile is for the record, and not to be shown

const getText = `
if command -v curl >/dev/null 2>&1; then
  exec curl -fsS -m "$limit" \${cacert:+--cacert "$cacert"} \${cert:+--cert "$cert"} \${key:+--key "$key"} -- "$url"
elif command -v wget >/dev/null 2>&1; then
  exec wget -q -T "$limit" -O - \${cacert:+"--ca-certificate=$cacert"} \${cert:+"--certificate=$cert"} \${key:+"--private-key=$key"} -- "$url"
else exit ${noTool}; fi
`
