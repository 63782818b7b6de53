import { escapeLine, escapeText } from '../model/escape.ts'
import type { Event } from '../model/event.ts'
import type { HostName, StepId } from '../model/id.ts'
import { unreachable } from '../model/unreachable.ts'
import { count } from './layout.ts'
import { readingLine } from './measure-text.ts'
import { outcomeText } from './outcome-text.ts'
import type { Style } from './style.ts'

/** How much of a run its lines tell. */
export interface LinesLook {
  readonly style: Style
  readonly detail: 'quiet' | 'normal' | 'verbose'
  readonly hosts: 'named' | 'unnamed' // unnamed: each host's lines stand under its name
  readonly names?: StepNames // of steps whose start is not among the events: those of a rollback
}

/** The name of a step by stepKey. */
export type StepNames = ReadonlyMap<string, string>

/** A listener that gives the lines of each event, in order; it remembers the names of steps. */
export function makeEventLines(look: LinesLook): (event: Event) => readonly string[] {
  const names = new Map(look.names)
  const partial = new Map<string, string>() // the line of output that is not yet whole, by host and stream
  return (event) => {
    if (event.type === 'step-started' || event.type === 'step-running') names.set(stepKey(event), event.name)
    const named = (place: Place): string => names.get(stepKey(place)) ?? place.step
    const flushed = event.type === 'step-finished' || event.type === 'step-failed' ? flush(partial, event, look) : []
    if (event.type === 'step-output') return outputLines(event, partial, look)
    return [...flushed, ...linesOf(event, { ...look, named })]
  }
}

interface Place {
  readonly host: HostName
  readonly stage: number
  readonly step: StepId
}

interface Naming extends LinesLook {
  readonly named: (place: Place) => string
}

export const stepKey = ({ stage, step }: Pick<Place, 'stage' | 'step'>): string => `${stage}\0${step}`

function linesOf(event: Exclude<Event, { type: 'step-output' }>, look: Naming): readonly string[] {
  const { style, named } = look
  const normal = (...lines: readonly string[]): readonly string[] => (look.detail === 'quiet' ? [] : lines)
  const verbose = (...lines: readonly string[]): readonly string[] => (look.detail === 'verbose' ? lines : [])
  const step = (place: Place, word: string, text: string): string =>
    hostLine(look, { host: place.host, word, text: `${named(place)}: ${text}` })
  switch (event.type) {
    case 'run-started':
      return normal(
        `${style.bold(`${event.verb === 'apply' ? 'Run' : 'Rollback'} ${event.run}`)} of ${escapeLine(event.runbook.name)} on ${count(event.hosts.length, 'host')}`,
      )
    case 'run-resumed':
      return normal(style.bold(`Resumed at ${escapeLine(event.resumedAt)}`))
    case 'stage-started':
      return normal(style.bold(`Stage ${event.stage + 1}: ${escapeLine(event.name)}`))
    case 'batch-started':
      return verbose(`batch ${event.batch + 1}: ${event.hosts.map(escapeLine).join(', ')}`)
    case 'step-started':
      return verbose(step(event, 'begin', event.change.summary))
    case 'step-running':
      return normal(step(event, style.dim('...'), event.summary))
    case 'step-finished':
      return event.result === 'changed'
        ? normal(step(event, style.green('done'), event.summary))
        : verbose(step(event, event.result === 'ok' ? 'ok' : 'skip', event.summary))
    case 'step-failed':
      return [step(event, style.red('FAILED'), event.problem.message)]
    case 'restart-owed':
      return verbose(step(event, 'owed', `because ${named({ ...event, step: event.because })} changes`))
    case 'file-kept':
      return normal(step(event, 'kept', `${event.file}, ${event.bytes} bytes, sha256 ${event.sha256}`))
    case 'undo-armed':
      return normal(step(event, 'armed', `the host undoes it in ${event.withinMs / 1000} s unless it is confirmed`))
    case 'undo-disarmed':
      return normal(disarmed(event.verdict, style, (word, text) => step(event, word, text)))
    case 'undo-started':
      return verbose(step(event, 'undo', 'begins'))
    case 'undo-finished':
      return normal(step(event, style.yellow('undone'), event.summary))
    case 'undo-failed':
      return [step(event, style.red('UNDO FAILED'), event.problem.message)]
    case 'run-cleaned':
      return normal(`removed what was kept on ${event.hosts.map(escapeLine).join(', ')}`)
    case 'measured':
      return normal(readingLine(event.reading, style))
    case 'run-finished':
      return verbose(outcomeText(event.outcome, style))
    case 'connecting':
    case 'connected':
    case 'planning':
      return verbose(hostLine(look, { host: event.host, word: event.type, text: '' }))
    case 'away':
      return normal(
        hostLine(look, {
          host: event.host,
          word: style.yellow('away'),
          text: 'it does not answer: begun without it, with what lies on other hosts',
        }),
      )
    case 'not-held':
      return normal(
        hostLine(look, {
          host: event.host,
          word: style.yellow('no lock'),
          text: 'it cannot be written: another run is not kept away',
        }),
      )
    case 'reconnecting':
      return normal(
        hostLine(look, {
          host: event.host,
          word: style.yellow('reconnecting'),
          text: `${event.attempt} of ${event.of}`,
        }),
      )
    case 'gate-waiting':
      return normal(`${style.yellow('waiting')} ${escapeLine(`${event.what}: ${event.reason}`)}`)
    case 'gate-opened':
      return normal(`${style.green('gate')} ${escapeLine(`${event.what}: ${event.summary}`)}`)
    case 'soaking':
      return normal(`soaking for ${event.ms / 1000} s`)
    case 'measuring':
      return verbose(hostLine(look, { host: event.host, word: 'measure', text: `${event.measure} (${event.phase})` }))
    case 'rolling-back':
      return [`${style.yellow(style.bold('Rolling back'))}: ${escapeLine(event.why)}`]
    default:
      return unreachable(event)
  }
}

