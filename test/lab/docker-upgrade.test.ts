import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import type { RecordedEvent } from '../../src/model/event.ts'
import { giveDockerRepository } from './support/docker-repository.ts'
import { parseRecords } from './support/journal-of.ts'
import { onHost } from './support/node-stand-in.ts'
import { cliFor } from './support/run-cli.ts'

// Debian's dockerd 20.10.5, 20.10.24 and 26.1.5 on one host, with containers of each restart policy; nodes of Kubernetes: kubernetes-node.test.ts.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const on = (script: string): Promise<string> => onHost(settings, 'd1', script)

const OLD = '20.10.5'
let versions: readonly [older: string, newest: string, client: string] = ['', '', '']
const wanted = (version: string): readonly string[] => [
  ...[
    '--set',
    `version=${version}`,
    '--set',
    'allow_standalone=true',
    '--set',
    'min_free_gib=0',
    '--set',
    'stop_timeout=2s',
  ],
]
const server = (): Promise<string> => on("docker version --format '{{.Server.Version}}' | sed 's/[^0-9.].*//'")
const containers = (): Promise<string> =>
  on("docker ps -a --format '{{.Names}} {{.Status}}' | awk '{ print $1, $2 }' | sort | tr '\\n' ';'")
const oldShims = (): Promise<string> =>
  on(`age() { ps -o etimes= -p "$1"; }
daemon=$(age "$(pgrep -x dockerd)"); for pid in $(pgrep containerd-shim); do [ "$(age "$pid")" -le "$daemon" ] || echo "$pid"; done`)
const plan = async (...args: readonly string[]): Promise<{ code: number; said: string }> => {
  const { code, stdout, stderr } = await cli.run('plan', 'docker-upgrade', ...args)
  return { code, said: stdout + stderr }
}
const apply = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await cli.run('apply', 'docker-upgrade', '--yes', ...args)
  expect(code, stdout + stderr).toBe(0)
  return stdout
}

let undisturbed: readonly RecordedEvent[] = []
const RUNNING = 'always Up;no Up;off Exited;unless-stopped Up;'

