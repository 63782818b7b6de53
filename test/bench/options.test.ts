import { expect, it } from 'vitest'
import { parseOptions } from '../../bench/options.ts'

it('measures eleven rounds on loopback when nothing is asked for', () => {
  expect(parseOptions([])).toMatchObject({ where: 'loopback', rounds: 11, ansibleRounds: 3, keep: false })
})

it('takes no rounds of Ansible, but at least one of the plan', () => {
  expect(parseOptions(['--ansible-rounds', '0', '--lab'])).toMatchObject({ where: 'lab', ansibleRounds: 0 })
  expect(() => parseOptions(['--rounds', '0'])).toThrow('a whole number from 1 is wanted')
})

it('refuses words that it does not know', () => {
  expect(() => parseOptions(['--round', '3'])).toThrow("Unknown option '--round'")
})
