/** A measured number for people: at most four significant digits, no exponent below 10^15, `-` for none. */
export function numberText(value: number | null): string {
  if (value === null) return '-'
  if (Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(4)))
}

/** "38 ms"; `-` without a number. */
export const quantityText = (value: number | null, unit: string): string =>
  value === null || unit === '' ? numberText(value) : `${numberText(value)} ${unit}`
