import process from 'node:process'
import { sshdMissing, startSshd } from '../transport/sshd.ts'
import { CASES } from './cases.ts'
import { inRig, TRANSPORTS } from './rig.ts'
import { tableText } from './table.ts'

// `npm run conformance`: every transport on every case, as a table. Needs root and openssh-server.

const missing = sshdMissing()
if (missing !== undefined) {
  process.stderr.write(`conformance: ${missing}\n`)
  process.exit(1)
}
const sshd = await startSshd()
const cells = new Map<string, string>()
for (const one of CASES) {
  for (const transport of TRANSPORTS) {
    const why = one.not?.[transport]
    const cell = why ?? (await inRig(transport, sshd, one.run).then(() => 'ok', failed))
    cells.set(`${one.name} ${transport}`, cell)
  }
  process.stderr.write('.')
}
await sshd.stop()
process.stderr.write('\n')
process.stdout.write(tableText((one, transport) => cells.get(`${one.name} ${transport}`) ?? ''))
const isFailed = [...cells.values()].some((cell) => cell === 'FAILED')
process.exitCode = isFailed ? 1 : 0

function failed(error: unknown): string {
  process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 'FAILED'
}
