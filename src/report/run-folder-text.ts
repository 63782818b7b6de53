import { escapeLine } from '../model/escape.ts'
import { count } from './layout.ts'

/** What lies on a host of a run, as engine/run-folder.ts finds it. */
export interface FoundOnHost {
  readonly folders: readonly { readonly path: string; readonly kib: number }[]
  readonly receipts: readonly { readonly step: string; readonly state: string; readonly code?: number }[]
  readonly processes: readonly number[]
}

/** Lines about what lies on a host of a run: where, how large, which scripts, and what became of them. */
export function foundLines({ folders, receipts, processes }: FoundOnHost): readonly string[] {
  if (folders.length === 0 && processes.length === 0) return ['nothing lies there of it']
  const steps = new Set(receipts.map(({ step }) => step)).size
  const states = ['ended', 'running', 'unknown', 'unbegun'].flatMap((state) => {
    const own = receipts.filter((receipt) => receipt.state === state)
    return own.length === 0 ? [] : [`${own.length} ${WORDS[state] ?? state}`]
  })
  const unknown = [...new Set(receipts.flatMap(({ state, step }) => (state === 'unknown' ? [step] : [])))]
  return [
    ...folders.map(({ path, kib }) => `${escapeLine(path)}: ${kib} KiB`),
    ...(receipts.length === 0
      ? []
      : [`${count(receipts.length, 'script')} of ${count(steps, 'step')}: ${states.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`nobody knows how these ended: ${unknown.map(escapeLine).join(', ')}`]),
    ...(processes.length === 0 ? [] : [`still running: ${processes.map((id) => `process ${id}`).join(', ')}`]),
  ]
}

const WORDS: Readonly<Record<string, string>> = {
  ended: 'ended',
  running: 'running',
  unknown: 'ended without an exit code',
  unbegun: 'not begun',
}
