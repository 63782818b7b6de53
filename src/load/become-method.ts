import type { BecomeMethod } from '../model/transport.ts'
import { type Reading, rawVar, wrong } from './host-vars.ts'

const METHODS: ReadonlyMap<unknown, BecomeMethod> = new Map([
  ['sudo', 'sudo'],
  ['ansible.builtin.sudo', 'sudo'],
  ['su', 'su'],
  ['ansible.builtin.su', 'su'],
  ['doas', 'doas'],
  ['community.general.doas', 'doas'],
])

/** The tool that makes who logged in root, by `ansible_become_method`; undefined: not said. Any other is a problem. */
export function becomeMethodOf(reading: Reading): BecomeMethod | undefined {
  const said = rawVar(reading, ['ansible_become_method'])
  const method = METHODS.get(said?.value)
  if (!said || method) return method
  return wrong(reading, said.name, `${JSON.stringify(said.value)} is not supported`, 'there are sudo, su and doas')
}
