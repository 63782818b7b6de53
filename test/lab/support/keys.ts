import type { LabSettings } from '../../../lab/settings.ts'
import { runBeside } from './run-beside.ts'

/** What became of numbered keys that were put all the time. */
export interface Kept {
  readonly acknowledged: number
  readonly refused: number // puts that no member took
  readonly longestMs: number // of a put, over all its tries
  readonly lost: readonly string[] // acknowledged, and not there on some member
}

/** Puts keys from inside the lab until the work is done, and reads every acknowledged one back from every member. */
export async function writingWhile<T>(
  settings: LabSettings,
  urls: readonly string[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly kept: Kept }> {
  const { result, seen } = await runBeside<T, Kept>(settings, { script: 'write-keys.ts', args: urls }, work)
  return { result, kept: seen }
}
