import type { ProblemError } from '../model/problem.ts'
import type { Endpoint, Privilege, Reply } from '../model/transport.ts'
import { becomeFor, becomeTool } from './become.ts'
import { becomeRefused } from './become-problem.ts'
import type { ChannelEnd, OpenChannel } from './channel.ts'
import type { Job } from './job.ts'
import { killText } from './kill-text.ts'
import { runOnce } from './run-once.ts'
import { Shell, type ShellOptions } from './shell-protocol.ts'
import {
  closedByUs,
  connectionLost,
  noChannel,
  noShell,
  secondsText,
  shellEnded,
  timedOut,
} from './transport-problem.ts'

const killLimitMs = 15_000

export interface QueueOptions {
  readonly endpoint: Endpoint
  readonly privilege: Privilege
  readonly newNonce: () => string // 128 random bits in hex
  readonly openChannel: OpenChannel
  /** What cut the connection; undefined while it stands. */
  readonly lossOf: () => string | undefined
}

/**
 * The jobs for one privilege of one host, on one persistent shell. Probes are written together and behind one
 * another; a session's job is written only to an idle shell. So whenever a shell must be given up, a change that was
 * written has been the one at work, and every other job in flight is a read that may be asked again.
 */
export class ShellQueue {
  readonly #options: QueueOptions
  #waiting: Job[] = []
  #shell: Shell | undefined
  #isKilling = false
  #isPumpDue = false
  #deadline: NodeJS.Timeout | undefined
  #refusal: ProblemError | undefined // of sudo and its like, for ever: a password is not tried twice

  constructor(options: QueueOptions) {
    this.#options = options
  }

  submit(job: Job): void {
    this.#waiting.push(job)
    this.#pumpSoon()
  }

  close(): void {
    this.#shell?.close()
    const jobs = this.#giveUp(this.#shell)
    this.#reject([...jobs, ...this.#waiting.splice(0)], (job) => closedByUs(this.#options.endpoint, job.label))
  }

  // setImmediate comes after all promises that are ready now: their commands join the same write
  #pumpSoon(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    setImmediate(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  #pump(): void {
    const refusal = this.#refusal
    if (this.#isKilling || this.#waiting.length === 0) return
    if (refusal) this.#reject(this.#waiting.splice(0), () => refusal)
    else if (this.#shell) this.#shell.write(this.#nextJobs(this.#shell.isIdle))
    else this.#openShell()
  }

  #nextJobs(isIdle: boolean): Job[] {
    const session = this.#waiting.findIndex((job) => job.by === 'session')
    if (session < 0) return this.#waiting.splice(0)
    return this.#waiting.splice(0, session === 0 && isIdle ? 1 : session)
  }

  #openShell(): void {
    const { connectTimeoutMs } = this.#options.endpoint
    const shell: Shell = new Shell({
      ...this.#shellOptions(),
      listener: {
        hello: () => clearTimeout(this.#deadline),
        started: (job) => this.#setDeadline(job.timeoutMs, () => void this.#expire(shell, job)),
        finished: (job, reply) => this.#finished(job, reply),
        ended: (end) => this.#ended(shell, end),
      },
    })
    this.#shell = shell
    this.#setDeadline(connectTimeoutMs, () =>
      this.#refused(shell, `did not answer within ${secondsText(connectTimeoutMs)}`),
    )
    shell.open().catch((error: unknown) => this.#notOpened(shell, error))
    this.#pump() // the first jobs go out together with the hello
  }

