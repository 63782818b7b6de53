import { existsSync, readFileSync } from 'node:fs'
import { hierarchies } from './cgroup.ts'
import { imageFile, imageNames } from './images.ts'
import { type InotifyUse, inotifyProblem, inotifyUse } from './inotify.ts'
import { installLine, missingPackages, type Requirement, requirements } from './requirements.ts'
import { runTool } from './run-tool.ts'
import type { LabSettings } from './settings.ts'
import { toolPath } from './tool-path.ts'

export interface Diagnosis {
  readonly lines: readonly string[]
  /** Whether `lab up` can work here. */
  readonly able: boolean
}

/** What this machine can do for the lab, with the reason for each no; changes nothing on it. */
export async function diagnose(settings: LabSettings): Promise<Diagnosis> {
  const needed = [...requirements(), ...(await triedRequirements())]
  const able = needed.every(({ problem }) => problem === undefined)
  const lines = [
    'needed:',
    ...needed.map(renderRequirement),
    'good to know:',
    ...(await facts(settings)).map((line) => `  ${line}`),
    ...installLine(missingPackages(toolPath(process.env.PATH))),
    able ? 'The lab can run here.' : 'The lab cannot run here yet.',
  ]
  return { lines, able }
}

/** One line: ok, or NO with the reason. */
export function renderRequirement({ name, problem }: Requirement): string {
  return problem === undefined ? `  ok  ${name}` : `  NO  ${name}: ${problem}`
}

/** What is known only by trying, each in throwaway namespaces. */
async function triedRequirements(): Promise<readonly Requirement[]> {
  if (process.geteuid?.() !== 0) return []
  return [
    await tried('namespaces', 'true'),
    await tried('bridge in a network namespace', 'ip link add lab0 type bridge'),
    await tried('veth in a network namespace', 'ip link add lab1 type veth peer name lab2'),
    await tried('mounts in a mount namespace', 'mount -t tmpfs none /tmp'),
  ]
}

async function tried(name: string, script: string): Promise<Requirement> {
  const { code, stderr } = await runTool([
    'unshare',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--mount-proc',
    'sh',
    '-c',
    script,
  ])
  return code === 0 ? { name } : { name, problem: stderr.trim() }
}

async function facts(settings: LabSettings): Promise<readonly string[]> {
  const images = imageNames().map(
    (name) => `${name} ${existsSync(imageFile(settings.cacheDir, name)) ? 'built' : 'not built yet'}`,
  )
  return [
    `cgroups: ${cgroupKind()}`,
    inotifyFact(inotifyUse()),
    `netem (delay, jitter in the kernel): ${await hasNetem()}`,
    `KVM: ${existsSync('/dev/kvm') ? '/dev/kvm is there' : 'no /dev/kvm: guests would be emulated'}`,
    `device mapper: ${/\bdevice-mapper\b/.test(readFileSync('/proc/devices', 'utf8')) ? 'yes' : 'no: not in this kernel'}`,
    `images in ${settings.cacheDir}: ${images.join(', ')}`,
  ]
}

function inotifyFact(use: InotifyUse): string {
  const problem = inotifyProblem(use, 3)
  return problem ?? `inotify instances: ${use.used} of ${use.limit} in use, enough for three hosts more`
}

function cgroupKind(): string {
  const versions = hierarchies().map((hierarchy) => hierarchy.version)
  if (!versions.includes(1)) return 'v2 only (the lab was tried mostly with v1 beside it)'
  return versions.includes(2) ? 'v1 with v2 beside it' : 'v1 only'
}

async function hasNetem(): Promise<string> {
  if (process.geteuid?.() !== 0) return 'not tried, needs root'
  const { code, stderr } = await runTool([
    'unshare',
    '--net',
    'tc',
    'qdisc',
    'add',
    'dev',
    'lo',
    'root',
    'netem',
    'delay',
    '1ms',
  ])
  return code === 0 ? 'yes' : `no: ${stderr.trim().split('\n').at(-1)}`
}