function disarmed(
  verdict: Extract<Event, { type: 'undo-disarmed' }>['verdict'],
  style: Style,
  line: (word: string, text: string) => string,
): string {
  switch (verdict) {
    case 'confirmed':
      return line(style.green('confirmed'), 'over a new connection; the host does not undo it')
    case 'left':
      return line(style.yellow('disarmed'), 'the host does not undo it by itself any more')
    case 'lost':
      return line(style.yellow('disarmed'), 'the host was restarted meanwhile: it has not undone it by itself')
    default:
      return unreachable(verdict)
  }
}

interface HostLine {
  readonly host: HostName
  readonly word: string
  readonly text: string
}

function hostLine({ style, hosts }: LinesLook, { host, word, text }: HostLine): string {
  const words = text === '' ? word : `${word} ${escapeLine(text)}`
  return hosts === 'named' ? `${style.bold(escapeLine(host))} ${words}` : words
}

type Output = Extract<Event, { type: 'step-output' }>

/** Output by whole lines, whatever pieces it comes in. */
function outputLines(event: Output, partial: Map<string, string>, look: LinesLook): readonly string[] {
  if (look.detail !== 'verbose') return []
  const key = `${event.host}\0${event.stream}`
  const lines = ((partial.get(key) ?? '') + event.text).split('\n')
  partial.set(key, (lines.pop() ?? '').slice(-MAX_PARTIAL))
  return lines.map((line) => outputLine(event.host, line, look))
}

const MAX_PARTIAL = 64 * 1024 // characters of a line without end that are kept

function flush(partial: Map<string, string>, { host }: Place, look: LinesLook): readonly string[] {
  return ['stdout', 'stderr'].flatMap((stream) => {
    const rest = partial.get(`${host}\0${stream}`) ?? ''
    partial.delete(`${host}\0${stream}`)
    return rest === '' ? [] : [outputLine(host, rest, look)]
  })
}

const outputLine = (host: HostName, line: string, { style, hosts }: LinesLook): string =>
  `${style.dim(hosts === 'named' ? `${escapeLine(host)} |` : '|')} ${escapeText(line)}`
