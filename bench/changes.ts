import type { BenchHost } from './host.ts'

const FILES = 8
const EDITS = 4
const COMMANDS = 8

/** How many steps of W2 there are; each changes something. */
export const STEPS = FILES + EDITS + COMMANDS

type Place = Pick<BenchHost, 'folder'>

/** W2, twenty changes on one host that has nothing of them yet, as a runbook. */
export function changesText({ folder }: Place): string {
  const steps = [
    ...count(FILES).map((n) => step(`File ${n}`, 'file', { path: `${folder}/file-${n}`, content: contentOf(n) })),
    ...count(EDITS).map((n) =>
      step(`Key ${n}`, 'env_file', { path: `${folder}/env-${n}`, set: { [`POOL_${n}`]: `${n}` } }),
    ),
    ...count(COMMANDS).map((n) =>
      step(`Command ${n}`, 'command', { argv: ['touch', `${folder}/done-${n}`], check: `[ -e ${folder}/done-${n} ]` }),
    ),
  ]
  return ['name: bench-w2', 'summary: Twenty changes', 'hosts: all', 'steps:', ...steps].join('\n')
}

const count = (to: number): readonly number[] => Array.from({ length: to }, (_, index) => index + 1)

const contentOf = (n: number): string => [...count(10).map((line) => `setting_${line} = ${n * line}`), ''].join('\n')

// JSON is YAML's flow style
const step = (name: string, module: string, args: object): string =>
  `  - name: ${JSON.stringify(name)}\n    ${module}: ${JSON.stringify(args)}`

/** Makes a host have nothing of W2 but the files that it edits; POSIX sh. */
export const emptyScript = ({ folder }: Place): string =>
  [
    `rm -rf ${folder}; mkdir -p ${folder}`,
    ...count(EDITS).map((n) => `printf 'LANG=C\\nPOOL_${n}=0\\n' >${folder}/env-${n}`),
    '',
  ].join('\n')
