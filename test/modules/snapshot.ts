import type { LawHost } from './law-host.ts'

/**
 * The tree below some folders as text: paths, types, modes, owners, sizes, link targets, contents' hashes, ACLs and
 * extended attributes, and modification times of all but directories (making and removing a file moves those).
 */
export async function snapshot(
  host: LawHost,
  {
    folder,
    watch = [],
    units = [],
    observe,
  }: { folder: string; watch?: readonly string[]; units?: readonly string[]; observe?: string },
): Promise<string> {
  const reply = await host.run(snapshotText, folder).then(async (own) => {
    const others = await Promise.all(
      watch.map((other) => host.run(`S=${other}; [ ! -d "$S" ] || { cd "$S" && ${snapshotText} }`, folder)),
    )
    const shown = await Promise.all(
      units.map((unit) => host.run(`systemctl show -p ActiveState,UnitFileState,NeedDaemonReload -- ${unit}`, folder)),
    )
    const observed = observe === undefined ? [] : [await host.run(observe, folder)]
    return [own, ...others, ...shown, ...observed]
  })
  for (const one of reply) if (one.code !== 0) throw new Error(`no snapshot: ${one.stderr}`)
  const [own = '', ...others] = reply.map((one) => one.stdout.toString('utf8'))
  const text = [own, ...others.map(withoutLinkTimes)].join('\n')
  return host.offers.has('busybox') ? withoutFractions(text) : text
}

/** Links that systemctl makes and removes are new each time. */
const withoutLinkTimes = (text: string): string => text.replace(/^(.* l 777 .*) \d+\.\d+ (\d+ )/gm, '$1 $2')

/** The tools of busybox carry times in whole seconds, and none of symbolic links. */
const withoutFractions = (text: string): string => withoutLinkTimes(text).replace(/^(.* \d+)\.\d+ (\d+ )/gm, '$1 $2')

const snapshotText = `
find . -type d -printf '%p %y %m %U %G\\n' | sort
find . ! -type d -printf '%p %y %m %U %G %s %T@ %n %l\\n' | sort
find . -type f -exec sha256sum {} + | sort -k 2
command -v getfacl >/dev/null && find . ! -type l -print0 | sort -z | xargs -0 getfacl 2>/dev/null
command -v getfattr >/dev/null && find . -print0 | sort -z | xargs -0 getfattr -h -d -m - 2>/dev/null
:;
`
