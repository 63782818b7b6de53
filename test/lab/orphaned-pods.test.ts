import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { onHost, standInForNode } from './support/node-stand-in.ts'
import { cliFor } from './support/run-cli.ts'

// 200 folders below the pods root of a real host: mounts, processes and files are real; who answers for Kubernetes is in
// support/node-stand-in.ts.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const cli = cliFor(settings)
const on = (script: string): Promise<string> => onHost(settings, 'h1', script)
const quick = ['--set', 'quiet=6s', '--set', 'settle=2s', '--set', 'kubeconfig=/srv/k8s/pods']
const many = [...quick, '--set', 'max_pods=100']

/** uid of the nth pod of a kind. */
const uid = (kind: number, n: number): string => `${kind}0000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const hash = (n: number): string => String(n).padStart(32, 'f')
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n + 1)

/** Kinds by number, with what makes each one. */
const KINDS = {
  1: { count: 60, what: 'live', make: '' },
  2: { count: 60, what: 'orphan', make: 'mkdir -p "$pod/volumes/kubernetes.io~nfs/data"' },
  3: { count: 10, what: 'vol_data.json only, volume gone', make: 'csi gone' },
  4: { count: 6, what: 'vol_data.json, volume attached', make: 'csi attached' },
  5: { count: 6, what: 'vol_data.json, volume staged', make: 'csi staged' },
  6: {
    count: 12,
    what: 'a file in a volume',
    make: 'echo precious >"$pod/volumes/kubernetes.io~empty-dir/cache/it\'s precious"',
  },
  7: {
    count: 8,
    what: 'a bind mount',
    make: 'mkdir -p "$pod/volume-subpaths/v/c/0"; mount --bind /srv/precious "$pod/volume-subpaths/v/c/0"',
  },
  8: {
    count: 8,
    what: 'a tmpfs',
    make: 'mkdir -p "$pod/volumes/kubernetes.io~secret/token"; mount -t tmpfs none "$pod/volumes/kubernetes.io~secret/token"; echo secret >"$pod/volumes/kubernetes.io~secret/token/token"',
  },
  9: { count: 10, what: 'in a sandbox only', make: '' },
} as const

const makeAll = `
root=/var/lib/kubelet/pods; mkdir -p /srv/precious; echo precious >/srv/precious/file
csi() {
  mkdir -p "$pod/volumes/kubernetes.io~csi/pv-$1"
  printf '{"attachmentID":"csi-%s","driverName":"disk.csi","nodeName":"h1","specVolID":"pv-%s","volumeHandle":"disk-%s","volumeLifecycleMode":"Persistent"}' $1 $1 $1 >"$pod/volumes/kubernetes.io~csi/pv-$1/vol_data.json"
}
mkdir -p /var/lib/kubelet/plugins/kubernetes.io/csi/pv/pv-staged/globalmount
echo csi-attached >/srv/k8s/attachments
base() {
  pod=$root/$1
  mkdir -p "$pod/volumes/kubernetes.io~empty-dir/cache" "$pod/plugins/kubernetes.io~empty-dir/cache" "$pod/containers/app"
  : >"$pod/plugins/kubernetes.io~empty-dir/cache/ready"; echo 127.0.0.1 localhost >"$pod/etc-hosts"; : >"$pod/containers/app/0a1b2c3d"
}
${Object.entries(KINDS)
  .map(
    ([kind, { count, make }]) =>
      `for n in ${range(count).join(' ')}; do base "$(printf '${kind}0000000-0000-4000-8000-%012d' $n)"; ${make || ':'}; done`,
  )
  .join('\n')}
for name in ${range(18).map(hash).join(' ')}; do base $name; done
base ${uid(2, 61)}; sleep infinity >"$root/${uid(2, 61)}/containers/app/log" 2>&1 & echo $! >/srv/pids
cd "$root/${uid(2, 61)}/volumes"; sleep 100000 >/dev/null 2>&1 & echo $! >>/srv/pids; cd /
ln -s /srv/precious "$root/${uid(2, 62)}"
find $root -xdev ! -path "*/${uid(2, 60)}*" -exec touch -h -d '3 hours ago' {} +
`
/** 197 of these, one in use, one that is a link, and one that was changed just now. */
const sandboxes = range(KINDS[9].count).map((n) => uid(9, n))
const known = [
  ...range(KINDS[1].count).flatMap((n) => [uid(1, n), '']),
  ...range(18).flatMap((n) => [`mirror-${n}`, hash(n)]),
]
const orphans = [
  ...range(KINDS[2].count - 1).map((n) => uid(2, n)),
  ...range(KINDS[3].count).map((n) => uid(3, n)),
].sort()

const look = (): Promise<string> =>
  on(`cd /var/lib/kubelet; find . -printf '%p %y %m %u %s %i\\n' | sort; find . ! -type d -printf '%p %T@\\n' | sort; find . -type f -exec sha256sum {} + | sort
