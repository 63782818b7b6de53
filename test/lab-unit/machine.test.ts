import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHierarchies } from '../../lab/cgroup.ts'
import { renderRequirement } from '../../lab/doctor.ts'
import { inotifyProblem } from '../../lab/inotify.ts'
import { mountsLeft } from '../../lab/leftovers.ts'
import { parseMirror } from '../../lab/mirror.ts'
import { parseStat } from '../../lab/process-id.ts'
import { installLine, missingPackages } from '../../lab/requirements.ts'
import { findTool, toolPath } from '../../lab/tool-path.ts'

const MOUNTINFO = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
31 22 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 22 0:27 / /other/cgroup2 rw - cgroup2 cgroup2 rw
33 22 0:40 / /run rw - tmpfs lab-00c0ffee rw
`

describe('what the machine says', () => {
  it('tells the cgroup hierarchies apart by version', () => {
    expect(parseHierarchies(MOUNTINFO)).toEqual([
      { path: '/sys/fs/cgroup/memory', version: 1 },
      { path: '/sys/fs/cgroup/unified', version: 2 },
    ])
  })

  it('shows the mounts of one lab by their source', () => {
    expect(mountsLeft('00c0ffee', MOUNTINFO)).toEqual(['mount /run'])
    expect(mountsLeft('0c0ffee', MOUNTINFO)).toEqual([])
  })

  it('gives the start of a process whatever its command is called, and takes a zombie for dead', () => {
    const rest = (state: string) => `${state} 1 ${'0 '.repeat(17)}777 0 0`
    fc.assert(
      fc.property(fc.string(), (command) => {
        expect(parseStat(5, `5 (${command}) ${rest('S')}`)).toEqual({ pid: 5, startTime: 777 })
        expect(parseStat(5, `5 (${command}) ${rest('Z')}`)).toBeUndefined()
      }),
    )
  })

  it('names the Debian archive among the apt sources, not its neighbours', () => {
    const rows = [
      'Node Source|. nodistro|http://n',
      'Debian|Debian-Security|http://s',
      'Debian|Debian|http://d/debian/',
    ]
    expect(parseMirror(rows.join('\n'))).toBe('http://d/debian/')
    expect(parseMirror(rows.slice(0, 2).join('\n'))).toBeUndefined()
  })
})

describe('missing tools', () => {
  it('are named as packages, each once', () => {
    expect(missingPackages('/nowhere')).toContain('systemd-container')
    expect(missingPackages('/nowhere').filter((name) => name === 'util-linux')).toHaveLength(1)
    expect(installLine(['a', 'b'])).toEqual(['Install what is missing: apt-get install --no-install-recommends a b'])
    expect(installLine([])).toEqual([])
  })

  it('are looked for in the sbin folders too, which an ordinary PATH lacks', () => {
    expect(toolPath('/usr/bin')).toBe('/usr/bin:/usr/sbin:/sbin')
    expect(findTool('sh', '/nowhere:/bin')).toBe('/bin/sh')
    expect(findTool('sh', '/nowhere')).toBeUndefined()
  })

  it('are told with the reason', () => {
    expect(renderRequirement({ name: 'ip' })).toBe('  ok  ip')
    expect(renderRequirement({ name: 'ip', problem: 'not here' })).toBe('  NO  ip: not here')
  })
})

describe('inotify instances', () => {
  it('are asked for before hosts come up with failed units', () => {
    expect(inotifyProblem({ limit: 128, used: 104 }, 3)).toBeUndefined()
    expect(inotifyProblem({ limit: 128, used: 105 }, 3)).toContain('sysctl -w fs.inotify.max_user_instances=1024')
  })
})
