/** One sample of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

/** The samples of a text exposition (format 0.0.4); comments, blank lines and lines that are no sample are left out. */
export const parsePrometheus = (text: string): readonly Sample[] => text.split('\n').flatMap(sampleOf)

function sampleOf(line: string): readonly Sample[] {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0]
  if (name === undefined) return []
  const labels = labelsAt(line, name.length)
  if (!labels) return []
  const number = /^\s*(\S+)(\s+-?\d+)?\s*$/.exec(line.slice(labels.end))?.[1]
  const value = number === undefined ? undefined : numberOf(number)
  return value === undefined ? [] : [{ name, labels: labels.labels, value }]
}

interface Labels {
  readonly labels: ReadonlyMap<string, string>
  readonly end: number
}

function labelsAt(line: string, start: number): Labels | undefined {
  const labels = new Map<string, string>()
  if (line[start] !== '{') return { labels, end: start }
  const pair = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y
  pair.lastIndex = start + 1
  let at = start + 1
  for (let found = pair.exec(line); found; found = pair.exec(line)) {
    labels.set(found[1] ?? '', unescaped(found[2] ?? ''))
    at = pair.lastIndex
  }
  const close = /\s*\}/y
  close.lastIndex = at
  return close.test(line) ? { labels, end: close.lastIndex } : undefined
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character))

function numberOf(text: string): number | undefined {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

/** Samples of one metric whose labels include the given ones. */
export const samplesOf = (
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>>,
): readonly Sample[] =>
  samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value),
  )

/** One text for a set of labels, without those left out; the key that series are matched by. */
export const seriesKey = (sample: Sample, without: readonly string[] = []): string =>
  [...sample.labels]
    .filter(([key]) => !without.includes(key))
    .map(([key, value]) => `${key}="${value}"`)
    .sort()
    .join(',')