grep /var/lib/kubelet/ /proc/self/mountinfo | sort`)

/** Waits until the last complaint of kubelet counts as many. */
const counted = (count: string): Promise<string> =>
  on(`until journalctl -q -u kubelet -o cat -n 1 | grep -q 'numErrs=${count}$'; do sleep 0.2; done`)

beforeAll(async () => {
  await upLab('one', settings)
  await standInForNode(settings, 'h1')
  await on(makeAll)
  await on(
    `printf '%s\\n' ${known.map((name) => `'${name}'`).join(' ')} >/srv/k8s/pods; printf '%s\\n' ${sandboxes.join(' ')} >/srv/k8s/boxes; systemctl start kubelet`,
  )
  await counted('[0-9]*')
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

test('the symptom is there, and diagnose tells what may be moved from what holds something', async () => {
  expect(Number(await on('ls -A /var/lib/kubelet/pods | wc -l'))).toBeGreaterThanOrEqual(200)
  const { code, stdout, stderr } = await cli.run('diagnose', 'kubelet-orphaned-pods', '--json', ...quick)
  expect(code, stderr).toBe(0)
  const [{ causes }] = JSON.parse(stdout).diagnoses
  expect(causes.map(({ name }: { name: string }) => name)).toEqual([
    'folders of pods that nobody knows',
    'orphans with a mount or data',
  ])
  expect(causes[0].remedies[0].runbook).toBe('kubelet-orphaned-pods')
})

test('refused in the plan: more than max_pods, an API server that is silent', async () => {
  const tooMany = await cli.run('plan', 'kubelet-orphaned-pods', ...quick)
  expect(tooMany.stdout + tooMany.stderr).toMatch(/69 orphans are more than max_pods \(20\)/)
  expect(tooMany.code).toBe(3)
  await on('touch /srv/k8s/down')
  const silent = await cli.run('plan', 'kubelet-orphaned-pods', ...many)
  expect(silent.stdout + silent.stderr).toMatch(/the API server does not tell the pods of node h1[\s\S]*was refused/)
  await on('rm /srv/k8s/down')
})

test('exactly the orphans go, nothing else is touched, kubelet is quiet about them, and the way back is exact', async () => {
  const before = await look()
  const plan = await cli.run('plan', 'kubelet-orphaned-pods', ...many)
  expect(plan.code, plan.stdout + plan.stderr).toBe(0)
  expect(await look(), 'a plan changes nothing').toBe(before)
  expect(plan.stdout).toContain('move 69 orphaned pods')

  const applied = await cli.run('apply', 'kubelet-orphaned-pods', '--yes', ...many)
  expect(applied.code, applied.stdout + applied.stderr).toBe(0)
  expect((await on('ls /var/lib/kubelet/.runbook-quarantine')).split('\n')).toEqual(orphans)
  const after = await look()
  const isMoved = (line: string): boolean =>
    orphans.some((one) => line.includes(one)) || line.includes('.runbook-quarantine')
  const others = (text: string): readonly string[] =>
    text.split('\n').filter((line) => !isMoved(line) && !/^\.(\/pods)? d /.test(line))
  expect(others(after), 'all else is as it was').toEqual(others(before))
  const seen = await on('sleep 2; journalctl -q -u kubelet -o cat --since -1s')
  expect(orphans.filter((one) => seen.includes(one))).toEqual([])

  const again = await cli.run('apply', 'kubelet-orphaned-pods', '--yes', ...many)
  expect(again.stdout, 'what stays is told').toMatch(/none of \d+ orphans may be moved/)
  expect(again.code).toBe(3)

  const back = await cli.run('rollback', 'last', '--yes')
  expect(back.code, back.stdout + back.stderr).toBe(0)
  expect(await look()).toBe(before)
})

test('where only orphans are left, the log line stops, and a second run has nothing to do', async () => {
  await on(`cd /var/lib/kubelet/pods; kill $(cat /srv/pids)
umount */volume-subpaths/v/c/0 */volumes/kubernetes.io~secret/token
rm -rf ${[4, 5, 6, 7, 8].map((kind) => `${kind}0000000-*`).join(' ')} ${uid(2, 60)} ${uid(2, 61)} ${uid(2, 62)}`)
  await counted(String(orphans.length))
  const applied = await cli.run('apply', 'kubelet-orphaned-pods', '--yes', ...many, '--set', 'restart_kubelet=true')
  expect(applied.code, applied.stdout + applied.stderr).toBe(0)
  expect(await on('sleep 2; journalctl -q -u kubelet -o cat --since -1s')).toBe('')
  const again = await cli.run('apply', 'kubelet-orphaned-pods', '--yes', ...many)
  expect({ code: again.code, said: again.stdout }).toMatchObject({
    code: 0,
    said: expect.stringContaining('Nothing to do'),
  })
})
