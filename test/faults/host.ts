import { hostScenarios } from './host-scenarios.ts'
import { type Ending, type MatrixOptions, runMatrix } from './scenario.ts'

/** Runs every scenario of a sick host or controller, on the lab of `settings`. */
export const hostMatrix = (options: MatrixOptions): Promise<readonly Ending[]> =>
  runMatrix('host', hostScenarios, options)
