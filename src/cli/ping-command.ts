import { selectHosts } from '../load/select-hosts.ts'
import { sh } from '../model/command.ts'
import { escapeLine } from '../model/escape.ts'
import { type Problem, problemsOf, unwrap } from '../model/problem.ts'
import type { Endpoint, Transport } from '../model/transport.ts'
import { columns } from '../report/layout.ts'
import { createTransport } from '../transport/transport.ts'
import type { CommandOf } from './command.ts'
import { eachLimited } from './each-limited.ts'
import { endpointsOf, openAccess } from './endpoints.ts'
import { type ExitCode, exitCodeOfProblems } from './exit-code.ts'
import { openInventory } from './open-files.ts'
import { withPassphrases } from './passphrases.ts'
import { tellProblems } from './tell-problems.ts'
import type { World } from './world.ts'

/** What one host answered. */
interface Pong {
  readonly host: string
  readonly address: string
  readonly user: string
  readonly root: 'yes' | 'no'
  readonly roundTripMs: number
  readonly why?: string // no root: what the tool said
}

/** `runbook ping [PATTERN]`: connects to each host, and says as whom, whether root can be had, and how far away it is. */
export async function pingCommand(command: CommandOf<'ping'>, world: World): Promise<ExitCode> {
  const { targets, reach, output, pattern } = command
  const inventory = openInventory(targets.inventories, { world, output })
  const hosts = unwrap(selectHosts(inventory, pattern, targets.limit))
  const access = await openAccess(reach, world)
  const endpoints = await withPassphrases(endpointsOf(inventory, hosts, access), world)
  const transport = createTransport({ randomBytes: world.randomBytes })
  const problems: Problem[] = []
  const pongs = await eachLimited(endpoints, reach.forks, async (endpoint) => {
    try {
      return [await ping(endpoint, transport, world)]
    } catch (error) {
      problems.push(...problemsOf(error, { host: endpoint.host }))
      return []
    }
  })
  tell(pongs.flat(), command, world)
  const [first, ...others] = problems
  if (!first) return 0
  tellProblems(problems, { world, output })
  return exitCodeOfProblems([first, ...others])
}

async function ping(endpoint: Endpoint, transport: Transport, { monotonicMs }: World): Promise<Pong> {
  const connection = await transport.open(endpoint)
  try {
    const login = connection.probe('login')
    const who = await login.run(sh`id -un`)
    const begun = monotonicMs()
    await login.run(sh`:`)
    const roundTripMs = Math.round((monotonicMs() - begun) * 10) / 10
    const root = await connection
      .probe('root')
      .run(sh`id -u`)
      .then(
        (reply): Pick<Pong, 'root' | 'why'> =>
          reply.stdout.toString().trim() === '0' ? { root: 'yes' } : { root: 'no', why: 'it gave another user' },
        (error: unknown): Pick<Pong, 'root' | 'why'> => ({ root: 'no', why: problemsOf(error)[0].message }),
      )
    const address = endpoint.transport === 'local' ? 'local' : `${endpoint.address}:${endpoint.port}`
    return { host: endpoint.host, address, user: who.stdout.toString().trim(), roundTripMs, ...root }
  } finally {
    await connection.close()
  }
}

function tell(pongs: readonly Pong[], { output }: CommandOf<'ping'>, world: World): void {
  if (output.format === 'json') {
    world.stdout.write(`${JSON.stringify(pongs, undefined, 2)}\n`)
    return
  }
  const rows = pongs.map(({ host, address, user, root, roundTripMs, why }) => [
    host,
    address,
    user,
    root === 'yes' ? 'root ok' : `no root: ${why ?? ''}`,
    `${roundTripMs} ms`,
  ])
  for (const line of columns(rows.map((row) => row.map(escapeLine)))) world.stdout.write(`${line}\n`)
}
