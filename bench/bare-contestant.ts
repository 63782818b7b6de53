import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { childEnv } from './child-env.ts'
import type { Contestant } from './contestant.ts'
import type { BenchHost } from './host.ts'
import type { CheckedCommand, WantedServices, Workload } from './workload.ts'

/**
 * W1 by a bare ssh2 script: all reads as one lean command. It runs as plain JavaScript, so that it does not pay for
 * stripping types; ssh2 comes from the checkout's node_modules.
 */
export async function bareContestant(host: BenchHost, workload: Workload, folder: string): Promise<Contestant> {
  const source = readFileSync(join(import.meta.dirname, 'bare-ssh2.ts'), 'utf8')
  const { code } = await transform(source, { loader: 'ts', format: 'esm' })
  const ssh2 = import.meta.resolve('ssh2')
  const program = join(folder, 'bare-ssh2.mjs')
  const task = join(folder, 'bare-ssh2.json')
  writeFileSync(program, code.replace(`from "ssh2"`, `from ${JSON.stringify(ssh2)}`))
  writeFileSync(
    task,
    JSON.stringify({ ...wayTo(host), script: readScript(workload), expected: expectedLines(workload) }),
  )
  return {
    name: 'bare ssh2',
    program: { argv: [...host.way, process.execPath, program, task], env: childEnv(folder), cwd: folder },
    complaint: (output) => (output === 'nothing to change\n' ? undefined : output),
  }
}

const wayTo = (host: BenchHost) => ({
  host: host.address,
  port: host.port,
  username: host.user,
  identityFile: host.identityFile,
  knownHostsFile: host.knownHostsFile,
})

/** Built-ins of the shell where they do, one process for many files where they do not. */
export function readScript({ files, edits, commands, services }: Workload): string {
  const paths = [...files, ...edits].map(({ path }) => path)
  return [
    `sha256sum ${files.map(({ path }) => path).join(' ')}`,
    `stat -c '%n %F %a %U %G %s' ${paths.join(' ')}`,
    `cat ${edits.map(({ path }) => path).join(' ')}`,
    ...[...commands, ...standInsOf(services)].map(({ name, check }) => `${check} && echo 'done: ${name}'`),
    ...(services.kind === 'units' ? [`systemctl show -p Id,ActiveState,SubState ${services.units.join(' ')}`] : []),
    'cat /etc/os-release; uname -r',
    '',
  ].join('\n')
}

function expectedLines({ files, edits, commands, services }: Workload): readonly string[] {
  return [
    ...files.map(({ path, text }) => `${createHash('sha256').update(text).digest('hex')}  ${path}`),
    ...files.map(({ path, text }) => `${path} regular file 644 root root ${text.length}`),
    ...edits.map(({ key, value }) => `${key}=${value}`),
    ...[...commands, ...standInsOf(services)].map(({ name }) => `done: ${name}`),
    ...(services.kind === 'units' ? [...services.units.map((unit) => `Id=${unit}`), 'ActiveState=active'] : []),
  ]
}

const standInsOf = (services: WantedServices): readonly CheckedCommand[] =>
  services.kind === 'units' ? [] : services.commands
