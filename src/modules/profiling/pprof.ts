import { createRequire } from 'node:module'
import { gunzipSync } from 'node:zlib'
import type * as Library from 'pprof-format'
import type { Profile as Pprof } from 'pprof-format'
import { fail, type Result, succeed } from '../../model/problem.ts'
import type { Profile, Stack } from '../../model/profile.ts'

/** Loaded when there is a profile to read: evaluating it would cost every start. */
const require = createRequire(import.meta.url)

const mostBytes = 268_435_456 // unpacked; a minute of kube-apiserver is some 2 MB

/**
 * Reads a profile as Go's net/http/pprof gives it: the protocol buffer of google/pprof's proto/profile.proto, gzipped or
 * not. Of several values per stack the profile's own default counts, else the last. Fails where it is none, or damaged.
 */
export function parsePprof(bytes: Uint8Array): Result<Profile> {
  try {
    const library = require('pprof-format') as typeof Library
    return profileOf(library.Profile.decode(unpacked(bytes)))
  } catch (error) {
    return none(error instanceof Error ? error.message : String(error))
  }
}

const none = (detail: string): Result<never> =>
  fail([
    {
      kind: 'io',
      message: 'this is no profile as pprof writes it',
      detail,
      hint: "take one with: kubectl get --raw '/debug/pprof/profile?seconds=30' > cpu.pb.gz",
    },
  ])

const unpacked = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: mostBytes }) : bytes

function profileOf(pprof: Pprof): Result<Profile> {
  const text = (index: number | bigint): string => pprof.stringTable.strings[Number(index)] ?? ''
  const types = pprof.sampleType.map(({ type, unit }) => ({ type: text(type), unit: text(unit) }))
  const wanted = types.findIndex(({ type }) => type === text(pprof.defaultSampleType))
  const column = wanted < 0 ? types.length - 1 : wanted
  const counted = types[column]
  if (!counted || counted.type === '') return none('it does not say what it counts')
  const framesOf = frameReader(pprof, text)
  const stacks = pprof.sample.map(
    ({ locationId, value }): Stack => ({
      frames: locationId.toReversed().flatMap((id) => framesOf(Number(id))),
      value: Number(value[column] ?? 0),
    }),
  )
  const total = stacks.reduce((sum, { value }) => sum + value, 0)
  const durationMs = Number(pprof.durationNanos) / 1e6
  return succeed({ ...counted, total, stacks, ...(durationMs > 0 ? { durationMs } : {}) })
}

/** The functions at a place in the program, outermost first: several where some were inlined, innermost first in the profile. */
function frameReader(pprof: Pprof, text: (index: number | bigint) => string): (id: number) => readonly string[] {
  const functions = new Map(pprof.function.map(({ id, name }) => [Number(id), text(name)]))
  const frames = new Map(
    pprof.location.map(({ id, line, address }) => {
      const names = line.map(({ functionId }) => functions.get(Number(functionId)) ?? '').filter((name) => name !== '')
      return [Number(id), names.length > 0 ? names.toReversed() : [`0x${address.toString(16)}`]] as const
    }),
  )
  return (id) => frames.get(id) ?? ['?']
}
