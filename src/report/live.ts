import {
  type DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTaskWrapper,
  ProcessOutput,
  type SimpleRenderer,
} from 'listr2'
import { escapeLine } from '../model/escape.ts'
import type { Event } from '../model/event.ts'
import type { HostName } from '../model/id.ts'

/** A tree on a terminal that follows the events of a run: a line a host with what it is doing, below it what it did. */
export interface LiveView {
  readonly onEvent: (event: Event) => void
  /** A line below the title. */
  readonly say: (line: string) => void
  /** Ends the tree; `kept` leaves it on the screen as it is. */
  readonly close: () => Promise<void>
}

export interface LiveInput {
  readonly title: string
  readonly hosts: readonly HostName[]
  readonly stream: NodeJS.WriteStream
  readonly after: 'kept' | 'cleared'
  /** The lines of an event without the host's name; the last one becomes what the host is doing. */
  readonly linesOf: (event: Event) => readonly string[]
}

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>

/** Draws until closed. The library only draws: what happens is decided elsewhere, and nothing is read from it. */
export function openLive({ title, hosts, stream, after, linesOf }: LiveInput): LiveView {
  const ended = Promise.withResolvers<void>()
  const failed = new Set<HostName>()
  const tasks = new Map<HostName, Task>()
  let root: Task | undefined
  const hostTask = (host: HostName) => ({
    title: escapeLine(host),
    rendererOptions: { persistentOutput: after === 'kept', outputBar: Number.POSITIVE_INFINITY },
    task: async (_: unknown, task: Task): Promise<void> => {
      tasks.set(host, task)
      await ended.promise
      if (failed.has(host)) throw new Error(task.title)
    },
  })
  const tree = new Listr(
    [
      {
        title: escapeLine(title),
        rendererOptions: { persistentOutput: after === 'kept', outputBar: Number.POSITIVE_INFINITY },
        task: (_: unknown, task: Task) => {
          root = task
          return task.newListr(hosts.map(hostTask), { concurrent: true, exitOnError: false })
        },
      },
    ],
    {
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {
        clearOutput: after === 'cleared',
        collapseSubtasks: false,
        showErrorMessage: false,
        logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ProcessOutput(stream, stream) }),
      },
    },
  )
  const drawn = tree.run()
  const say = (line: string): void => {
    if (root) root.output = line
  }
  return {
    say,
    onEvent: (event) => {
      const lines = linesOf(event)
      if (!('host' in event)) {
        for (const line of lines) say(line)
        return
      }
      const task = tasks.get(event.host)
      if (!task) return
      if (event.type === 'step-failed' || event.type === 'undo-failed') failed.add(event.host)
      const [doing] = lines
      if (isDoing(event)) task.title = `${escapeLine(event.host)}${doing === undefined ? '' : ` ${doing}`}`
      else for (const line of lines) task.output = line
      if (event.type === 'step-finished') task.title = escapeLine(event.host)
    },
    close: async () => {
      ended.resolve()
      await drawn
    },
  }
}

/** Events that say what a host is doing now; the others say what it did. */
const isDoing = ({ type }: Event): boolean =>
  type === 'connecting' ||
  type === 'connected' ||
  type === 'planning' ||
  type === 'step-running' ||
  type === 'undo-started' ||
  type === 'measuring'
