import {
  type Assignment,
  assignmentsOf,
  assignmentText,
  type EnvPiece,
  inForce,
  joinEnv,
  parseEnv,
  valueIn,
} from './env-text.ts'
import { eolOf } from './text-edit.ts'

export interface EnvEdits {
  readonly set: Readonly<Record<string, string>>
  readonly unset: readonly string[]
}

export type EnvEdit =
  | { readonly kind: 'text'; readonly text: string; readonly changed: readonly string[] } // keys whose value in force changes
  | { readonly kind: 'trap'; readonly line: string; readonly key: string }

/**
 * The text with these keys set and unset; every other byte stays. A key set keeps the place of the assignment that is
 * in force, and its other assignments go. A line with two assignments on it is a trap where it holds such a key:
 * systemd takes all after the first `=` as one value.
 */
export function editEnv(text: string, { set, unset }: EnvEdits): EnvEdit {
  const pieces = parseEnv(text)
  const trap = trapIn(pieces, [...Object.keys(set), ...unset])
  if (trap) return trap
  const changed = [
    ...Object.entries(set).flatMap(([key, value]) => (valueIn(pieces, key) === value ? [] : [key])),
    ...unset.filter((key) => assignmentsOf(pieces, key).length > 0),
  ]
  const kept = unset.reduce<readonly EnvPiece[]>((left, key) => without(left, key), pieces)
  const edited = Object.entries(set)
    .filter(([key]) => changed.includes(key))
    .reduce<readonly EnvPiece[]>((left, [key, value]) => withValue(left, { key, value, eol: eolOf(text) }), kept)
  return { kind: 'text', text: joinEnv(edited), changed }
}

function trapIn(pieces: readonly EnvPiece[], keys: readonly string[]): EnvEdit | undefined {
  for (const piece of pieces) {
    if (piece.kind !== 'assignment' || !piece.multiple) continue
    const named = [piece.key, ...[...piece.value.matchAll(/[ \t]([A-Za-z_][A-Za-z0-9_]*)=/g)].map(([, key]) => key)]
    const key = keys.find((candidate) => named.includes(candidate))
    if (key !== undefined) return { kind: 'trap', line: piece.text.trim(), key }
  }
  return undefined
}

const without = (pieces: readonly EnvPiece[], key: string): readonly EnvPiece[] =>
  pieces.filter((piece) => piece.kind !== 'assignment' || piece.key !== key)

interface Setting {
  readonly key: string
  readonly value: string
  readonly eol: string
}

function withValue(pieces: readonly EnvPiece[], { key, value, eol }: Setting): readonly EnvPiece[] {
  const old = inForce(assignmentsOf(pieces, key))
  if (!old) return appended(pieces, { key, value, eol })
  const own = /\r?\n$/.exec(old.text)?.[0] ?? ''
  const text = assignmentText(key, value, { like: old, eol: own })
  const line: Assignment = { ...old, text, value }
  return pieces.flatMap((piece) => {
    if (piece === old) return [line]
    return piece.kind === 'assignment' && piece.key === key ? [] : [piece]
  })
}

function appended(pieces: readonly EnvPiece[], { key, value, eol }: Setting): readonly EnvPiece[] {
  const last = pieces.at(-1)
  const isOpen = last !== undefined && !last.text.endsWith('\n')
  const line = { kind: 'other' as const, text: assignmentText(key, value, { eol }) }
  return isOpen ? [...pieces, { kind: 'other', text: eol }, line] : [...pieces, line]
}
