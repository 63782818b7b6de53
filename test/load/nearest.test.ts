import { describe, expect, it } from 'vitest'
import { nearest, suggest } from '../../src/load/nearest.ts'

describe('did you mean', () => {
  const names = ['heartbeat_ms', 'election_ms', 'when', 'state']

  it.each([
    ['hearbeat_ms', 'heartbeat_ms'],
    ['electoin_ms', 'election_ms'],
    ['wehn', 'when'],
    ['State', 'state'],
    ['stat', 'state'],
  ])('%s is %s', (word, meant) => {
    expect(nearest(word, names)).toBe(meant)
  })

  it('says nothing about a word that is like none', () => {
    expect(nearest('package', names)).toBeUndefined()
    expect(nearest('x', names)).toBeUndefined()
  })

  it('lists what there is when nothing is near, and is silent when there is nothing', () => {
    expect(suggest('package', names)).toBe('there are: heartbeat_ms, election_ms, when, state')
    expect(suggest('package', [])).toBeUndefined()
  })
})
