import { type Problem, ProblemError } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'
import { placeText } from './transport-problem.ts'

/** Why ssh gave no connection, from what it said. */
export function opensshProblem(endpoint: Endpoint, said: string): ProblemError {
  const detail = said.trim()
  const problem: Pick<Problem, 'kind' | 'message' | 'hint'> = /host key verification failed|REVOKED HOST KEY/i.test(
    said,
  )
    ? {
        kind: 'host-key',
        message: `ssh does not take the host key of ${placeText(endpoint)}`,
        hint: `compare the fingerprint with the host's own, then: runbook trust ${endpoint.host}`,
      }
    : /permission denied|too many authentication failures|no more authentication methods/i.test(said)
      ? {
          kind: 'auth',
          message: `${placeText(endpoint)} refused to let ${endpoint.user} in`,
          hint: 'ssh is never asked for passwords or passphrases: load the key with ssh-add; ssh -v shows what it tries. A locked or expired account is refused too',
        }
      : {
          kind: 'unreachable',
          message: `ssh cannot connect to ${placeText(endpoint)}`,
          hint: `try: ssh -v -p ${endpoint.port} ${endpoint.user}@${endpoint.address}`,
        }
  return new ProblemError({ ...problem, host: endpoint.host, ...(detail === '' ? {} : { detail }) })
}

export const noSsh = (endpoint: Endpoint, detail: string): ProblemError =>
  new ProblemError({
    kind: 'unreachable',
    host: endpoint.host,
    message: 'the openssh transport needs the program ssh on this machine',
    detail,
    hint: 'install openssh-client, or leave ansible_connection at ssh',
  })
