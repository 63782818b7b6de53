import { join } from 'node:path'

/** The files a lab keeps in its state folder. */
export interface LabPaths {
  readonly stateDir: string
  /** Private key for every user of every host (0600), with `key.pub` beside it. */
  readonly key: string
  readonly publicKey: string
  /** Host keys of this lab under both addresses of each host. */
  readonly knownHosts: string
  /** Ansible inventory with the direct addresses; for commands run by `lab exec`. */
  readonly inventory: string
  /** What is up: see `state.ts`. */
  readonly state: string
  readonly lock: string
  readonly logs: string
  readonly hostKeys: string
}

/** Where the files of the lab in `stateDir` lie, whether it is up or not. */
export function labPaths(stateDir: string): LabPaths {
  return {
    stateDir,
    key: join(stateDir, 'key'),
    publicKey: join(stateDir, 'key.pub'),
    knownHosts: join(stateDir, 'known_hosts'),
    inventory: join(stateDir, 'inventory.yaml'),
    state: join(stateDir, 'hosts.json'),
    lock: join(stateDir, 'lock'),
    logs: join(stateDir, 'logs'),
    hostKeys: join(stateDir, 'host-keys'),
  }
}

/** Folders inside the lab's own mount namespace: a tmpfs over /run, gone with the lab. */
export const INSIDE = {
  image: (image: string) => `/run/lab/images/${image}`,
  host: (host: string) => `/run/lab/hosts/${host}`,
  root: (host: string) => `/run/lab/hosts/${host}/root`,
  upper: (host: string) => `/run/lab/hosts/${host}/upper`,
  socket: (host: string) => `/run/lab/forward/${host}`,
  netns: (host: string) => `/run/netns/${host}`,
} as const
