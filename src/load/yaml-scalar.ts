import type { RawScalar } from './raw-yaml.ts'
import type { Dialect } from './yaml-dialect.ts'

type ScalarValue = null | boolean | number | string

/** The value of a scalar, or why it is none. */
export type ScalarRead =
  | { readonly ok: true; readonly value: ScalarValue }
  | { readonly ok: false; readonly message: string; readonly hint?: string }

const MAX_TEXT = 64 * 1024 // characters of one value in a runbook

/** A scalar as JSON can carry it, exactly: integers beyond 2^53 would be rounded, .nan and .inf do not exist there. */
export function readScalar(raw: RawScalar, dialect: Dialect): ScalarRead {
  const { value, written } = raw
  if (dialect === 'inventory' && raw.style === 'plain' && isTextForPyYaml(raw)) return { ok: true, value: written }
  if (typeof value === 'bigint') return readInteger(value, written)
  if (typeof value === 'number') return readFloat(value, written)
  if (value instanceof Date) return { ok: true, value: written }
  if (typeof value === 'string') return readString(value, dialect)
  if (value === null || typeof value === 'boolean') return { ok: true, value }
  return { ok: false, message: 'this is no text, number, true, false or null' }
}

function readInteger(value: bigint, written: string): ScalarRead {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)) {
    return { ok: true, value: Number(value) }
  }
  return { ok: false, message: 'this number is beyond 2^53 and would be rounded', hint: `quote it: "${written}"` }
}

function readFloat(value: number, written: string): ScalarRead {
  if (Number.isFinite(value)) return { ok: true, value }
  return { ok: false, message: 'this is no finite number', hint: `quote it if text is meant: "${written}"` }
}

function readString(value: string, dialect: Dialect): ScalarRead {
  if (value.includes('\0')) return { ok: false, message: 'a NUL character may not be in a text' }
  if (dialect !== 'inventory' && value.length > MAX_TEXT) {
    const hint = 'put long text into a file beside the runbook'
    return { ok: false, message: `this text is longer than ${MAX_TEXT} characters`, hint }
  }
  return { ok: true, value }
}

/** What PyYAML takes for numbers and booleans (yaml/resolver.py, implicit resolvers). */
const PYYAML = {
  bool: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  int: /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  float:
    /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
} as const

/** Plain scalars that other YAML 1.1 readers take for something else: y, 1e3, e02, 08. */
function isTextForPyYaml({ value, written }: RawScalar): boolean {
  if (typeof value === 'boolean') return !PYYAML.bool.test(written)
  if (typeof value === 'bigint' || typeof value === 'number')
    return !PYYAML.int.test(written) && !PYYAML.float.test(written)
  return false
}
