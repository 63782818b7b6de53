import { execLab } from '../../lab/lab.ts'
import type { LabSettings } from '../../lab/settings.ts'

/** How packets between the program and a host are lost: swallowed, swallowed on the way back only, or answered by a reset. */
export type Cut = 'drop' | 'drop-answers' | 'reset'

/** Cuts every connection to the sshd of an address, and whatever is tried anew, until `healNetwork`. */
async function cutNetwork(settings: LabSettings, address: string, cut: Cut): Promise<void> {
  const out = `chain out { type filter hook output priority 0; ip daddr ${address} tcp dport 22 ${cut === 'reset' ? 'reject with tcp reset' : 'drop'}
}`
  const back = `chain back { type filter hook input priority 0; ip saddr ${address} tcp sport 22 drop
}`
  const chains = { drop: `${out}\n${back}`, 'drop-answers': back, reset: out }
  await nft(settings, `table ip ${tableOf(address)} {\n${chains[cut]}\n}`)
}

/** Cuts the way to the rig's host while the work is done. */
export async function cutFor(
  { settings, address }: { readonly settings: LabSettings; readonly address: string },
  cut: Cut,
  work: () => Promise<unknown>,
): Promise<void> {
  await cutNetwork(settings, address, cut)
  try {
    await work()
  } finally {
    await healNetwork(settings, address)
  }
}

/** Packets flow again; fine where nothing is cut. */
async function healNetwork(settings: LabSettings, address: string): Promise<void> {
  await nft(settings, `table ip ${tableOf(address)}; delete table ip ${tableOf(address)}`)
}

const tableOf = (address: string): string => `cut_${address.replaceAll('.', '_')}`

async function nft(settings: LabSettings, text: string): Promise<void> {
  const { code, stderr } = await execLab(['nft', text], settings)
  if (code !== 0) throw new Error(`nft: ${stderr}`)
}
