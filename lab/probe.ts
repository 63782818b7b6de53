/**
 * Runs inside the lab's network: `node probe.ts DEADLINE_MS sshd:ADDRESS etcd:ADDRESS kubernetes:ADDRESS:NODES ...` ends with 0 when
 * every one of them answers, else with 1 and a line for each that does not. Not meant to be called by people.
 */
import { get } from 'node:https'
import { connect } from 'node:net'
import { until } from './until.ts'

const [deadline, ...conditions] = process.argv.slice(2)
type Question = readonly [ask: (address: string, detail: string) => Promise<true | undefined>, what: string]
const QUESTIONS: Readonly<Record<string, Question>> = {
  sshd: [sshdAnswers, 'sshd to answer'],
  etcd: [etcdIsHealthy, 'etcd to be healthy'],
  kubernetes: [clusterIsReady, 'the cluster to take pods'],
}

const results = await Promise.allSettled(conditions.map((condition) => answers(condition, Number(deadline))))
for (const result of results) if (result.status === 'rejected') console.error(String(result.reason.message))
process.exitCode = results.some((result) => result.status === 'rejected') ? 1 : 0

async function answers(condition: string, deadlineMs: number): Promise<void> {
  const [kind, address = '', detail = ''] = condition.split(':')
  const [ask, what] = QUESTIONS[kind ?? ''] ?? [sshdAnswers, 'sshd to answer']
  await until(() => ask(address, detail), { what: `${what} on ${address}`, deadlineMs, everyMs: 30 })
}

/** Whether a pod can be made: the controllers have made its service account, with a token, and all nodes have registered. */
async function clusterIsReady(address: string, nodes: string): Promise<true | undefined> {
  const account = await askApiServer(address, '/api/v1/namespaces/default/serviceaccounts/default')
  if (!account?.includes('"secrets"')) return undefined
  const list = JSON.parse((await askApiServer(address, '/api/v1/nodes')) ?? '{}') as {
    readonly items?: readonly unknown[]
  } // as the server answers
  return list.items?.length === Number(nodes) ? true : undefined
}

/** The body of what it answers with 200; its certificate is the lab's own, and so is the token. */
function askApiServer(host: string, path: string): Promise<string | undefined> {
  const headers = { authorization: 'Bearer lab-admin' }
  return new Promise((resolve) => {
    const request = get({ host, port: 6443, path, headers, rejectUnauthorized: false, timeout: 2000 }, (response) => {
      const body: Buffer[] = []
      response
        .on('data', (chunk: Buffer) => body.push(chunk))
        .on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(body).toString('utf8') : undefined))
        .on('error', () => resolve(undefined))
    })
    request.on('error', () => resolve(undefined)).on('timeout', () => request.destroy())
  })
}

/** True at the first bytes of its banner; a listening port alone may be a socket whose server has not come yet. */
function sshdAnswers(address: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 2000 })
    const end = (answer: true | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', (data) => end(data.toString().startsWith('SSH-') ? true : undefined))
    socket
      .on('error', () => end(undefined))
      .on('timeout', () => end(undefined))
      .on('close', () => end(undefined))
  })
}

/** etcd says it is healthy when it has a leader and a read through the quorum worked. */
async function etcdIsHealthy(address: string): Promise<true | undefined> {
  try {
    const response = await fetch(`http://${address}:2379/health`, { signal: AbortSignal.timeout(3000) })
    return response.ok && (await response.text()).includes('"true"') ? true : undefined
  } catch {
    return undefined
  }
}
