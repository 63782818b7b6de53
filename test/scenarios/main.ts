import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { downLab, upLab } from '../../lab/lab.ts'
import { labSettings } from '../../lab/settings.ts'
import { cliAt } from '../lab/support/cli-at.ts'
import { clusterOf } from './cluster.ts'
import { besides, isRight, matrixText, type Result, resultLine, resultOf } from './matrix.ts'
import { runScenario } from './run-scenario.ts'
import { scenariosFrom } from './scenario.ts'

// node test/scenarios/main.ts: what `diagnose etcd-slow-disk` says of clusters of which it is known what is wrong. Needs root, as the
// lab does; 20 s a scenario.
//   --seed S      what is drawn (told, so that it can be repeated)   --only TEXT   part of scenarios' names, or a scenario's own seed
//   --keep DIR    where the diagnoses are written

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string', default: '' },
    keep: { type: 'string' },
  },
})
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const chosen = scenariosFrom(Number(values.seed)).filter(
  ({ name, seed }) => name.includes(values.only) || String(seed) === values.only,
)

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-scenarios-'))
const settings = labSettings({}, { stateDir: folder })
const results: Result[] = []
print(`seed ${values.seed}, ${chosen.length} scenarios`)
try {
  await upLab('etcd3', settings)
  const cluster = clusterOf(settings, cliAt({ settings, stateDir: path.join(folder, 'state') }))
  for (const scenario of chosen) {
    const diagnosis = await runScenario(cluster, scenario)
    const result = resultOf(scenario, diagnosis)
    results.push(result)
    if (values.keep) writeFileSync(path.join(values.keep, `${scenario.seed}.json`), JSON.stringify(diagnosis, null, 1))
    print(resultLine(result))
    for (const more of besides(result)) print(`       besides: ${more}`)
  }
} finally {
  await downLab(settings)
  rmSync(folder, { recursive: true, force: true })
}
print(`\n${matrixText(results)}\n\n${results.filter(isRight).length} of ${results.length} right`)
process.exitCode = results.length > 0 && results.every(isRight) ? 0 : 1
