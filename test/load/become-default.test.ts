import { join } from 'node:path'
import { expect, it } from 'vitest'
import { becomeDefault } from '../../src/load/become-default.ts'
import { loadInventory } from '../../src/load/inventory.ts'
import { hostName } from '../../src/model/id.ts'
import { unwrap } from '../../src/model/problem.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const becomeOf = (vars: string): unknown => {
  const folder = writeFiles({ 'hosts.ini': `[g]\nh\n[g:vars]\n${vars}\n` })
  const host = unwrap(loadInventory([join(folder, 'hosts.ini')])).hosts.get(hostName('h'))
  if (!host) throw new Error('h is not there')
  const become = becomeDefault(host)
  return become.ok ? become.value : problemText(become.problems).replaceAll(folder, '')
}

it.each([
  ['ansible_become=True', true],
  ['ansible_become=yes', true],
  ['ansible_become=1', true],
  ['ansible_sudo=true', true],
  ['ansible_become=no', false],
  ['ansible_become=yes\nansible_become_user=root', true],
  ['ansible_become=yes\nansible_become_method=su', true],
  ['x=1', undefined],
])('the inventory says whether steps run as root: %s', (vars, become) => {
  expect(becomeOf(vars)).toBe(become)
})

it.each([
  [
    'ansible_become=maybe',
    'parameter: h: ansible_become must be yes or no, not "maybe", from group g (/hosts.ini:4:1)\n',
  ],
  [
    'ansible_become={{ x }}',
    'parameter: h: ansible_become must be yes or no, not "{{ x }}", from group g (/hosts.ini:4:1)\n',
  ],
  [
    'ansible_become_user=app',
    'parameter: h: commands run as root or as who logs in, not as "app", from group g (/hosts.ini:4:1)\n    use runuser -u NAME in the command\n',
  ],
])('what cannot be obeyed is a problem: %s', (vars, said) => {
  expect(becomeOf(vars)).toBe(said)
})
