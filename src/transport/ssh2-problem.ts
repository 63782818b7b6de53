import { type Problem, ProblemError } from '../model/problem.ts'
import type { Endpoint } from '../model/transport.ts'
import type { ConnectFailure } from './ssh2-client.ts'
import { placeText, secondsText } from './transport-problem.ts'

/** Why there is no connection, in one problem; what was wrong with key files comes after a refused login. */
export function connectProblem(
  endpoint: Endpoint,
  failure: ConnectFailure,
  identityProblems: readonly Problem[],
): ProblemError {
  // once a credential was shown, the host key was right and the network works
  if (failure.tried.length > 0 && !failure.isTimeout)
    return new ProblemError(authProblem(endpoint, failure), ...identityProblems)
  const [what, hint] = unreachableText(endpoint, failure)
  return new ProblemError({
    kind: 'unreachable',
    host: endpoint.host,
    message: `${placeText(endpoint)} ${what}`,
    detail: failure.text,
    hint,
  })
}

function authProblem(endpoint: Endpoint, { text, tried, offered }: ConnectFailure): Problem {
  const methods = offered.length === 0 ? '' : `; the server takes ${offered.join(', ')}`
  const tooMany = /too many/i.test(text)
  const ending = text.startsWith('All configured') ? '' : `; ${text}`
  return {
    kind: 'auth',
    host: endpoint.host,
    message: `${placeText(endpoint)} refused to let ${endpoint.user} in`,
    detail: `tried ${tried.join(', ') || 'nothing: there is no agent, key or password'}${methods}${ending}`,
    hint: isOnlyOpenssh(offered)
      ? 'the server takes tickets (GSSAPI) or host-based logins only: set ansible_connection: openssh for it'
      : tooMany
        ? 'the agent holds more keys than the server lets one try: load fewer, or give the key file alone'
        : `${whatToCheck(endpoint, tried)} A locked or expired account is refused too; see the sshd log on the host`,
  }
}

const isOnlyOpenssh = (offered: readonly string[]): boolean =>
  offered.length > 0 && offered.every((method) => method.startsWith('gssapi') || method === 'hostbased')

const whatToCheck = ({ user }: Endpoint, tried: readonly string[]): string =>
  tried.length === 1 && tried[0] === 'password'
    ? `is the password of ${user} right?`
    : `is the key in ~${user}/.ssh/authorized_keys?`

function unreachableText(endpoint: Endpoint, failure: ConnectFailure): readonly [what: string, hint: string] {
  const { address, port, connectTimeoutMs } = endpoint
  switch (failure.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [
        `cannot be found: no address for ${address}`,
        `check ansible_host in the inventory, and DNS: getent hosts ${address}`,
      ]
    case 'ECONNREFUSED':
      return [
        `refused the connection: nothing listens on port ${port}`,
        `does sshd run there (systemctl status ssh), and on port ${port}?`,
      ]
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return ['cannot be reached: there is no route', `check the network and the firewall: ip route get ${address}`]
    case 'ETIMEDOUT':
      return ['did not answer', `is it up? does a firewall drop packets to port ${port}?`]
  }
  if (failure.isTimeout && !failure.reached)
    return [
      `did not answer within ${secondsText(connectTimeoutMs)}`,
      `is it up? does a firewall drop packets to port ${port}?`,
    ]
  if (failure.isTimeout)
    return [
      `took the connection, but did not finish the login within ${secondsText(connectTimeoutMs)}`,
      'the host may be overloaded or out of memory, or sshd waits for DNS (UseDNS)',
    ]
  if (failure.text.includes('no matching'))
    return ['has no algorithm in common with the ssh2 transport', 'set ansible_connection: openssh for it']
  if (failure.reached)
    return ['closed the connection before login', 'too many logins at once (MaxStartups), a ban, or not an SSH server']
  return ['cannot be reached', `try: ssh -p ${port} ${endpoint.user}@${address}`]
}
