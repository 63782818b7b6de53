import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDomain, renamed } from '../../../src/modules/libvirt/domain-xml.ts'
import { parseDomain } from '../../../src/modules/libvirt/look-domain.ts'

const ide = readFileSync(path.join(import.meta.dirname, '../../fixtures/libvirt/k8s-master01-ide.dumpxml.xml'), 'utf8')

/** Lines that are in one text only, quotes made equal: libvirt writes single ones, the library double ones. */
function changedLines(before: string, after: string) {
  const lines = (text: string) => text.trim().replaceAll('"', "'").split('\n')
  const [old, now] = [lines(before), lines(after)]
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) }
}

test('disks go to virtio under new names and lose the address of their old bus; all else stays as it is', () => {
  const { gone, come } = changedLines(ide, openDomain(ide).withDisks(['hda', 'hdb'], { bus: 'virtio' }))
  expect(gone.map((line) => line.trim())).toEqual([
    "<target dev='hda' bus='ide'/>",
    "<address type='drive' controller='0' bus='0' target='0' unit='0'/>",
    "<target dev='hdb' bus='ide'/>",
    "<address type='drive' controller='0' bus='0' target='0' unit='1'/>",
  ])
  expect(come.map((line) => line.trim())).toEqual([
    "<target dev='vda' bus='virtio'/>",
    "<target dev='vdb' bus='virtio'/>",
  ])
})

test('a disk that is on the bus already keeps name and address when its cache is set', () => {
  const after = openDomain(ide).withDisks(['hda'], { bus: 'ide', cache: 'none', io: 'native' })
  expect(changedLines(ide, after).gone.map((line) => line.trim())).toEqual([])
  expect(openDomain(after).disks[0]).toMatchObject({ target: 'hda', bus: 'ide', cache: 'none', io: 'native' })
})

test('elements that nobody knows, comments and other namespaces are kept', () => {
  const strange = ide.replace(
    '<devices>',
    "<devices>\n    <!-- kept -->\n    <qemu:x xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' a='1'/>\n    <novel><disk/></novel>",
  )
  const { gone } = changedLines(strange, openDomain(strange).withDisks(['hda'], { bus: 'virtio' }))
  expect(gone).toHaveLength(2)
})

test('a new name is the first one that no other disk has', () => {
  const disk = (target: string, bus: string) => ({ target, bus, device: 'disk', source: '', cache: null, io: null })
  const disks = [disk('hda', 'ide'), disk('vda', 'virtio'), disk('hdb', 'ide')]
  expect([...renamed(disks, ['hda', 'hdb'], 'virtio')]).toEqual([
    ['hda', 'vdb'],
    ['hdb', 'vdc'],
  ])
})

test.each([
  ['a document type', `<!DOCTYPE domain [<!ENTITY x SYSTEM "file:///etc/shadow">]>${ide}`, /document type/],
  ['broken text', ide.slice(0, 400), /cannot be read/],
  ['another document', '<network/>', /it is no domain/],
])('%s is refused', (_, text, message) => {
  expect(() => openDomain(text)).toThrow(message)
})

describe('what libvirt says of a domain', () => {
  const text = (info: string, job: string) =>
    `--runbook-part-- state\nshut off\n--runbook-part-- info\n${info}--runbook-part-- job\n${job}--runbook-part-- snapshots\n\n--runbook-part-- free\nFilesystem 1024-blocks Used Available Capacity Mounted\n/dev/vda1 100 50 2048 50% /\n--runbook-part-- next\n${ide}--runbook-part-- live\n${ide}--runbook-part-- end\n`
  test('is read part by part', () => {
    expect(
      parseDomain(text('Persistent:     yes\nManaged save:   no\n', 'Job type:         None        \n')),
    ).toMatchObject({
      state: 'shut off',
      isPersistent: true,
      hasSavedState: false,
      hasJob: false,
      snapshots: [],
      freeBytes: 2_097_152,
    })
  })
  test('names a saved state and a job', () => {
    const domain = parseDomain(text('Persistent:     no\nManaged save:   yes\n', 'Job type:         Bounded     \n'))
    expect(domain).toMatchObject({ isPersistent: false, hasSavedState: true, hasJob: true })
    expect(openDomain(domain.next).uuid).toBe('50fc51c3-2880-4129-a80a-a42a27e0bfd8')
  })
})
