/**
 * Runs inside the lab's network: `node probe.ts DEADLINE_MS sshd:ADDRESS etcd:ADDRESS ...` ends with 0 when every one
 * of them answers, else with 1 and a line for each that does not. Not meant to be called by people.
 */
import { connect } from 'node:net'
import { until } from './until.ts'

const [deadline, ...conditions] = process.argv.slice(2)
const results = await Promise.allSettled(conditions.map((condition) => answers(condition, Number(deadline))))
for (const result of results) if (result.status === 'rejected') console.error(String(result.reason.message))
process.exitCode = results.some((result) => result.status === 'rejected') ? 1 : 0

async function answers(condition: string, deadlineMs: number): Promise<void> {
  const [kind, address = ''] = condition.split(':')
  const ask = kind === 'etcd' ? etcdIsHealthy : sshdAnswers
  const what = kind === 'etcd' ? `etcd on ${address} to be healthy` : `sshd on ${address} to answer`
  await until(() => ask(address), { what, deadlineMs, everyMs: 30 })
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