beforeAll(async () => {
  await upLab('docker', settings)
  versions = await giveDockerRepository(settings, 'd1')
  await on(`for deb in /srv/repository/etcd-*.deb; do dpkg-deb -x $deb /srv/etcd; done; cp /srv/etcd/usr/bin/etcdctl /usr/local/bin/
mkdir -p /srv/image/bin; cp /bin/busybox /srv/image/bin/sleep; cp /srv/etcd/usr/bin/etcd /srv/image/bin/etcd
for lib in $(ldd /bin/busybox /srv/image/bin/etcd | grep -o '/lib[^ ]*' | sort -u); do mkdir -p /srv/image\${lib%/*}; cp $lib /srv/image$lib; done
tar -C /srv/image -c . | docker import - lab:1 >/dev/null
for policy in no always unless-stopped; do docker run -d --init --name $policy --restart=$policy lab:1 /bin/sleep 100000 >/dev/null; done
docker run --name off lab:1 /bin/sleep 0`)
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

test('refused in the plan: no version, one that no repository has, held, pinned, other containers, containerd instead of docker', async () => {
  const [older] = versions
  expect(await plan()).toMatchObject({ code: 3, said: expect.stringContaining('no version is given') })
  expect(await plan(...wanted('19.03.15'))).toMatchObject({
    code: 3,
    said: expect.stringContaining('no repository of this host has docker.io 19.03.15'),
  })
  expect(await plan('--set', `version=${older}`, '--set', 'min_free_gib=0')).toMatchObject({
    code: 3,
    said: expect.stringMatching(/always.* run here, and are not of Kubernetes/),
  })
  await on('apt-mark hold docker.io')
  expect(await plan(...wanted(older))).toMatchObject({
    code: 3,
    said: expect.stringMatching(/docker.io is held at 20\.10\.5/),
  })
  await on(
    `apt-mark unhold docker.io; printf 'Package: docker.io\\nPin: version 20.10.5*\\nPin-Priority: 1001\\n' >/etc/apt/preferences.d/pin`,
  )
  expect(await plan(...wanted(older))).toMatchObject({
    code: 3,
    said: expect.stringMatching(/docker.io is pinned to 20\.10\.5/),
  })
  await on('rm /etc/apt/preferences.d/pin')
  // A kubelet by its name and flags: what it runs containers by is read from these.
  await on(`cp /bin/bash /srv/kubelet; printf 'while :; do sleep 1; done\\n' >/srv/loop
systemd-run -q --unit=kubelet-like /srv/kubelet /srv/loop --container-runtime-endpoint=unix:///run/containerd/containerd.sock`)
  expect(await plan(...wanted(older))).toMatchObject({
    code: 3,
    said: expect.stringContaining('containers run by containerd here, not by docker'),
  })
  await on('systemctl stop kubelet-like')
  expect(await server()).toBe(OLD)
})

test('the daemon that runs is the new one, containers are back, nothing of the old one is left, and the way back is exact', async () => {
  const [older] = versions
  const packages =
    "dpkg-query -W -f '${Package} ${Version} ${db:Status-Want}\\n' docker.io containerd runc tini; apt-mark showauto docker.io containerd runc tini"
  const before = await on(packages)
  expect(await containers()).toBe(RUNNING)
  const planned = await plan(...wanted(older))
  expect(planned.said).toContain('stop 3 containers: always, no, unless-stopped')
  expect(planned.code).toBe(0)
  expect([await server(), await containers(), await on(packages)]).toEqual([OLD, RUNNING, before])

  await apply(...wanted(older))
  expect([await server(), await containers(), await oldShims()]).toEqual(['20.10.24', RUNNING, ''])
  const { run, records } = parseRecords(cli.stateDir)
  undisturbed = records
  expect(await apply(...wanted(older))).toContain('Nothing to do')

  const runs = await cli.run('rollback', run, '--yes')
  expect(runs.code, runs.stdout + runs.stderr).toBe(0)
  expect([await server(), await containers(), await oldShims()]).toEqual([OLD, RUNNING, ''])
  expect(await on(packages)).toBe(before)
})

/** How many records an undisturbed run has when this step is finished. */
function recordsAt(records: readonly RecordedEvent[], step: RegExp): number {
  const at = records.findIndex((event) => event.type === 'step-finished' && step.test(event.step))
  expect(at, `${step}`).toBeGreaterThan(0)
  return at + 1
}

test('killed with the containers stopped, with the package new, with docker started: it goes on to the same end', async () => {
  const [older] = versions
  const up = [...wanted(older)]
  const down = [...wanted((await on('apt-cache madison docker.io')).match(/20\.10\.5\S*/)?.[0] ?? '')]
  for (const [step, args, version] of [
    [/^stop$/, up, '20.10.24'],
    [/^package$/, [...down, '--set', 'allow_version_downgrade=true'], OLD],
    [/-start-docker$/, up, '20.10.24'],
  ] as const) {
    const ended = await cli.runUntil(recordsAt(undisturbed, step), 'apply', 'docker-upgrade', '--yes', ...args)
    const { run } = parseRecords(cli.stateDir)
    const resumed = await cli.run('resume', run, '--yes')
    expect(ended).toBe('killed')
    expect(resumed.code, `${step}\n${resumed.stdout}${resumed.stderr}`).toBe(0)
    expect([step, await server(), await containers(), await oldShims()]).toEqual([step, version, RUNNING, ''])
  }
  const back = await cli.run('rollback', parseRecords(cli.stateDir).run, '--yes')
  expect(back.code, back.stdout + back.stderr).toBe(0)
  expect([await server(), await containers(), await oldShims()]).toEqual([OLD, RUNNING, ''])
})

test('a package that was upgraded without its daemon is found by diagnose, and mended by the same version', async () => {
  const [older] = versions
  await on(`DEBIAN_FRONTEND=noninteractive apt-get -qq -y install docker.io=${older} >/dev/null 2>&1`)
  expect(await server(), 'the package does not restart it').toBe(OLD)
  const { stdout } = await cli.run('diagnose', 'docker-upgrade', '--json')
  const [{ causes }] = JSON.parse(stdout).diagnoses
  expect(causes.map(({ name }: { name: string }) => name)).toEqual(['daemon is not the one that is installed'])
  await apply(...wanted(older))
  expect([await server(), await containers(), await oldShims()]).toEqual(['20.10.24', RUNNING, ''])
})

test('a docker that hangs is told within the deadline, by the plan and by diagnose', async () => {
  const [older] = versions
  await on('kill -STOP $(pgrep -x dockerd)')
  const hanging = [...wanted(older), '--set', 'deadline=2s']
  expect(await plan(...hanging)).toMatchObject({
    code: 3,
    said: expect.stringMatching(/docker does not answer within 2s: what runs cannot be told[\s\S]*kill -USR1/),
  })
  const { stdout } = await cli.run('diagnose', 'docker-upgrade', '--json', ...hanging)
  const [{ causes }] = JSON.parse(stdout).diagnoses
  expect(causes.map(({ name }: { name: string }) => name)).toEqual(['docker hangs'])
  await on('kill -CONT $(pgrep -x dockerd); timeout 60 docker version >/dev/null')
})

/** One member in a container, two more as processes that are not called etcd: they are other hosts' as far as this one knows. */
const own = '10.77.0.44'
const member = (name: string, data: string, port: number): string =>
  `--name ${name} --data-dir ${data} --listen-client-urls http://${own}:${port} --advertise-client-urls http://${own}:${port} --listen-peer-urls http://${own}:${port + 1} --initial-advertise-peer-urls http://${own}:${port + 1} --initial-cluster m1=http://${own}:12380,m2=http://${own}:22380,m3=http://${own}:32380`
const elsewhere = (name: string, port: number): string =>
  `systemd-run -q --unit=${name} /srv/elsewhere ${member(name, `/srv/${name}`, port)}`
const healthy = `for i in $(seq 120); do [ "$(etcdctl --endpoints http://${own}:12379 endpoint health --cluster 2>&1 | grep -c 'is healthy')" = 3 ] && exit 0; sleep 0.5; done; exit 1`

test('a member of etcd in a container is stopped only where the others are a quorum, and comes back also when a shim is left', async () => {
  const [, newest, client] = versions
  const upgrade = [...wanted(newest), '--set', 'cli_package=docker-cli', '--set', `cli_version=${client}`]
  const before = await server()
  await on(`cp /srv/etcd/usr/bin/etcd /srv/elsewhere
${elsewhere('m2', 22379)}; ${elsewhere('m3', 32379)}
docker run -d --name etcd --net host -v /srv/m1:/data lab:1 /bin/etcd ${member('m1', '/data', 12379)} >/dev/null`)
  await on(healthy)

  await on('systemctl stop m3')
  expect(await plan(...upgrade)).toMatchObject({
    code: 3,
    said: expect.stringMatching(/no member of etcd may be stopped now: m3 is unhealthy/),
  })
  await on(`${elsewhere('m3', 32379)}\n${healthy}`)

  // A container that is containerd's own, which docker knows nothing of: its shim stays when both are stopped.
  await on('ctr run -d --rootfs /srv/image left /bin/sleep 100000')
  const failed = await cli.run('apply', 'docker-upgrade', '--yes', ...upgrade)
  expect(failed).toMatchObject({
    code: 6,
    stderr: expect.stringMatching(/of the old daemon there are left: \[.*shim.*-id left/),
  })
  expect([await server(), await containers()]).toEqual([
    before,
    `always Up;etcd Up;${RUNNING.slice('always Up;'.length)}`,
  ])
  await on(
    `ctr task kill -s SIGKILL left; for i in $(seq 300); do ctr task rm left && break; sleep 0.2; done\n${healthy}`,
  )

  await apply(...upgrade)
  expect([await server(), await containers(), await oldShims()]).toEqual([
    '26.1.5',
    `always Up;etcd Up;${RUNNING.slice('always Up;'.length)}`,
    '',
  ])
  await on(healthy)
})
