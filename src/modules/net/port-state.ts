import { rawText, sh } from '../../model/command.ts'
import type { Probe } from '../../model/module.ts'
import { missingTool } from '../shared/host-script.ts'

const connectSeconds = 3

/**
 * Whether a TCP port accepts connections, as seen from the host. A port of the host itself is looked up among the
 * listening sockets, so that nothing is connected to; another host's is tried. Throws ProblemError of kind missing-tool.
 */
export async function readPort(
  { host, port }: { readonly host: string; readonly port: number },
  probe: Probe,
): Promise<boolean> {
  if (host === '127.0.0.1' || host === '::1' || host === 'localhost') return isListening(port, probe)
  const reply = await probe.run(
    sh`if command -v bash >/dev/null && command -v timeout >/dev/null; then
  timeout ${connectSeconds} bash -c 'exec 3<>"/dev/tcp/$0/$1"' ${host} ${port} 2>/dev/null || exit 1
elif command -v nc >/dev/null; then nc -w ${connectSeconds} ${host} ${port} </dev/null >/dev/null 2>&1 || exit 1
else exit 127; fi`,
  )
  if (reply.code === 127) throw missingTool('bash with timeout, or nc', `reach port ${port} on ${host}`)
  return reply.code === 0
}

// Addresses in /proc/net/tcp are words in the host's byte order: any, and loopback in both orders. 0A is TCP_LISTEN.
const anyOrLoopback =
  '0{8}|0100007F|7F000001|0{32}|0{24}01000000|0{31}1|0{16}FFFF00000100007F|0{16}0000FFFF0100007F|0{20}FFFF7F000001'

async function isListening(port: number, probe: Probe): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const pattern = `^ *[0-9]+: (${anyOrLoopback}):${hex} [0-9A-F]+:[0-9A-F]+ 0A `
  const reply = await probe.run(rawText(`cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -Eq '${pattern}'`))
  if (reply.code === 127) throw missingTool('grep', `look for port ${port}`)
  return reply.code === 0
}
