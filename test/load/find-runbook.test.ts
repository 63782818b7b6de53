import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findRunbook, listRunbooks, listSymptoms, readRunbookFile } from '../../src/load/find-runbook.ts'
import { problemText } from './problem-text.ts'
import { writeFiles } from './write-files.ts'

const FILES = {
  'a/etcd-defrag.yaml': 'name: etcd-defrag\nsummary: Defragment\nsymptoms: [full]\nhosts: all\n',
  'a/broken.yaml': 'name: [\n',
  'a/notes.txt': '',
  'b/etcd-defrag.yaml': 'name: etcd-defrag\nsummary: Another\nhosts: all\n',
  'b/disk.yml': 'name: disk\nsummary: Disk\nhosts: all\n',
}

const folders = (root: string): readonly string[] => [join(root, 'a'), join(root, 'none'), join(root, 'b')]

describe('a runbook is found', () => {
  it('by its name in the first folder that has it, or by its path', () => {
    const root = writeFiles(FILES)
    expect(findRunbook('etcd-defrag', folders(root))).toEqual({ ok: true, value: join(root, 'a/etcd-defrag.yaml') })
    expect(findRunbook('disk', folders(root))).toEqual({ ok: true, value: join(root, 'b/disk.yml') })
    expect(findRunbook(join(root, 'b/etcd-defrag.yaml'), [])).toMatchObject({ ok: true })
  })

  it('or the nearest name is told', () => {
    const root = writeFiles(FILES)
    const told = (name: string) => {
      const found = findRunbook(name, folders(root))
      return found.ok ? '' : problemText(found.problems)
    }
    expect(told('etcd-defrg')).toBe('reference: there is no runbook etcd-defrg\n    did you mean etcd-defrag?\n')
    expect(told('x/disc.yaml')).toBe('reference: there is no runbook file x/disc.yaml\n    did you mean disk?\n')
    expect(told('networking')).toContain('there are: broken, etcd-defrag, disk')
  })
})

it('a list of runbooks tells what each is for, and which cannot be read', () => {
  const root = writeFiles(FILES)
  expect(listRunbooks(folders(root))).toMatchObject([
    { name: 'broken', summary: '', problem: { kind: 'yaml' } },
    { name: 'disk', summary: 'Disk', symptoms: [] },
    { name: 'etcd-defrag', summary: 'Defragment', symptoms: ['full'], file: join(root, 'a/etcd-defrag.yaml') },
  ])
})

it('a folder or a missing file is a problem', () => {
  const root = writeFiles(FILES)
  expect(readRunbookFile(root)).toMatchObject({ ok: false, problems: [{ kind: 'io' }] })
  expect(readRunbookFile(join(root, 'x.yaml'))).toMatchObject({ ok: false, problems: [{ kind: 'reference' }] })
})

describe('symptoms are read from the beginnings of runbooks', () => {
  it('and are those of the whole files', () => {
    const own = [join(import.meta.dirname, '../../runbooks')]
    expect(listSymptoms(own)).toEqual(listRunbooks(own))
    expect(listSymptoms(own).flatMap(({ symptoms }) => symptoms)).not.toEqual([])
  })

  it('in whatever style they are written', () => {
    const root = writeFiles({
      'a/dashes.yaml':
        'name: dashes\nsummary: >-\n  two\n  lines\n\nsymptoms:\n- one\n# two\n- three\nhosts: all\nsteps:\n  - name: no\n',
      'a/flow.yaml': '{name: flow, summary: all in one, symptoms: [one]}\n',
      'a/quoted.yaml': '"name": quoted\n"summary": keys\n"symptoms": [one]\n',
      'a/windows.yaml': 'name: windows\r\nsummary: returns\r\nsymptoms:\r\n  - one\r\nhosts: all\r\n',
    })
    expect(listSymptoms([join(root, 'a')])).toEqual(listRunbooks([join(root, 'a')]))
  })
})
