import type { Secret } from '../model/secret.ts'
import type { Reply } from '../model/transport.ts'
import { type Become, complaintOf, openingText, timesAsked } from './become.ts'
import { type CappedBytes, createCappedBytes } from './capped-bytes.ts'
import type { Channel, ChannelEnd, OpenChannel } from './channel.ts'
import { createFrameReader } from './frame-reader.ts'
import type { Job } from './job.ts'
import { commandText, helloText } from './shell-text.ts'

const noiseLimitBytes = 65_536
const NEWLINE = Buffer.from('\n')

/** What a shell tells: in this order for each job, and `ended` at most once, after everything else. */
export interface ShellListener {
  readonly hello: () => void
  readonly started: (job: Job) => void // the host has come to it
  readonly finished: (job: Job, reply: Reply) => void
  readonly ended: (end: ChannelEnd) => void
}

export interface ShellOptions {
  readonly openChannel: OpenChannel
  readonly become: Become
  readonly password: Secret | undefined
  readonly nonce: string
  readonly listener: ShellListener
}

type Stream = 'stdout' | 'stderr'

interface Flight {
  readonly job: Job | undefined // none is the hello
  readonly stdout: CappedBytes
  readonly stderr: CappedBytes
  readonly marked: Set<Stream>
}

/**
 * One persistent sh on the host, and the jobs written to it. Jobs may be written before the host has said hello: that
 * saves a round trip. That the shell could not start is told by `ended` without a `hello` before it.
 */
export class Shell {
  readonly #options: ShellOptions
  readonly #flights = new Map<number, Flight>()
  readonly #place: Record<Stream, number> = { stdout: 0, stderr: 0 } // the flight that each stream has come to
  #written = 0
  #channel: Channel | undefined
  #unsent: string[] = []
  #stage: 'awaiting-prompt' | 'awaiting-start' | 'open'
  #pid: number | undefined
  #isDetached = false

  constructor(options: ShellOptions) {
    this.#options = options
    this.#stage = options.become.kind === 'asking' ? 'awaiting-prompt' : 'open'
    this.#flights.set(0, newFlight(undefined, noiseLimitBytes))
    this.#unsent.push(helloText(options.nonce))
  }

  /** Starts it; rejects as openChannel does. */
  async open(): Promise<void> {
    const reader = (stream: Stream) =>
      createFrameReader(this.#options.nonce, {
        bytes: (chunk) => this.#takeBytes(stream, chunk),
        mark: (index, code) => this.#takeMark(stream, index, code),
        lineEnd: () => this.#showLineEnd(stream),
      })
    this.#channel = await this.#options.openChannel(openingText(this.#options.become), {
      stdout: reader('stdout'),
      stderr: reader('stderr'),
      ended: (end) => {
        if (!this.#isDetached) this.#options.listener.ended(end)
      },
    })
    this.#answer(this.#flights.get(0)) // the question may have come before the channel was ours to write to
    this.#send()
  }

  /** The process id of the shell on the host; none before it has said hello. */
  get pid(): number | undefined {
    return this.#pid
  }

  get isIdle(): boolean {
    return this.#flights.size === (this.#pid === undefined ? 1 : 0)
  }

  /** Jobs written and not finished, in order; the host is at the first of them. */
  get jobs(): readonly Job[] {
    return [...this.#flights.values()].flatMap((flight) => flight.job ?? [])
  }

  /** What was said before the hello: of a tool its complaint, of a login shell all that it printed. */
  complaint(): string {
    const hello = this.#flights.get(0)
    const { become } = this.#options
    const stderr = hello?.stderr.bytes().toString() ?? ''
    if (become.kind !== 'none') return complaintOf(become, stderr)
    return `${stderr.trim()}\n${hello?.stdout.bytes().toString() ?? ''}`.trim()
  }

  /** Writes jobs in one piece; the host does them one after another. */
  write(jobs: readonly Job[]): void {
    const isIdle = this.#flights.size === 0
    for (const job of jobs) {
      this.#written += 1
      this.#flights.set(this.#written, newFlight(job, job.limitBytes))
      this.#unsent.push(commandText(this.#options.nonce, this.#written, job.word, job.stdin))
    }
    this.#send()
    const [first] = jobs
    if (isIdle && first) this.#options.listener.started(first)
  }

  /** No more of its events; what the host does meanwhile is not our business any more. */
  detach(): void {
    this.#isDetached = true
  }

  close(): void {
    this.#channel?.close()
  }

  #send(): void {
    if (this.#stage !== 'open' || !this.#channel || this.#unsent.length === 0) return
    this.#channel.write(Buffer.from(this.#unsent.join('')))
    this.#unsent = []
  }

  #takeBytes(stream: Stream, chunk: Buffer): void {
    const flight = this.#flights.get(this.#place[stream])
    if (!flight || this.#isDetached) return // late output of a command that has ended
    flight[stream].add(chunk)
    flight.job?.onOutput?.(stream, chunk)
    this.#answer(flight)
  }

  #showLineEnd(stream: Stream): void {
    if (!this.#isDetached) this.#flights.get(this.#place[stream])?.job?.onOutput?.(stream, NEWLINE, 'shown early')
  }

  // The password is written only when it was asked for: where none is needed, it would reach the shell.
  #answer(hello: Flight | undefined): void {
    const { become, password } = this.#options
    if (become.kind !== 'asking' || this.#stage === 'open' || !hello || !this.#channel) return
    const [stdout, stderr] = [hello.stdout.bytes().toString('latin1'), hello.stderr.bytes().toString('latin1')]
    if (stdout.includes(become.started)) {
      this.#stage = 'open'
      this.#send()
      return
    }
    const asked = timesAsked(become, { stdout, stderr })
    if (asked >= 1 && this.#stage === 'awaiting-prompt') {
      this.#stage = 'awaiting-start'
      if (password) this.#channel.write(Buffer.from(`${password.reveal()}\n`))
      else this.#channel.end()
    }
    if (asked >= 2) this.#channel.end() // one attempt: more of them lock accounts
  }

  #takeMark(stream: Stream, index: number, code: number): void {
    const flight = this.#flights.get(index)
    if (!flight || this.#isDetached || index !== this.#place[stream]) return
    this.#place[stream] = index + 1
    flight.marked.add(stream)
    if (flight.marked.size < 2) return
    this.#flights.delete(index)
    this.#finish(flight, code)
    const next = this.#flights.get(index + 1)?.job
    if (next && !this.#isDetached) this.#options.listener.started(next)
  }

  #finish({ job, stdout, stderr }: Flight, code: number): void {
    if (!job) {
      this.#pid = code
      this.#options.listener.hello()
      return
    }
    const truncated = stdout.dropped() + stderr.dropped() > 0
    this.#options.listener.finished(job, { code, stdout: stdout.bytes(), stderr: stderr.bytes(), truncated })
  }
}

const newFlight = (job: Job | undefined, limitBytes: number): Flight => ({
  job,
  stdout: createCappedBytes(limitBytes),
  stderr: createCappedBytes(limitBytes),
  marked: new Set(),
})
