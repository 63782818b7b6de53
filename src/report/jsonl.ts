import type { Event } from '../model/event.ts'

/** Version of the lines of `--json`: another minor adds types and members, another major may change anything. */
export const UI_VERSION = '1.0'

/** The first line: which program and which version of the lines. */
export const versionLine = (tool: string): string => `${JSON.stringify({ type: 'version', ui: UI_VERSION, tool })}\n`

/** An event on one line, with the time it was told (ISO 8601). Control characters are escaped by JSON itself. */
export const eventLine = (event: Event, now: Date): string =>
  `${JSON.stringify({ ...event, time: now.toISOString() })}\n`
