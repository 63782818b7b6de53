import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const HOSTS = 10_000
export const GROUPS = 200

/** Writes an inventory of 10,000 hosts in 200 groups below 10 regions, with group_vars for each; gives its file. */
export function writeInventory(folder: string): string {
  const beside = join(folder, 'group_vars')
  mkdirSync(beside)
  const regions = Array.from({ length: 10 }, (_, region) => regionText(region))
  writeFileSync(join(folder, 'hosts.yaml'), `all:\n  vars:\n    ansible_user: root\n  children:\n${regions.join('')}`)
  for (let group = 0; group < GROUPS; group += 1)
    writeFileSync(join(beside, `${groupName(group)}.yaml`), varsText(group))
  writeFileSync(join(beside, 'all.yaml'), 'ntp: [10.0.0.1, 10.0.0.2]\ndomain: example.com\n')
  return join(folder, 'hosts.yaml')
}

const groupName = (group: number): string => `group-${String(group).padStart(3, '0')}`

function regionText(region: number): string {
  const groups = Array.from({ length: GROUPS / 10 }, (_, index) => groupText(region * (GROUPS / 10) + index))
  return `    region-${region}:\n      vars:\n        region: ${region}\n      children:\n${groups.join('')}`
}

function groupText(group: number): string {
  const hosts = Array.from({ length: HOSTS / GROUPS }, (_, index) => {
    const host = group * (HOSTS / GROUPS) + index
    const address = `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`
    return `            h${host}.example.com:\n              ansible_host: ${address}\n              rack: r${host % 40}\n`
  })
  return `        ${groupName(group)}:\n          hosts:\n${hosts.join('')}`
}

const varsText = (group: number): string => `---
# what the machines of ${groupName(group)} share
heartbeat_ms: ${100 + group}
election_ms: ${1000 + group * 10}
data_dir: /var/lib/group-${group}
enabled: yes
limits:
  nofile: 65536
  memory: "${group} GiB"
peers:
${Array.from({ length: 5 }, (_, peer) => `  - name: peer-${peer}\n    port: ${2380 + peer}\n`).join('')}`
