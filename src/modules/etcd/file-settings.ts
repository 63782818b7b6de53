import type { Deploy } from './deploy.ts'
import { isOneLineTrap, parseEnvironmentFile } from './environment-file.ts'
import { withoutFlags } from './flag-words.ts'
import type { SeenEtcd, SeenFile, SeenProcess } from './look-etcd.ts'
import { DEFAULT_MS, lookUpIn, type TimeoutName, wholeMs } from './member-values.ts'
import { parseExecStart, unitProperty } from './unit-text.ts'

/** What the files of a member say now: what its next start would use. */
export interface FileSettings {
  readonly path: string | null
  readonly exists: boolean
  readonly heartbeatMs: number | null // null: not a whole number
  readonly electionMs: number | null
  readonly execStart: string | null
  readonly problems: readonly string[]
  readonly notes: readonly string[]
}

/** Reads the place where this kind of member keeps its settings. */
export function fileSettingsOf(seen: SeenEtcd, process: SeenProcess, deploy: Deploy): FileSettings {
  const { problems, notes } = textTroubles(seen, process, deploy)
  const places = {
    words: nextWords(seen, process, deploy),
    environment: nextEnvironment(process),
    configText: process.configFile?.text ?? null,
  }
  const look = lookUpIn(places)
  const ms = (name: TimeoutName): number | null => {
    const found = look(name)
    return found ? wholeMs(found.text) : DEFAULT_MS[name]
  }
  const execStart = deploy === 'systemd-flags' ? bareExecStart(process) : null
  return {
    ...ownFile(process, deploy),
    heartbeatMs: ms('heartbeat-interval'),
    electionMs: ms('election-timeout'),
    execStart,
    problems,
    notes,
  }
}

function ownFile(process: SeenProcess, deploy: Deploy): Pick<FileSettings, 'path' | 'exists'> {
  if (deploy === 'config-file') return { path: process.configFile?.path ?? null, exists: process.configFile !== null }
  if (deploy !== 'systemd-env') return { path: null, exists: process.unitCat.includes('/zz-etcd-timeouts.conf\n') }
  // Of several environment files the last one wins, so what is written there holds whatever the others say.
  const found = process.environmentFiles.at(-1)?.path
  return { path: found ?? process.missingEnvironmentFiles.at(-1) ?? null, exists: found !== undefined }
}

/** The words that the next start would be given, with $NAME from the environment as systemd splits it. */
function nextWords(seen: SeenEtcd, process: SeenProcess, deploy: Deploy): readonly string[] {
  if (deploy === 'kubeadm') return manifestWords(seen.manifest)
  const command = parseExecStart(process.unitCat)?.command
  if (command === undefined) return process.words
  const environment = nextEnvironment(process)
  return command
    .replace(/\\\n/g, ' ')
    .replace(
      /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
      (_all, braced?: string, bare?: string) => environment.get(braced ?? bare ?? '') ?? '',
    )
    .replaceAll(/["']/g, ' ')
    .split(/\s+/)
}

/** The flags in a static pod's manifest: the items of its command that look like flags. */
const manifestWords = (manifest: SeenFile | null): readonly string[] =>
  [...(manifest?.text ?? '').matchAll(/^\s*-\s+(["']?)(--?[a-z][^\n]*?)\1\s*(?:#.*)?$/gm)].map(
    ([, , flag]) => flag ?? '',
  )

/** Environment= lines of the unit's files first, then its environment files: the later wins (systemd.exec(5)). */
function nextEnvironment(process: SeenProcess): ReadonlyMap<string, string> {
  const inUnit = [...process.unitCat.matchAll(/^Environment=(.*)$/gm)].flatMap(([, rest = '']) =>
    [...rest.matchAll(/"([A-Za-z_]\w*)=([^"]*)"|'([A-Za-z_]\w*)=([^']*)'|([A-Za-z_]\w*)=(\S*)/g)].map(
      ([, a, av, b, bv, c, cv]): readonly [string, string] => [a ?? b ?? c ?? '', av ?? bv ?? cv ?? ''],
    ),
  )
  const inFiles = process.environmentFiles.flatMap((file) =>
    parseEnvironmentFile(file.text).map(({ name, value }): readonly [string, string] => [name, value]),
  )
  return new Map([...inUnit, ...inFiles])
}

/** The command without the timeouts, so that they can be put behind it; null where a shell wraps it. */
function bareExecStart(process: SeenProcess): string | null {
  const command = parseExecStart(process.unitCat)?.command
  if (command === undefined || /^[-@:+!]*(\/\S*\/)?(ba|da)?sh\s/.test(command)) return null
  return withoutFlags(command, ['heartbeat-interval', 'election-timeout'])
}

function textTroubles(seen: SeenEtcd, process: SeenProcess, deploy: Deploy): Pick<FileSettings, 'problems' | 'notes'> {
  const problems = process.environmentFiles.flatMap((file) => trapsIn(file))
  const notes = process.environmentFiles.flatMap((file) => duplicatesIn(file))
  if (unitProperty(process.unitShow, 'NeedDaemonReload') === 'yes')
    problems.push(
      `the files of ${process.unit} changed since systemd read them: a restart may bring in more than the timeouts; look at them, then run systemctl daemon-reload`,
    )
  if (deploy === 'systemd-flags' && bareExecStart(process) === null)
    problems.push(
      `ExecStart of ${process.unit} runs a shell with the timeouts in its text; move them into an EnvironmentFile first`,
    )
  if (deploy === 'kubeadm') problems.push(...seen.manifestNeighbours.map(strayManifest))
  return { problems, notes }
}

const strayManifest = (path: string): string =>
  `the kubelet also loads ${path} and may start a second etcd from it; move it out of the folder`

function trapsIn({ path, text }: SeenFile): readonly string[] {
  const traps = parseEnvironmentFile(text).flatMap(({ name, value, line }) =>
    name.startsWith('ETCD_') && isOneLineTrap(value)
      ? [`${path}:${line} holds two settings on one line; etcd will not start with it ("${name}" would be "${value}")`]
      : [],
  )
  const exported = text
    .split('\n')
    .flatMap((line, index) =>
      /^\s*export\s+ETCD_(HEARTBEAT_INTERVAL|ELECTION_TIMEOUT)\s*=/.test(line)
        ? [`${path}:${index + 1} begins with "export", which systemd does not read`]
        : [],
    )
  return [...traps, ...exported]
}

function duplicatesIn({ path, text }: SeenFile): readonly string[] {
  const names = parseEnvironmentFile(text).map(({ name }) => name)
  const twice = new Set(names.filter((name, index) => name.startsWith('ETCD_') && names.indexOf(name) !== index))
  return [...twice].map((name) => `${path} sets ${name} more than once; the last one counts`)
}
