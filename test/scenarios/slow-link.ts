import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as waited } from 'node:timers/promises'

// node slow-link.ts HOST MS, in a lab's network: every frame to and from the host is MS late. There is no netem here: two tap devices,
// each joined by socat to a port of the loopback, stand between the host's card and the bridge, and frames pass from one to the other
// after that time. Prints `ready`; ends when its input ends, and joins the card to the bridge again.

const [host = '', late = '0'] = process.argv.slice(2)
const ends: ChildProcess[] = []
const ip = (...words: readonly string[]): void => void execFileSync('ip', words, { stdio: 'pipe' })

async function open(port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => undefined) // the other end is not there yet
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** After the port is open: socat ends at a datagram that is refused. */
async function openTap(name: string, port: number): Promise<void> {
  const words = [
    `TUN,tun-name=${name},tun-type=tap,iff-no-pi,iff-up`,
    `UDP4:127.0.0.1:${port},bind=127.0.0.1:${port + 1}`,
  ]
  ends.push(spawn('socat', ['-b', '65536', ...words], { stdio: ['ignore', 'ignore', 'inherit'] }))
  for (let tries = 0; !existsSync(`/proc/self/net/dev_snmp6/${name}`); tries += 1) {
    if (tries > 300) throw new Error(`no device ${name}`)
    await waited(10)
  }
}

const passTo = (socket: Socket, port: number) => (frame: Buffer) =>
  void setTimeout(() => socket.send(frame, port, '127.0.0.1'), Number(late))

const base = 20_000 + 10 * Number(host.replaceAll(/\D/g, ''))
const [near, far] = [await open(base), await open(base + 2)]
near.on('message', passTo(far, base + 3))
far.on('message', passTo(near, base + 1))
await openTap(`n-${host}`, base)
await openTap(`f-${host}`, base + 2)
ip('link', 'add', `b-${host}`, 'type', 'bridge')
ip('link', 'set', `b-${host}`, 'up')
ip('link', 'set', `n-${host}`, 'master', `b-${host}`)
ip('link', 'set', `f-${host}`, 'master', 'lab0')
ip('link', 'set', `v-${host}`, 'master', `b-${host}`)
process.stdout.write('ready\n')
process.stdin.resume()
await once(process.stdin, 'end')
try {
  ip('link', 'set', `v-${host}`, 'master', 'lab0')
} finally {
  for (const end of ends) end.kill()
  ip('link', 'del', `b-${host}`)
  process.exit()
}
