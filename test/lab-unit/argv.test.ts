import { describe, expect, it } from 'vitest'
import { buildArgv } from '../../lab/build-image.ts'
import { forwarderArgv } from '../../lab/forward.ts'
import { overlayArgv } from '../../lab/host.ts'
import { imageFile, imageNames, layersOf, recipeHash } from '../../lab/images.ts'
import { installArgv } from '../../lab/install-tools.ts'
import { nspawnArgv, starterArgv } from '../../lab/nspawn.ts'
import { labSettings } from '../../lab/settings.ts'
import { sshArgv } from '../../lab/ssh.ts'
import type { LabState } from '../../lab/state.ts'
import { insideArgv, networkArgv, processesArgv, supervisorArgv } from '../../lab/supervisor.ts'
import type { LabHost } from '../../lab/topologies.ts'

const E1: LabHost = { name: 'e1', address: '10.77.0.21', image: 'etcd-3.4' }
const INIT = { pid: 42, startTime: 7 }
const STATE: LabState = {
  version: 1,
  topology: 'etcd3',
  loopback: '127.77.0',
  supervisor: { pid: 41, startTime: 6 },
  init: INIT,
}

describe('argument lists', () => {
  it('enter all namespaces for tools, only the network for people, all but the network for what listens outside', () => {
    expect(insideArgv(INIT, ['true'])).toEqual(['nsenter', '--target', '42', '--mount', '--net', '--pid', '--', 'true'])
    expect(networkArgv(INIT, ['true'])).toEqual(['nsenter', '--target', '42', '--net', '--', 'true'])
    expect(processesArgv(INIT, ['true'])).toEqual(['nsenter', '--target', '42', '--mount', '--pid', '--', 'true'])
  })

  it('tie the whole lab to one process, in its cgroups from the start', () => {
    const argv = supervisorArgv({ id: 'ab', ttlSeconds: 9 }, ['/cg/a'], [{ name: 'base', file: '/c/base' }])
    expect(argv.slice(0, 2)).toEqual(['sh', '-ec'])
    expect(argv.slice(3, 6)).toEqual(['enter', '/cg/a', '--'])
    expect(argv).toContain('--kill-child')
    expect(argv.slice(-3)).toEqual(['lab-ab', '9', 'base=/c/base'])
  })

  it('mount a root as the image below a layer of its own', () => {
    expect(overlayArgv('ab', E1).slice(4)).toEqual([
      'lowerdir=/run/lab/images/etcd-3.4:/run/lab/images/base,upperdir=/run/lab/hosts/e1/upper,workdir=/run/lab/hosts/e1/work',
      'lab-ab',
      '/run/lab/hosts/e1/root',
    ])
  })

  it('boot a host in its own network', () => {
    expect(nspawnArgv(E1)).toContain('--network-namespace-path=/run/netns/e1')
    expect(starterArgv(E1, ['/cg/x/e1']).slice(3, 12)).toEqual([
      'starter',
      'e1',
      '10.77.0.21',
      '02:00:0a:4d:00:15',
      '',
      '',
      '/cg/x/e1',
      '--',
      'systemd-nspawn',
    ])
  })

  it('forward nothing but a loopback address to nothing but the sshd', () => {
    expect(forwarderArgv(E1, '127.77.0').slice(-4)).toEqual([
      'UNIX-LISTEN:/run/lab/forward/e1,mode=600,fork',
      'TCP4:10.77.0.21:22,nodelay',
      'TCP4-LISTEN:2222,bind=127.77.0.21,reuseaddr,nodelay,fork',
      'UNIX-CONNECT:/run/lab/forward/e1',
    ])
  })

  it('reach a host as root unless a user is named, and never a host that is not there', () => {
    const settings = labSettings({}, { stateDir: '/s' })
    expect(sshArgv(settings, STATE, 'e1', ['id']).slice(-2)).toEqual(['root@10.77.0.21', 'id'])
    expect(sshArgv(settings, STATE, 'ops@e2', []).at(-1)).toBe('ops@10.77.0.22')
    expect(() => sshArgv(settings, STATE, 'e9', [])).toThrow('no host e9 in this lab; it has e1, e2, e3')
  })

  it('wait for the lock of another apt-get', () => {
    expect(installArgv(['socat']).every((argv) => argv.includes('DPkg::Lock::Timeout=600'))).toBe(true)
  })
})

describe('images', () => {
  const place = { work: '/w', out: '/o', mirror: 'http://mirror', base: '/b' }

  it('take the packages of their own suite', () => {
    expect(buildArgv('base', place).slice(-5, -1)).toEqual(['/w', '/o', 'http://mirror', 'bookworm'])
    const layer = ['/w', '/o', 'http://mirror', 'trixie', '/b', 'bookworm', 'etcd-server', 'etcd-client']
    expect(buildArgv('etcd-3.5', place).slice(-8)).toEqual(layer)
  })

  it('of Kubernetes are compiled from the source package by a script of their own', () => {
    expect(buildArgv('kubernetes', place).find((word) => word.endsWith('build-kubernetes'))).toBeDefined()
    expect(buildArgv('kubernetes', place).slice(-7, -2)).toEqual(['/w', '/o', 'http://mirror', 'bookworm', '/b'])
  })

  it('lie in the cache by a hash of their recipe, each its own', () => {
    expect(new Set(imageNames().map(recipeHash)).size).toBe(imageNames().length)
    expect(imageFile('/c', 'base')).toBe(`/c/base-${recipeHash('base')}/root.squashfs`)
  })

  it('have their layers uppermost first', () => {
    expect(layersOf('base')).toEqual(['base'])
    expect(layersOf('etcd-3.4')).toEqual(['etcd-3.4', 'base'])
    expect(layersOf('k8s-node')).toEqual(['k8s-node', 'kubernetes', 'base'])
  })
})
