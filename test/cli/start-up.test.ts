import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { LOCAL_INVENTORY, makeProject } from './project.ts'
import { runbook } from './spawn-runbook.ts'

vi.setConfig({ testTimeout: 60_000 }) // each call is a process of its own

/** The libraries that a call loads, by what Node resolves. */
async function loadedBy(args: readonly string[], cwd?: string): Promise<readonly string[]> {
  const log = path.join(mkdtempSync(path.join(tmpdir(), 'runbook-loaded-')), 'log')
  const hook = `import{registerHooks}from'node:module';import{appendFileSync}from'node:fs';registerHooks({load(url,c,next){appendFileSync(${JSON.stringify(log)},url+'\\n');return next(url,c)}})`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`
  await runbook(args, { env: { NODE_OPTIONS }, ...(cwd === undefined ? {} : { cwd }) })
  const names = readFileSync(log, 'utf8').matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)\//g)
  return [...new Set([...names].map(([, name]) => name ?? ''))].sort()
}

test.each([[['--help']], [['plan', '--help']], [['paln']], [['runs']]])(
  '%j loads no library but the parser of arguments',
  async (args) => {
    expect(await loadedBy(args)).toEqual(['commander'])
  },
)

test('--version loads no library at all', async () => {
  expect(await loadedBy(['--version'])).toEqual([])
})

test('a plan of local hosts loads neither ssh2 nor listr2', async () => {
  const { folder } = makeProject({
    'runbooks/look.yaml': 'name: look\nsummary: x\nhosts: all\nguards:\n  - assert: {that: "true", message: x}\n',
    'inventories/default.yaml': LOCAL_INVENTORY,
  })
  const loaded = await loadedBy(['plan', 'look'], folder)
  expect(loaded).toContain('yaml')
  expect(loaded).not.toContain('ssh2')
  expect(loaded).not.toContain('listr2')
})
