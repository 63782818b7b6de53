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
export function openLive(input: LiveInput): LiveView {
  const board: Board = { hosts: new Map(), failed: new Set(), ended: Promise.withResolvers<void>() }
  const drawn = treeOf(input, board).run()
  const say = (line: string): void => {
    if (board.root) board.root.output = line
  }
  return {
    say,
    onEvent: (event) => {
      const lines = input.linesOf(event)
      if ('host' in event) showOnHost(board, event, lines)
      else for (const line of lines) say(line)
    },
    close: async () => {
      board.ended.resolve()
      await drawn
    },
  }
}

/** The parts of the tree as they are drawn: the library hands each over when it begins. */
interface Board {
  root?: Task
  readonly hosts: Map<HostName, Task>
  readonly failed: Set<HostName>
  readonly ended: PromiseWithResolvers<void>
}

/** A title with a line a host below it; all stay open until the view is closed. */
function treeOf(
  { title, hosts, stream, after }: LiveInput,
  board: Board,
): Listr<unknown, typeof DefaultRenderer, typeof SimpleRenderer> {
  const rendererOptions = { persistentOutput: after === 'kept', outputBar: Number.POSITIVE_INFINITY }
  const hostTask = (host: HostName) => ({
    title: escapeLine(host),
    rendererOptions,
    task: async (_: unknown, task: Task): Promise<void> => {
      board.hosts.set(host, task)
      await board.ended.promise
      if (board.failed.has(host)) throw new Error(task.title)
    },
  })
  const rootTask = {
    title: escapeLine(title),
    rendererOptions,
    task: (_: unknown, task: Task) => {
      board.root = task
      return task.newListr(hosts.map(hostTask), { concurrent: true, exitOnError: false })
    },
  }
  return new Listr([rootTask], {
    exitOnError: false,
    registerSignalListeners: false,
    rendererOptions: {
      clearOutput: after === 'cleared',
      collapseSubtasks: false,
      showErrorMessage: false,
      logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ProcessOutput(stream, stream) }),
    },
  })
}

/** What a host is doing stands beside its name, what it did below. */
function showOnHost(board: Board, event: Extract<Event, { host: HostName }>, lines: readonly string[]): void {
  const task = board.hosts.get(event.host)
  if (!task) return
  if (event.type === 'step-failed' || event.type === 'undo-failed') board.failed.add(event.host)
  const name = escapeLine(event.host)
  if (isDoing(event)) task.title = [name, ...lines.slice(0, 1)].join(' ')
  else for (const line of lines) task.output = line
  if (event.type === 'step-finished') task.title = name
}

/** Events that say what a host is doing now; the others say what it did. */
const isDoing = ({ type }: Event): boolean =>
  type === 'connecting' ||
  type === 'connected' ||
  type === 'reconnecting' ||
  type === 'planning' ||
  type === 'step-running' ||
  type === 'undo-started' ||
  type === 'measuring'
