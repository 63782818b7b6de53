import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HostOfLab, makeRoot } from '../host.ts'
import { LabError } from '../lab-error.ts'
import { INSIDE } from '../paths.ts'
import { mustRun, runTool } from '../run-tool.ts'
import { sshArgv } from '../ssh.ts'
import { topologyOf } from '../state.ts'
import { insideArgv } from '../supervisor.ts'
import { GUEST_IMAGES, rootUuid } from './domain.ts'

const MAKE_DISK = readFileSync(join(import.meta.dirname, 'make-disk'), 'utf8')

/** Puts a new disk for each guest of the topology into its hypervisor's root, which is off; nothing on other hosts. */
export async function makeDisks(hypervisor: HostOfLab): Promise<void> {
  const { state, host } = hypervisor
  const { hosts, guests = [] } = topologyOf(state)
  for (const guest of host === hosts[0] ? guests : []) {
    const made: HostOfLab = { ...hypervisor, host: guest }
    await makeRoot(made)
    const images = `${INSIDE.root(host.name)}${GUEST_IMAGES}`
    const words = [INSIDE.root(guest.name), rootUuid(guest), guest.address, images, guest.name]
    await mustRun(insideArgv(state.init, ['sh', '-ec', MAKE_DISK, 'make-disk', ...words]), `${guest.name}: its disk`)
    await runTool(insideArgv(state.init, ['umount', '--recursive', '--lazy', INSIDE.host(guest.name)]))
  }
}

/** Defines the guests where they are not yet, and switches them on; does not wait for their sshd. */
export async function startGuests({ settings, state, host }: HostOfLab): Promise<void> {
  for (const { name } of topologyOf(state).guests ?? []) {
    const { code, stderr } = await runTool(sshArgv(settings, state, host.name, [START(name)]))
    if (code !== 0) throw new LabError(`${name}: could not be started on ${host.name}\n${stderr.trim()}`)
  }
}

const START = (name: string): string => `set -e
n=0
until virsh -q uri >/dev/null; do n=$((n + 1)); [ $n -lt 150 ]; sleep 0.2; done
virsh -q dominfo ${name} >/dev/null 2>&1 || virsh -q define /etc/libvirt/lab/${name}.xml
virsh -q autostart ${name}
[ "$(virsh domstate ${name})" = running ] || virsh -q start ${name}`
