import { argv, type Command, rawText, renderCommand } from '../../src/model/command.ts'
import { sha256 } from '../../src/model/digest.ts'
import { hostName } from '../../src/model/id.ts'
import type { Json } from '../../src/model/json.ts'
import type { Controller, Probe, Resource, Session } from '../../src/model/module.ts'
import type { Connection, Reply, Runner } from '../../src/model/transport.ts'
import { createLocalTransport } from '../../src/transport/local-transport.ts'

/** A host that laws are tried on, with a folder of its own for every case. */
export interface LawHost {
  readonly name: string
  readonly offers: ReadonlySet<string> // what cases may need: root, acl, systemd, etcd ...
  readonly scratch: string // absolute; the root of all cases' folders
  /** Runs a script of the test (set-up, checks); S is the case's folder. */
  run(text: string, folder: string): Promise<Reply>
  probe(predicted?: (resource: Resource) => Json | undefined): Probe
  session(folder: string): Session
  close(): Promise<void>
}

/** Keeps nothing, waits for nothing, stays connected, and agrees to everything. */
export const lawController: Controller = {
  wait: async () => undefined,
  approve: async () => 'by --yes',
  now: () => new Date(0),
  reconnect: async () => undefined,
  keep: async (given) => {
    const pieces: Uint8Array[] = []
    for await (const piece of given instanceof Uint8Array ? [given] : given) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    return { file: 'files/law', bytes: bytes.length, sha256: sha256(bytes) }
  },
}

/** A host over any connection. Scripts of tests run as they are; `through` changes what modules ask. */
export function lawHostOver(
  connection: Connection,
  options: {
    readonly name: string
    readonly offers: readonly string[]
    readonly scratch: string
    readonly through?: (command: Command) => Command
  },
): LawHost {
  const { name, offers, scratch, through = (command) => command } = options
  const host = hostName(name)
  const wrap = (runner: Runner): Runner['run'] => {
    return (command, more) => runner.run(through(command), { timeoutMs: 120_000, ...more })
  }
  const root = connection.session('root')
  return {
    name,
    offers: new Set(offers),
    scratch,
    run: (text, folder) =>
      root.run(rawText(`S=${folder}; export S; cd "$S" || exit 99\numask 022\n${text}`), { timeoutMs: 120_000 }),
    probe: (predicted = () => undefined) => ({ host, predicted, run: wrap(connection.probe('root')) }),
    session: (folder) => ({ host, folder, controller: lawController, run: wrap(root) }),
    close: () => connection.close(),
  }
}

/** This machine, as the user that runs the tests. */
export async function openLocal(): Promise<Connection> {
  let count = 0
  const transport = createLocalTransport({
    randomBytes: (size) => {
      count += 1
      return Buffer.alloc(size, count)
    },
  })
  return transport.open({
    host: hostName('local'),
    transport: 'local',
    address: 'localhost',
    port: 0,
    user: 'root',
    identityFiles: [],
    knownHostsFiles: [],
    connectTimeoutMs: 10_000,
  })
}

/** The same command read by another shell, with another set of tools. */
export const throughShell =
  (shell: readonly string[], path: string) =>
  (command: Command): Command => {
    const inner = argv(['/usr/bin/env', '-i', `PATH=${path}`, 'LC_ALL=C', ...shell, '-c', renderCommand(command)])
    return command.stdin === undefined ? inner : { ...inner, stdin: command.stdin }
  }
