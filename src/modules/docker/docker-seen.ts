/** What docker of a host is, and what of it answers. Names are those of the output. */
export type DockerSeen = {
  readonly runtime: 'docker' | 'containerd' | 'none' // that kubelet, or else the host, runs containers by
  readonly answers: boolean
  readonly hangs: boolean
  readonly answer_ms: number | null
  readonly server: string | null // version of the daemon that runs
  readonly runs: string | null // the same without what a distribution adds
  readonly client: string | null
  readonly package: Package | null
  readonly target_server: string | null // version of the daemon that the target has
  readonly is_downgrade: boolean
  readonly available: readonly string[]
  readonly pinned_to: string | null
  readonly driver: string | null
  readonly cgroup_driver: string | null
  readonly live_restore: boolean
  readonly containers: readonly Container[]
  readonly shims: readonly string[]
  readonly old_shims: readonly string[] // that were there before the daemon that runs now
  readonly mounts: number // of containers' file systems
  readonly stuck: number // processes that wait for a device and cannot be killed
  readonly kubelet: boolean
  readonly etcd: boolean // a member runs here, in a container or not
  readonly free_gib: number | null
}

export type Package = { readonly name: string; readonly version: string; readonly held: boolean }

export type Container = {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly policy: string
  readonly auto_remove: boolean
  readonly of_kubernetes: boolean
}

/** The lines of dockerInfoText. */
export function parseDocker(text: string, target: string): DockerSeen {
  const rows = text.split('\n').map((line) => line.split('\t'))
  const all = (word: string): readonly string[] => rows.flatMap(([first, rest = '']) => (first === word ? [rest] : []))
  const one = (word: string): string => all(word)[0] ?? ''
  const [code, ms] = (all('answer').at(-1) ?? '').split(' ')
  const hangs = all('answer').some((line) => line.startsWith('124 '))
  const [driver = '', cgroup = '', live = ''] = one('info').split(' ')
  const [name = '', version = '', hold = ''] = one('package').split(' ')
  const available = all('available').map((line) => line.split(' '))
  const shims = all('shim').map((line) => line.split(' '))
  const free = one('free')
  return {
    runtime: runtimeOf(all('kubelet'), {
      daemon: one('daemon'),
      containerd: one('containerd'),
      isInstalled: name !== '',
    }),
    answers: code === '0' && !hangs,
    hangs,
    answer_ms: code === '0' ? Number(ms) : null,
    server: one('server') || null,
    runs: one('server') === '' ? null : daemonVersion(one('server')),
    client: one('client') || null,
    package: name === '' ? null : { name, version, held: hold === 'held' },
    target_server: target === '' ? null : daemonVersion(target),
    is_downgrade: one('order') === 'down',
    available: available.map(([of = '']) => of),
    pinned_to: available.find(([, priority]) => Number(priority) >= 1000)?.[0] ?? null,
    driver: driver || null,
    cgroup_driver: cgroup || null,
    live_restore: live === 'true',
    containers: all('container').map(containerOf),
    shims: shims.map(([pid = '', , ...words]) => `${pid} ${words.join(' ')}`.trim()),
    old_shims: shims.flatMap(([pid = '', age, ...words]) =>
      age === 'before' ? [`${pid} ${words.join(' ')}`.trim()] : [],
    ),
    mounts: Number(one('merged')),
    stuck: Number(one('stuck')),
    kubelet: all('kubelet').length > 0,
    etcd: one('etcd') !== '',
    free_gib: free === '' ? null : Number((Number(free) / 1_048_576).toFixed(2)),
  }
}

function runtimeOf(
  kubelets: readonly string[],
  { daemon, containerd, isInstalled }: { daemon: string; containerd: string; isInstalled: boolean },
): DockerSeen['runtime'] {
  const endpoint = kubelets.map((line) => /--container-runtime-endpoint[= ](\S+)/.exec(line)?.[1] ?? '').join('')
  if (endpoint !== '' && !/docker/.test(endpoint)) return 'containerd'
  if (daemon !== '' || isInstalled) return 'docker'
  return containerd === '' ? 'none' : 'containerd'
}

/** `5:19.03.15~3-0~debian-stretch`, `20.10.24+dfsg1-1`, `18.06.3.ce-3.el7`: the version that the daemon says of itself begins so. */
const daemonVersion = (version: string): string => /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? version

function containerOf(line: string): Container {
  const [id = '', name = '', state = '', policy = '', auto = '', label = ''] = line.split(' ')
  return {
    id,
    name: name.replace(/^\//, ''),
    state,
    policy,
    auto_remove: auto === 'true',
    of_kubernetes: label !== '' && label !== '.' && label !== '<no',
  }
}
