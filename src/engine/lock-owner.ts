import type { Held } from './host-lock-text.ts'

/** A lock of a host as its file tells it; the words come from the host. */
export interface LockOwner extends Held {
  readonly run: string
  readonly owner: string // user@controller
  readonly since: string
  readonly runbook: string
  readonly doing: string
  readonly connection: 'stands' | 'gone' // of whoever took it; a connection that was made anew counts as gone
}

/** What a host answers to being asked for its lock. */
export type Answer =
  | { readonly kind: 'held'; readonly token: number; readonly folder: string }
  | { readonly kind: 'refused'; readonly by: LockOwner }
  | { readonly kind: 'unheld' } // nothing can be written there

/** Undefined where the host said something else. */
export function parseAnswer(said: string): Answer | undefined {
  if (said === 'unheld\n') return { kind: 'unheld' }
  const [, token, folder] = /^held (\d+) (\/.*)\n$/.exec(said) ?? []
  if (token !== undefined && folder !== undefined) return { kind: 'held', token: Number(token), folder }
  const [by] = parseOwners(said, 'refused')
  return by ? { kind: 'refused', by } : undefined
}

/** They are shown in commands to type. */
const isId = (text: string): boolean => /^[0-9A-Za-z]{1,64}$/.test(text)

const LINES = 7 // the one of the script, and those of the file

/** The locks that a look has found. */
export function parseOwners(said: string, word: 'held' | 'refused' = 'held'): readonly LockOwner[] {
  const lines = said.split('\n')
  return lines.flatMap((line, index) => {
    if (!line.startsWith(`${word} `)) return []
    const [head = '', whose = '', owner = '', since = '', runbook = '', doing = ''] = lines.slice(index, index + LINES)
    const [, token, state, folder] = /^[a-z]+ (\d+) (stands|gone) (\/.*)$/.exec(head) ?? []
    const [lock, run] = whose.split(' ')
    if (token === undefined || folder === undefined || !lock || !run || !isId(lock) || !isId(run)) return []
    const connection = state === 'stands' ? 'stands' : 'gone'
    return [{ lock, token: Number(token), folder, run, owner, since, runbook, doing, connection }]
  })
}
