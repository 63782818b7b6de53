import process from 'node:process'
import { isInstalled, sshdMissing, startSshd } from '../transport/sshd.ts'
import { inRig, TRANSPORTS } from './rig.ts'
import { CASES, tableText } from './table.ts'

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
    const why = one.not?.[transport] ?? (isInstalled(one.needs) ? undefined : `FAILED: ${one.needs} is not installed`)
    const cell = why ?? (await inRig(transport, sshd, one.run).then(() => 'ok', failed))
    cells.set(`${one.name} ${transport}`, cell)
  }
  process.stderr.write('.')
}
await sshd.stop()
process.stderr.write('\n')
process.stdout.write(tableText((one, transport) => cells.get(`${one.name} ${transport}`) ?? ''))
const failures = [...cells.values()].filter((cell) => cell.startsWith('FAILED')).length
process.stdout.write(`\n${cells.size} cells, ${failures === 0 ? 'none failed' : `${failures} FAILED`}\n`)
process.exitCode = failures === 0 ? 0 : 1

function failed(error: unknown): string {
  process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 'FAILED'
}
