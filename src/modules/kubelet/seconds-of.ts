/** Seconds since the epoch of such a number, or of a time as RFC 3339 has it; NaN where there is none. */
export const secondsOf = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000)
