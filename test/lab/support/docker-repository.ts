import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { debianMirror } from '../../../lab/mirror.ts'
import { INSIDE } from '../../../lab/paths.ts'
import { mustRun } from '../../../lab/run-tool.ts'
import type { LabSettings } from '../../../lab/settings.ts'
import { requireState } from '../../../lab/state.ts'
import { seenFromOutside } from '../../../lab/supervisor.ts'
import { onHost } from './node-stand-in.ts'

// Debian's own packages of docker of three suites, in a repository on the host itself. Of trixie only docker: its runc wants a
// newer C library than the host has.

const PACKAGES = {
  bullseye: ['docker.io'],
  bookworm: ['docker.io', 'containerd', 'runc', 'tini', 'etcd-server', 'etcd-client'],
  trixie: ['docker.io', 'docker-cli'],
} as const

async function download(suite: keyof typeof PACKAGES, folder: string, settings: LabSettings): Promise<void> {
  const state = path.join(folder, `apt-${suite}`)
  for (const part of ['lists/partial', 'archives/partial']) mkdirSync(path.join(state, part), { recursive: true })
  writeFileSync(
    path.join(state, 'sources.list'),
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${await debianMirror(settings)} ${suite} main\n`,
  )
  const options = [
    `Dir::Etc::sourcelist=${state}/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${state}/lists`,
    'Dir::State::status=/dev/null',
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    `Dir::Cache::archives=${state}/archives`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option])
  await mustRun(['apt-get', '-qq', ...options, 'update'], `lists of ${suite}`)
  const words = ['sh', '-ec', 'cd "$1"; shift; exec "$@"', 'sh', folder] as const
  await mustRun([...words, 'apt-get', '-qq', ...options, 'download', ...PACKAGES[suite]], `packages of ${suite}`)
  rmSync(state, { recursive: true })
}

/** The folder of packages, downloaded once. */
async function packagesFolder(settings: LabSettings): Promise<string> {
  const folder = path.join(settings.cacheDir, 'docker-debs-2')
  if (existsSync(folder)) return folder
  mkdirSync(settings.cacheDir, { recursive: true })
  const making = mkdtempSync(path.join(settings.cacheDir, 'making-'))
  for (const suite of ['bullseye', 'bookworm', 'trixie'] as const) await download(suite, making, settings)
  const entries = readdirSync(making).map(async (file) => {
    const at = path.join(making, file)
    const stdout = await mustRun(['sh', '-ec', 'dpkg-deb -f "$1"; sha256sum <"$1" | cut -c 1-64', 'sh', at], file)
    const lines = stdout.trimEnd().split('\n')
    return [
      ...lines.slice(0, -1),
      `Filename: ./${file}`,
      `Size: ${statSync(at).size}`,
      `SHA256: ${lines.at(-1)}`,
      '',
    ].join('\n')
  })
  writeFileSync(path.join(making, 'Packages'), `${(await Promise.all(entries)).join('\n')}\n`)
  if (existsSync(folder)) rmSync(making, { recursive: true })
  else renameSync(making, folder)
  return folder
}

/** Gives a host the repository, and tells the versions of docker.io in it, oldest first, and that of docker-cli. */
export async function giveDockerRepository(
  settings: LabSettings,
  host: string,
): Promise<readonly [string, string, string]> {
  const { init } = requireState(settings)
  cpSync(await packagesFolder(settings), seenFromOutside(init, `${INSIDE.root(host)}/srv/repository`), {
    recursive: true,
  })
  await onHost(
    settings,
    host,
    `echo 'deb [trusted=yes] file:/srv/repository ./' >/etc/apt/sources.list.d/lab.list; apt-get -qq update`,
  )
  const versions = (
    await onHost(settings, host, "apt-cache madison docker.io docker-cli | awk '{ print $1, $3 }' | sort -u")
  ).split('\n')
  const of = (name: string): readonly string[] =>
    versions
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1))
      .toSorted()
  const [older, newest] = of('docker.io').filter((one) => !one.startsWith('20.10.5'))
  const [client] = of('docker-cli')
  if (!older || !newest || !client) throw new Error(`the repository has ${versions.join(', ')}`)
  return [older, newest, client]
}
