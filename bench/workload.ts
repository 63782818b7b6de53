import type { BenchHost } from './host.ts'

/**
 * W1, twenty idempotent steps on one host with nothing to change: 8 small files by content, 4 edits of environment
 * files, 4 commands with a check, 2 service states, 2 looks at the host. Data only; each contestant says it in its way.
 */
export interface Workload {
  readonly files: readonly WantedFile[]
  readonly edits: readonly WantedKey[]
  readonly commands: readonly CheckedCommand[]
  readonly services: WantedServices
}

/** `text` is what lies on the host, `template` the same with `{{ inventory_hostname }}` and `{{ region }}` in it. */
export interface WantedFile {
  readonly path: string
  readonly template: string
  readonly text: string
}

export interface WantedKey {
  readonly path: string
  readonly key: string
  readonly value: string
}

/** `check` exits 0: the command's work is done already. */
export interface CheckedCommand {
  readonly name: string
  readonly argv: readonly string[]
  readonly check: string
}

/** Where the host has no systemd, two more commands with a check stand in. */
export type WantedServices =
  | { readonly kind: 'units'; readonly units: readonly [string, string] }
  | { readonly kind: 'stand-ins'; readonly commands: readonly CheckedCommand[] }

export const REGION = 'eu-north'

export function workloadFor(host: Pick<BenchHost, 'name' | 'folder' | 'units'>): Workload {
  const { folder } = host
  return {
    files: count(8).map((n) => wantedFile(host, n)),
    edits: count(4).map((n) => ({ path: `${folder}/env-${n}`, key: `POOL_${n}`, value: `${n * 16}` })),
    commands: checkedCommands(folder),
    services: host.units ? { kind: 'units', units: host.units } : { kind: 'stand-ins', commands: standIns },
  }
}

const count = (to: number): readonly number[] => Array.from({ length: to }, (_, index) => index + 1)

function wantedFile({ name, folder }: Pick<BenchHost, 'name' | 'folder'>, n: number): WantedFile {
  const template = [
    '# written by runbook for {{ inventory_hostname }}',
    `listen = 127.0.0.1:${9000 + n}`,
    'region = {{ region }}',
    ...count(8).map((line) => `setting_${line} = value ${n * line}`),
    '',
  ].join('\n')
  const text = template.replace('{{ inventory_hostname }}', name).replace('{{ region }}', REGION)
  return { path: `${folder}/service-${n}.conf`, template, text }
}

const checkedCommands = (folder: string): readonly CheckedCommand[] => [
  { name: 'Spool folder', argv: ['mkdir', `${folder}/spool`], check: `test -d ${folder}/spool` },
  {
    name: 'Current release',
    argv: ['ln', '-s', 'r7', `${folder}/current`],
    check: `test "$(readlink ${folder}/current)" = r7`,
  },
  {
    name: 'Root account',
    argv: ['useradd', '-o', '-u', '0', 'root'],
    check: "grep -q '^root:' /etc/passwd",
  },
  { name: 'Marker', argv: ['touch', `${folder}/marker`], check: `[ -e ${folder}/marker ]` },
]

const standIns: readonly CheckedCommand[] = [
  { name: 'First process', argv: ['false'], check: 'kill -0 1' },
  { name: 'Loopback', argv: ['false'], check: "grep -q 'lo:' /proc/net/dev" },
]

/** Makes a host be as W1 wants it; POSIX sh. */
export function seedScript(host: Pick<BenchHost, 'folder'>, workload: Workload): string {
  const { folder } = host
  const put = (path: string, text: string): string => `cat > ${path} <<'END'\n${text}END\nchmod 644 ${path}`
  return [
    `rm -rf ${folder}; mkdir -p ${folder}/spool; ln -s r7 ${folder}/current; : > ${folder}/marker`,
    ...workload.files.map(({ path, text }) => put(path, text)),
    ...workload.edits.map((edit) => put(edit.path, envText(edit))),
    '',
  ].join('\n')
}

const envText = ({ key, value }: WantedKey): string =>
  `# limits of the service\nLANG=C\n${key}=${value}\nOPTIONS="--quiet"\n`
