import { spawn } from 'node:child_process'
import type { Transport } from '../model/transport.ts'
import type { OpenChannel } from './channel.ts'
import { createConnection } from './connection.ts'
import { newNonceFrom, type RandomBytes } from './nonce.ts'

/**
 * This machine as a host: the same shells, as child processes in sessions of their own. `Endpoint.user` is who we
 * are; the rest of the address is not used.
 */
export const createLocalTransport = (options: { readonly randomBytes: RandomBytes }): Transport => ({
  open: (endpoint) => {
    const line = { openChannel: openLocalChannel, lossOf: () => undefined, close: () => Promise.resolve() }
    return Promise.resolve(createConnection(endpoint, line, newNonceFrom(options.randomBytes)))
  },
})

/** A program on this machine, in a session of its own, as sshd gives it: so that all of it can be ended. */
export const openLocalChannel: OpenChannel = (command, listener) => {
  const child = spawn('/bin/sh', ['-c', command], { stdio: 'pipe', detached: true })
  child.stdout.on('data', listener.stdout)
  child.stderr.on('data', listener.stderr)
  child.stdin.on('error', () => {}) // it ended before it read all: `close` tells
  child.on('close', (code, signal) =>
    listener.ended({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }),
  )
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', () =>
      resolve({
        write: (bytes) => child.stdin.write(bytes),
        end: () => child.stdin.end(),
        close: () => {
          child.stdin.end()
          child.stdout.destroy()
          child.stderr.destroy()
          child.unref() // what it still runs is not waited for
        },
      }),
    )
  })
}
