import { describe, expect, it } from 'vitest'
import { parseCommand, renderHelp } from '../../lab/command.ts'
import { LabError } from '../../lab/lab-error.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'

const read = (line: string) => parseCommand(line.split(' '))

describe("the lab's command line", () => {
  it('starts three etcd members unless told otherwise', () => {
    expect(read('up')).toEqual({ kind: 'up', topology: 'etcd3' })
    expect(read('up one --loopback 127.78.0')).toEqual({ kind: 'up', topology: 'one', loopback: '127.78.0' })
    expect(read('up --loopback 127.78.0 one')).toEqual(read('up one --loopback 127.78.0'))
  })

  it('hands the words of ssh and exec on untouched', () => {
    expect(read('ssh ops@e1 ls --help')).toEqual({ kind: 'ssh', host: 'ops@e1', argv: ['ls', '--help'] })
    expect(read('exec -- env -- --help')).toEqual({ kind: 'exec', argv: ['env', '--', '--help'] })
  })

  it('resets one host, or all of them when none is named', () => {
    expect(read('reset e1')).toEqual({ kind: 'reset', host: 'e1' })
    expect(read('reset')).toEqual({ kind: 'reset' })
  })

  it('shows help when asked in any way', () => {
    for (const line of ['--help', '-h', 'help', 'up --help']) expect(read(line)).toEqual({ kind: 'help' })
    expect(parseCommand([])).toEqual({ kind: 'help' })
  })

  it.each(['fly', 'up etcd5', 'up one two', 'up --loopback', 'down now', 'ssh', 'exec', 'exec --', 'crash', 'build x'])(
    'refuses "%s" as wrong usage',
    (line) => {
      const refused = () => read(line)
      expect(refused).toThrow(LabError)
      expect(refused).toThrow(expect.objectContaining({ exitCode: 3 }))
    },
  )

  it('lists every topology in its help', () => {
    for (const name of Object.keys(TOPOLOGIES)) expect(renderHelp()).toContain(`  ${name} `)
  })
})
