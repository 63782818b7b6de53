/** A device as one look shows it. */
export interface Device {
  readonly real: string
  readonly bytes: number
  readonly isReadOnly: boolean
  readonly isRemovable: boolean
  readonly serial: string
  readonly signatures: string // kinds, with blanks between
  readonly fstype: string
  readonly label: string
  readonly uuid: string
  readonly mountedAt: string
  readonly partition: string
  readonly holder: string
  readonly isSwap: boolean
  readonly tool: string
  readonly dataAtKiB: string // the first place that is not zero, where there is no signature; '' for none
  readonly data: { readonly bytes: number; readonly sharedDisk: string } | undefined // of the folder it is for
}

/** What lookDeviceText prints: a word and its value a line. */
export function parseDevice(text: string): Device {
  const lines = text.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1).trim()])
  const all = (name: string): readonly string[] => lines.flatMap(([word, value = '']) => (word === name ? [value] : []))
  const one = (name: string): string => all(name)[0] ?? ''
  const beneath = all('beneath')
  return {
    real: one('real'),
    bytes: Number(one('bytes')),
    isReadOnly: one('read_only') === '1',
    isRemovable: one('removable') === '1',
    serial: one('serial'),
    signatures: one('signatures'),
    fstype: one('fs'),
    label: one('label'),
    uuid: one('uuid'),
    mountedAt: one('mounted'),
    partition: one('partition'),
    holder: one('holder'),
    isSwap: all('swap').length > 0,
    tool: one('tool'),
    dataAtKiB: one('data'),
    data:
      all('needs_data').length === 0
        ? undefined
        : {
            bytes: Number(one('needs_data')),
            sharedDisk: all('disk').find((disk) => beneath.includes(disk)) ?? '',
          },
  }
}
