interface Field {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly words: readonly string[] // names for from, from + 1 ...
}

/** The five fields of crontab(5); 7 is Sunday too. */
const fields: readonly Field[] = [
  { name: 'minute', from: 0, to: 59, words: [] },
  { name: 'hour', from: 0, to: 23, words: [] },
  { name: 'day of month', from: 1, to: 31, words: [] },
  { name: 'month', from: 1, to: 12, words: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ') },
  { name: 'day of week', from: 0, to: 7, words: 'sun mon tue wed thu fri sat'.split(' ') },
]

const nicknames = ['@reboot', '@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** Why a schedule is none that cron takes (it would ignore the whole file), or undefined. */
export function refuseSchedule(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    return nicknames.includes(schedule) ? undefined : `${schedule} is none of ${nicknames.join(', ')}`
  }
  const given = schedule.split(/[ \t]+/)
  if (given.length !== fields.length) return `a schedule has five fields, not ${given.length}`
  for (const [at, field] of fields.entries()) {
    const wrong = (given[at] ?? '').split(',').find((part) => !isPart(part, field))
    if (wrong !== undefined) {
      return `"${wrong}" is no ${field.name}: * or ${field.from}-${field.to}, ranges (a-b), steps (*/n), lists (a,b)`
    }
  }
  return undefined
}

function isPart(part: string, field: Field): boolean {
  const [, range = '', step] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? []
  if (step !== undefined && (Number(step) < 1 || !/[*-]/.test(range))) return false
  if (range === '*') return true
  const ends = range.split('-').map((word) => numberOf(word, field))
  const [first = Number.NaN, last = first] = ends
  return ends.length <= 2 && first >= field.from && last <= field.to && first <= last
}

function numberOf(word: string, { words, from }: Field): number {
  const named = words.indexOf(word.toLowerCase())
  if (named >= 0) return from + named
  return /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN
}
