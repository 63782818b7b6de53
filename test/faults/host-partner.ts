import assert from 'node:assert/strict'
import { crashHost, startHost } from '../../lab/lab.ts'
import { untilSaid } from '../lab/support/cli-at.ts'
import type { Rig } from './scenario.ts'
import { assertCode, endsWith, GO } from './steps.ts'

// A host whose partner holds what is undone first, as a hypervisor does for its guests.

const partnerBook = ({ host }: Rig, partner: string): string => `name: partner
summary: A change on a host, and then one on its partner
hosts: ${host}
become: true
steps:
  - id: own
    name: Its own file
    file: {path: /srv/own, content: "new\\n"}
  - id: slow
    name: Take the time
    on: ${partner}
    shell: {script: "echo run >>/srv/effects; echo now $((1 + 1)); seq 100; sleep 20; touch /srv/made", creates: /srv/made}
    undo: {command: {argv: [rm, -f, /srv/made, /srv/effects]}}
    timeout: 3m
`

const LEFT = 'ls -A /srv; cat /var/lib/runbook/host.lock/* 2>/dev/null; true' // the note of a lock is empty where nobody has it

/** The controller is killed in the partner's step, and then the host loses power: the rollback begins at the partner. */
export async function partnerHoldsTheUndo(rig: Rig): Promise<void> {
  const partner = rig.host === 'h1' ? 'h2' : 'h1'
  const started = rig.cli.start('apply', rig.write('partner.yaml', partnerBook(rig, partner)), ...GO)
  await untilSaid(started, 'now 2')
  started.signal('SIGKILL')
  await started.ended
  await crashHost(rig.host, rig.settings)
  const resumed = await rig.cli.run('resume', 'last', ...GO)
  assertCode(resumed, 4)
  assert.match(resumed.stderr, new RegExp(`made on ${partner} \\(Take the time\\).* runbook rollback`))
  const undoing = rig.cli.start('rollback', 'last', '--yes', '-v')
  await untilSaid(undoing, `${rig.host} reconnecting`)
  assert.equal(await rig.onHost('ls -A /srv', partner), '', undoing.said())
  await startHost(rig.host, rig.settings)
  await endsWith(undoing, 0)
  for (const host of [rig.host, partner]) assert.equal(await rig.onHost(LEFT, host), '', host)
}
