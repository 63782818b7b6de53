import { join } from 'node:path'

/** The whole environment of what is measured: nothing of the caller's but the way to the tools; home and caches in `folder`. */
export const childEnv = (folder: string): Readonly<Record<string, string>> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: join(folder, 'home'),
  XDG_CACHE_HOME: join(folder, 'home', '.cache'),
  XDG_STATE_HOME: join(folder, 'home', '.state'),
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
})
