import { renderCommand } from '../../src/model/command.ts'
import { ProblemError, succeed } from '../../src/model/problem.ts'
import type { Connection, Runner, Transport } from '../../src/model/transport.ts'
import { look, step, type World } from './world.ts'

// A host e1 that is a guest of hv, which can switch it off: its key `power`.

/** Of a step of e1 that works on hv. */
export const onHv = { on: { source: 'hv', names: [], at: step('x', look, {}).at, bind: () => succeed('hv') } }

const isDown = () => new ProblemError({ kind: 'unreachable', message: 'connect EHOSTUNREACH' })

/** e1 answers while hv says that it is on; hosts in `dead` never do. */
export function powered(world: World, transport: Transport, dead: readonly string[] = []): Transport {
  return {
    open: async (endpoint) => {
      const { host } = endpoint
      if (dead.includes(host) || (host === 'e1' && world.hosts.get('hv')?.get('power') === 'off')) throw isDown()
      return lockable(await transport.open(endpoint), world)
    },
  }
}

/** Whenever hv sets `boot`, e1 boots: what is asked of a connection from before is lost, and may not have come. */
export function powerCycled(world: World, transport: Transport): Transport {
  const cycles = () => world.log.filter((line) => line.startsWith('hv set boot ')).length
  return {
    open: async (endpoint) => {
      const connection = await transport.open(endpoint)
      const since = cycles()
      const unlessLost = (runner: Runner): Runner => ({
        run: (command, options) =>
          endpoint.host === 'e1' && cycles() > since ? Promise.reject(isLost()) : runner.run(command, options),
      })
      return {
        ...connection,
        probe: (privilege) => unlessLost(connection.probe(privilege)),
        session: (privilege) => unlessLost(connection.session(privilege)),
      }
    },
  }
}

const isLost = () => new ProblemError({ kind: 'connection-lost', message: 'the connection was reset' })

const HELD = { code: 0, stdout: Buffer.from('held 1 /host.lock\n'), stderr: Buffer.alloc(0), truncated: false }

/** Its lock can be taken, which the world's log tells. */
const lockable = (connection: Connection, { log }: World): Connection => ({
  ...connection,
  probe: (privilege) => ({
    run: (command, options) => {
      if (!renderCommand(command).includes('host.lock')) return connection.probe(privilege).run(command, options)
      log.push(`${connection.host} lock`)
      return Promise.resolve(HELD)
    },
  }),
})
