import { rawText, script, sh } from '../../model/command.ts'
import type { Probe } from '../../model/module.ts'
import { type Static, Type } from '../../model/schema.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { kubeArgs, runKubectl } from '../k8s/kubectl.ts'
import { PathArgument } from '../shared/argument.ts'
import { missingTool } from '../shared/host-script.ts'

export const defaultSeconds = 30
export const mostBytes = 16_777_216 // it is held in memory
const patienceS = 20 // for what is asked besides the profile's own time
const noTool = 91

/** Where a profile is asked for, and by what right. */
export const sourceArgs = Type.Object(
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

export type ProfileSource = Static<typeof sourceArgs>

export const saidBy = ({ stderr }: Reply): string => stderr.toString('utf8').trim()

/** Asks for the profile, or only whether there are symbols: every program with profiling answers that, and it costs nothing. */
export function askProfile(wanted: ProfileSource, what: 'symbol' | 'profile', runner: Runner | Probe): Promise<Reply> {
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
  { from, cacert = '', cert = '', key = '', seconds }: ProfileSource & { readonly seconds: number },
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