  #shellOptions(): Omit<ShellOptions, 'listener'> {
    const { endpoint, privilege, newNonce, openChannel } = this.#options
    const become = becomeFor(endpoint, privilege, newNonce)
    return { openChannel, become, password: endpoint.becomePassword, nonce: newNonce() }
  }

  #setDeadline(ms: number, act: () => void): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(act, ms)
  }

  #finished(job: Job, reply: Reply): void {
    clearTimeout(this.#deadline)
    job.resolve(reply)
    if (this.#waiting.length > 0) this.#pumpSoon()
  }

  #ended(shell: Shell, end: ChannelEnd): void {
    const loss = this.#options.lossOf()
    if (loss !== undefined) this.#lost(shell, loss)
    else if (shell.pid === undefined) this.#refused(shell, endText(end))
    else this.#shellGone(shell, endText(end))
  }

  #notOpened(shell: Shell, error: unknown): void {
    const { endpoint, lossOf } = this.#options
    const loss = lossOf()
    if (loss !== undefined) this.#lost(shell, loss)
    else this.#rejectAll(shell, noChannel(endpoint, error instanceof Error ? error.message : String(error)))
  }

  #lost(shell: Shell, loss: string): void {
    const { endpoint } = this.#options
    const jobs = [...this.#giveUp(shell), ...this.#waiting.splice(0)]
    this.#reject(jobs, (job) => connectionLost(endpoint, job.label, loss))
  }

  #shellGone(shell: Shell, how: string): void {
    const [current, ...rest] = this.#giveUp(shell)
    current?.reject(shellEnded(this.#options.endpoint, current.label, how))
    this.#waiting.unshift(...rest)
    this.#pumpSoon()
  }

  #refused(shell: Shell, how: string): void {
    const { endpoint, privilege } = this.#options
    const tool = becomeTool(endpoint, privilege)
    const problem = tool
      ? becomeRefused(endpoint, tool, how, shell.complaint())
      : noShell(endpoint, how, shell.complaint())
    if (tool) this.#refusal = problem
    shell.close()
    this.#rejectAll(shell, problem)
  }

  async #expire(shell: Shell, job: Job): Promise<void> {
    const { endpoint, lossOf } = this.#options
    this.#waiting.unshift(...this.#giveUp(shell).slice(1))
    this.#isKilling = true
    const fate = await this.#kill(shell.pid)
    shell.close()
    this.#isKilling = false
    const loss = lossOf() ?? (fate.isSilent ? silenceText(job.timeoutMs) : undefined)
    job.reject(
      loss === undefined
        ? timedOut(endpoint, job.label, job.timeoutMs, fate.text)
        : connectionLost(endpoint, job.label, loss),
    )
    this.#pump()
  }

  async #kill(pid: number | undefined): Promise<{ readonly text: string; readonly isSilent: boolean }> {
    const alive = (why: string, isSilent = false) => ({
      text: `it could not be killed and may still run: ${why}`,
      isSilent,
    })
    if (pid === undefined) return alive('its shell is not known')
    try {
      const reply = await runOnce(this.#shellOptions(), killText(pid), killLimitMs)
      if (reply === 'silence') return alive('the host does not answer', true)
      if (reply.code === 0) return { text: 'it was killed', isSilent: false }
      return alive(`${reply.stdout}${reply.stderr}`.trim())
    } catch (error) {
      return alive(error instanceof Error ? error.message : String(error))
    }
  }

  /** No more events from that shell; its unfinished jobs. */
  #giveUp(shell: Shell | undefined): readonly Job[] {
    clearTimeout(this.#deadline)
    if (this.#shell === shell) this.#shell = undefined
    shell?.detach()
    return shell?.jobs ?? []
  }

  #rejectAll(shell: Shell, problem: ProblemError): void {
    this.#reject([...this.#giveUp(shell), ...this.#waiting.splice(0)], () => problem)
  }

  #reject(jobs: readonly Job[], problemOf: (job: Job) => unknown): void {
    for (const job of jobs) job.reject(problemOf(job))
  }
}

const silenceText = (timeoutMs: number): string =>
  `no end within ${secondsText(timeoutMs)}, and then no answer to anything for ${secondsText(killLimitMs)}`

function endText(end: ChannelEnd): string {
  if (end.signal !== undefined) return `ended by signal ${end.signal}`
  return end.code === undefined ? 'ended' : `ended with code ${end.code}`
}
