import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../src/model/digest.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Change } from '../../../src/model/module.ts'
import { applyDropIn, type RecordedDropIn } from '../../../src/modules/system/drop-in.ts'
import { service } from '../../../src/modules/system/service.ts'
import { type LawHost, lawHostOver, openLocal, throughShell } from '../law-host.ts'

// Undoing restarts, on this machine with a systemd of ours: one unit, its invocations counted.

const scratch = mkdtempSync(path.join(tmpdir(), 'service-undo-'))
const shims = path.join(scratch, 'shims')
const unit = path.join(scratch, 'unit')

/** As `systemctl show` and the jobs of a unit that never fails to start. */
const SYSTEMCTL = `#!/bin/sh
read -r active count <${unit}
case $1 in
  show)
    sub=running; [ $active = active ] || sub=dead
    printf '%s\\n' LoadState=loaded ActiveState=$active SubState=$sub UnitFileState=enabled InvocationID=inv$count Type=exec Result=success ;;
  start | restart) echo active $((count + 1)) >${unit}; echo $1 >>${unit}.log ;;
  stop) echo inactive $count >${unit}; echo $1 >>${unit}.log ;;
esac
`

let host: LawHost

beforeAll(async () => {
  mkdirSync(shims)
  for (const [name, text] of [
    ['systemctl', SYSTEMCTL],
    ['sleep', '#!/bin/sh\n'],
  ] as const) {
    writeFileSync(path.join(shims, name), text)
    chmodSync(path.join(shims, name), 0o755)
  }
  const through = throughShell(['sh'], `${shims}:/usr/sbin:/usr/bin:/sbin:/bin`)
  host = lawHostOver(await openLocal(), { name: 'local', scratch, offers: [], through })
})
afterAll(async () => {
  await host.close()
  rmSync(scratch, { recursive: true, force: true })
})

const unitIs = (active: 'active' | 'inactive', invocation: number): void => {
  writeFileSync(unit, `${active} ${invocation}\n`)
  writeFileSync(`${unit}.log`, '')
}
const jobs = (): readonly string[] => readFileSync(`${unit}.log`, 'utf8').split('\n').slice(0, -1)

let run = 0
beforeEach(() => {
  run += 1
})
const folderOf = (step: string): string => path.join(scratch, `run-${run}`, step)

interface Undone {
  readonly step?: string
  readonly state?: 'restarted' | 'started'
  readonly before?: JsonObject
  readonly undoTrace?: JsonObject
}

const undo = ({ step = 'again', state = 'restarted', before = { condition: 'running' }, undoTrace }: Undone) =>
  service.revert?.(
    { unit: 'etcd', state },
    { before: { unit: 'etcd.service', ...before }, ...(undoTrace ? { undoTrace } : {}) } as unknown as Change, // what revert reads
    host.session(folderOf(step)),
  )

test('the first undoing of a restart restarts', async () => {
  unitIs('active', 7)
  await undo({})
  expect(jobs()).toEqual(['restart'])
})

test('a later one restarts where the unit still runs as it did before the first', async () => {
  unitIs('active', 7)
  await undo({ undoTrace: { invocation: 'inv7' } })
  expect(jobs()).toEqual(['restart'])
})

test('and does not where it has been started anew since', async () => {
  unitIs('active', 8)
  await undo({ undoTrace: { invocation: 'inv7' } })
  expect(jobs()).toEqual([])
})

test('but does where it has been started anew and does not run', async () => {
  unitIs('inactive', 8)
  await undo({ undoTrace: { invocation: 'inv7' } })
  expect(jobs()).toEqual(['restart'])
})

test('a unit started anew on a drop-in that was not yet restored is restarted', async () => {
  const at = path.join(scratch, `drop-in-${run}.conf`)
  const content = '[Service]\nNice=5\n'
  const [owner = '', group = ''] = (await host.run('id -un; id -gn', scratch)).stdout.toString().split('\n')
  const drop: RecordedDropIn = {
    ...{ path: at, at, makesDirectory: false, before: { type: 'absent' } },
    after: { type: 'file', sha256: sha256(content), mode: '0644', owner, group },
  }
  await applyDropIn(host.session(folderOf('again')), { ...drop, content })
  unitIs('active', 8)
  const earlier = { before: { condition: 'running', dropin: drop }, undoTrace: { invocation: 'inv7' } }
  await undo(earlier)
  expect(jobs(), 'by itself, while the drop-in was there').toEqual(['restart'])
  await undo(earlier)
  expect(jobs(), 'by the undo before').toEqual(['restart'])
})

test('a unit that undoing its start has stopped stays stopped when a later restart is undone', async () => {
  unitIs('active', 7)
  await undo({ step: 'started', state: 'started', before: { condition: 'stopped' } })
  await undo({ step: 'again' })
  expect(jobs()).toEqual(['stop'])
})

test('a unit that ran before a restart that failed, and was made again, runs after both are undone', async () => {
  unitIs('active', 9)
  await undo({ before: { condition: 'stopped' } }) // the second attempt, which found it failed
  await undo({ before: { condition: 'running' } })
  expect(jobs()).toEqual(['stop', 'restart'])
})
