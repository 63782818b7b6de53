import type { Profiler } from 'node:inspector'
import { Session } from 'node:inspector'

/** What V8 counted since it was last asked: how often functions and blocks ran, and which source was run for the first time. */
export interface Ran {
  readonly blocks: number
  readonly isNew: boolean
}

const OURS = /\/src\/(?:load|model|transport|journal|modules)\/|\/node_modules\/(?:yaml|handlebars|@marcbachmann|ajv)\//

/** Counts work instead of timing it, and tells when an input reaches code that none before it reached. */
export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Map<string, Uint8Array>()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  close(): void {
    this.#session.disconnect()
  }

  /** Counts since it was last asked; what is new stays new for the next one who asks. */
  peek(): Ran {
    return this.#count(() => undefined)
  }

  take(): Ran {
    return this.#count((url, seen) => this.#seen.set(url, seen))
  }

  #count(keep: (url: string, seen: Uint8Array) => void): Ran {
    let scripts: readonly Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (_, taken) => {
      scripts = taken.result // the callback is called before post returns
    })
    const ours = scripts.filter(({ url }) => OURS.test(url))
    const blocks = ours
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .reduce((sum, { count }) => sum + count, 0)
    return { blocks, isNew: ours.filter((script) => this.#hasNew(script, keep)).length > 0 }
  }

  /** Ranges lie within one another, the inner ones later: a block that did not run is cut out of its function. */
  #hasNew({ url, functions }: Profiler.ScriptCoverage, keep: (url: string, seen: Uint8Array) => void): boolean {
    const ranges = functions.flatMap((one) => one.ranges)
    const seen = this.#seen.get(url)
    const end = Math.max(seen?.length ?? 0, ...ranges.map(({ endOffset }) => endOffset))
    const now = new Uint8Array(end)
    for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    const isNew = now.some((ran, at) => ran === 1 && seen?.[at] !== 1)
    if (isNew)
      keep(
        url,
        now.map((ran, at) => ran | (seen?.[at] ?? 0)),
      )
    return isNew
  }
}
