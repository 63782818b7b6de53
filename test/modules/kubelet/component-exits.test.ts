import { expect, test } from 'vitest'
import { componentExits } from '../../../src/modules/kubelet/component-exits.ts'

const frame = (name: string, text: string) => ({ name, text })
const at = (s: number): string => new Date(s * 1000).toISOString()

test('an end within the grace after a failed probe is counted as that, with what the probe found', () => {
  const decision = componentExits.plan({ name: 'kube-apiserver' }, [
    frame(
      'docker',
      `docker 137 no ${at(1000)} ${at(2000)}\u0001shutting down\n\u0002docker 137 no ${at(2000)} ${at(3000)}\u0001\u0002`,
    ),
    frame('seen', ' docker'),
    frame(
      'probes',
      `${at(2980)} ${at(2980)} Liveness probe failed: HTTP probe failed with statuscode: 500\n${at(2981)} ${at(2981)} Container kube-apiserver failed liveness probe, will be restarted\n`,
    ),
    frame('now', '3100'),
  ])
  expect(decision).toMatchObject({
    kind: 'noop',
    output: {
      classes: { killed: 1, 'probe-failed': 1 },
      last: { class: 'probe-failed', line: 'Liveness probe failed: HTTP probe failed with statuscode: 500' },
    },
  })
})
