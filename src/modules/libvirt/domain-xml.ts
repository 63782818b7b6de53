import { createRequire } from 'node:module'
import type * as Library from '@xmldom/xmldom'
import { ProblemError } from '../../model/problem.ts'

/** The one importer of the XML library, loaded where a domain is looked at. */
const require = createRequire(import.meta.url)

/** How a disk reaches its guest. */
export type Bus = 'virtio' | 'sata' | 'ide'

/** One `<disk>` of a domain, as far as it is compared. */
export interface Disk {
  readonly target: string // name in the definition: hda, vda
  readonly device: string // disk, cdrom, floppy, lun
  readonly bus: string
  readonly source: string // file, block device or network name; '' where it is empty
  readonly cache: string | null // null: the hypervisor's default
  readonly io: string | null
}

/** What is to be set on a disk; what is left out stays. */
export interface DiskWish {
  readonly bus: Bus
  readonly cache?: string
  readonly io?: string
}

/** A domain's definition, opened for reading and for changing its disks. */
export interface DomainXml {
  readonly uuid: string
  readonly machine: string
  readonly disks: readonly Disk[]
  /** Sets disks; other elements, known or not, stay as they are. Gives the text of the changed definition. */
  withDisks(targets: readonly string[], wish: DiskWish): string
  /** The disks alone, for showing: a definition may hold passwords. */
  disksText(): string
}

/** Opens a definition. Throws ProblemError where it is none, or declares a document type (an entity may be anything). */
export function openDomain(text: string): DomainXml {
  if (/<!DOCTYPE/i.test(text)) throw unreadable('it declares a document type')
  const { DOMParser, XMLSerializer } = require('@xmldom/xmldom') as typeof Library
  const parse = () =>
    new DOMParser({
      onError: (level, message) => {
        if (level !== 'warning') throw unreadable(message)
      },
    }).parseFromString(text, 'text/xml')
  const document = parse()
  if (document.documentElement?.tagName !== 'domain') throw unreadable('it is no domain')
  const serialize = (node: Library.Node): string => new XMLSerializer().serializeToString(node)
  const elements = disksOf(document)
  return {
    uuid: document.getElementsByTagName('uuid').item(0)?.textContent ?? '',
    machine: document.getElementsByTagName('type').item(0)?.getAttribute('machine') ?? '',
    disks: elements.map(diskFrom),
    withDisks: (targets, wish) => {
      const changed = parse()
      setDisks(disksOf(changed), targets, wish)
      return serialize(changed)
    },
    disksText: () => elements.map((element) => `    ${serialize(element)}\n`).join(''),
  }
}

const disksOf = (document: Library.Document): readonly Library.Element[] =>
  [...document.getElementsByTagName('disk')].filter((element) => element.parentNode?.nodeName === 'devices')

const child = (element: Library.Element, name: string): Library.Element | null =>
  element.getElementsByTagName(name).item(0)

function diskFrom(element: Library.Element): Disk {
  const source = child(element, 'source')
  const driver = child(element, 'driver')
  return {
    target: child(element, 'target')?.getAttribute('dev') ?? '',
    device: element.getAttribute('device') ?? 'disk',
    bus: child(element, 'target')?.getAttribute('bus') ?? '',
    source: ['file', 'dev', 'name', 'volume'].map((name) => source?.getAttribute(name)).find(Boolean) ?? '',
    cache: driver?.getAttribute('cache') || null,
    io: driver?.getAttribute('io') || null,
  }
}

/** How a bus begins its disks' names. */
const PREFIX: Readonly<Record<Bus, string>> = { virtio: 'vd', sata: 'sd', ide: 'hd' }

/** The name that each disk gets: the first free ones of its new bus, in the order of the definition. */
export function renamed(disks: readonly Disk[], targets: readonly string[], bus: Bus): ReadonlyMap<string, string> {
  const taken = new Set(disks.filter(({ target }) => !targets.includes(target)).map(({ target }) => target))
  const free = Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => PREFIX[bus] + letter).filter(
    (name) => !taken.has(name),
  )
  const moving = disks.filter(({ target }) => targets.includes(target))
  return new Map(
    moving.map(({ target, bus: old }) => [target, old === bus ? target : (free.shift() ?? target)] as const),
  )
}

function setDisks(elements: readonly Library.Element[], targets: readonly string[], wish: DiskWish): void {
  const names = renamed(elements.map(diskFrom), targets, wish.bus)
  for (const element of elements) {
    const now = diskFrom(element)
    const name = names.get(now.target)
    if (name === undefined) continue
    const target = child(element, 'target')
    target?.setAttribute('dev', name)
    target?.setAttribute('bus', wish.bus)
    // the address of another bus would be refused; libvirt gives one where there is none
    const address = [...element.childNodes].find((node) => node.nodeName === 'address')
    if (address && now.bus !== wish.bus) removeWithIndent(element, address)
    const driver = child(element, 'driver')
    if (wish.cache !== undefined) driver?.setAttribute('cache', wish.cache)
    if (wish.io !== undefined) driver?.setAttribute('io', wish.io)
  }
}

function removeWithIndent(element: Library.Element, node: Library.Node): void {
  const before = node.previousSibling
  if (before?.nodeName === '#text' && before.nodeValue?.trim() === '') element.removeChild(before)
  element.removeChild(node)
}

const unreadable = (why: string): ProblemError =>
  new ProblemError({ kind: 'step-failed', message: `the definition of the domain cannot be read: ${why}` })
