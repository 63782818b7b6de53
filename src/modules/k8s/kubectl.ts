import { rawText, script, sh, withStdin } from '../../model/command.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { Type } from '../../model/schema.ts'
import type { Reply, Runner } from '../../model/transport.ts'
import { PathArgument } from '../shared/argument.ts'
import { failureOf, missingTool } from '../shared/host-script.ts'

const name = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$', description })

/** What every module that calls kubectl takes. */
export const kubeArgs = {
  kubeconfig: Type.Optional(
    PathArgument("file on the host of this step; default kubectl's own (KUBECONFIG, ~/.kube/config)"),
  ),
}

/** What names one object of the cluster. */
export const objectArgs = {
  ...kubeArgs,
  kind: name('as kubectl takes it: daemonset, deployment.apps, node'),
  name: name('of the object'),
  namespace: Type.Optional(name('default: that of the kubeconfig')),
}

export const NodeArgument = name('of the node, as kubectl get nodes shows it')
export const NameArgument = name

export interface Target {
  readonly kubeconfig?: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

export const objectResource = ({ kind, name: object, namespace = '' }: Target) =>
  `k8s:${namespace}/${kind.split('.')[0]?.toLowerCase()}/${object}` as const

export const titleOf = ({ kind, name: object, namespace }: Target): string =>
  `${kind} ${object}${namespace === undefined ? '' : ` in ${namespace}`}`

/** Words of kubectl that name the object. */
export const wordsOf = ({ kind, name: object, namespace }: Target): readonly string[] => [
  kind,
  object,
  ...(namespace === undefined ? [] : ['--namespace', namespace]),
]

/** How long the API server may take for one request, s; kubectl waits for ever by itself. */
const REQUEST_S = 20
const noTool = 91

export interface KubectlOptions {
  readonly timeoutMs?: number
  readonly requestS?: number // of one request; 0: no bound
  readonly input?: string // what it reads from its standard input
}

/** Runs kubectl on the host; whatever it answers is a Reply. Throws ProblemError missing-tool where it is not there. */
export async function runKubectl(
  runner: Runner,
  kubeconfig: string | undefined,
  words: readonly string[],
  { timeoutMs = 60_000, requestS = REQUEST_S, input }: KubectlOptions = {},
): Promise<Reply> {
  const fixed = [...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]), `--request-timeout=${requestS}s`]
  const text = script(rawText(`command -v kubectl >/dev/null || exit ${noTool}`), sh`exec kubectl ${fixed} ${words}`)
  const reply = await runner.run(input === undefined ? text : withStdin(text, input), {
    timeoutMs,
    limitBytes: 8_388_608,
    label: `kubectl ${words.slice(0, 3).join(' ')}`,
  })
  if (reply.code === noTool) throw missingTool('kubectl', 'talk to the API server')
  return reply
}

/** As runKubectl, for what has to succeed. */
export async function mustKubectl(
  runner: Runner,
  kubeconfig: string | undefined,
  words: readonly string[],
  doing: string,
): Promise<string> {
  const reply = await runKubectl(runner, kubeconfig, words)
  if (reply.code !== 0) throw new ProblemError(kubectlProblem(reply, doing))
  return reply.stdout.toString('utf8')
}

/** The object as the API server has it; undefined where there is none of that name. */
export async function getObject(runner: Runner, target: Target): Promise<JsonObject | undefined> {
  const words = ['get', ...wordsOf(target), '--output=json', '--ignore-not-found']
  const text = await mustKubectl(runner, target.kubeconfig, words, `reading ${titleOf(target)}`)
  return text.trim() === '' ? undefined : jsonObject(text)
}

/** What kubectl prints as JSON. Throws ProblemError where it is none. */
export function jsonObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value as JsonObject // sealed: JSON.parse gives JSON
  } catch {
    // told below
  }
  throw new ProblemError({ kind: 'step-failed', message: 'kubectl did not answer in JSON', detail: text.slice(0, 200) })
}

/** A member of a member, by names and indexes; undefined where there is none. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, step) => {
    if (Array.isArray(inner)) return (inner as readonly Json[])[Number(step)] // sealed: a list in JSON holds JSON
    return isObject(inner) ? (inner[step] as Json | undefined) : undefined // sealed: as above
  }, value)
}

export const listAt = (value: Json | undefined, ...path: readonly (string | number)[]): readonly Json[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? (found as readonly Json[]) : [] // sealed: as above
}

export const textAt = (value: Json | undefined, ...path: readonly (string | number)[]): string => {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** What kubectl said in failing, and what to try. */
export function kubectlProblem(reply: Reply, doing: string): Problem {
  const said = reply.stderr.toString('utf8')
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1]
  return { ...failureOf(reply, doing), ...(hint === undefined ? {} : { hint }) }
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/Forbidden|forbidden:/, 'this user may not: kubectl auth can-i --list, or another kubeconfig'],
  [
    /Unauthorized|must be logged in/,
    'the API server does not know this user: is the kubeconfig of this cluster, and not expired?',
  ],
  [
    /was refused|no route to host|i\/o timeout|Client\.Timeout|EOF/,
    'the API server does not answer: is it running (crictl ps -a, systemctl status kube-apiserver)?',
  ],
  [
    /server doesn't have a resource type|no matches for kind/,
    'this cluster does not know that kind: kubectl api-resources',
  ],
  [
    /stat .*no such file|no configuration has been provided/,
    'name the file with kubeconfig, as /etc/kubernetes/admin.conf',
  ],
]
