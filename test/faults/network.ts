import { networkScenarios, twoHostScenarios } from './network-scenarios.ts'
import type { Ending } from './scenario.ts'
import { type MatrixOptions, runMatrix } from './scenario.ts'

/** Runs every scenario of a sick network (`npm run faults -- --only network`), on the lab of `settings`. */
export const networkMatrix = (options: MatrixOptions): Promise<readonly Ending[]> =>
  runMatrix('network', [...networkScenarios(options.seed), ...twoHostScenarios], options)
