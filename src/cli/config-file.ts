import { existsSync } from 'node:fs'
import path from 'node:path'
import { suggest } from '../load/nearest.ts'
import { readText } from '../load/source-text.ts'
import { parseYaml } from '../load/yaml-document.ts'
import { childOf, itemsOf, membersOf, spanOf, textOf, type YamlNode } from '../load/yaml-node.ts'
import { fail, type Problem, type Result, succeed } from '../model/problem.ts'
import type { World } from './world.ts'

/** What a project says of itself in `runbook.config.yaml`. */
export interface Config {
  readonly inventories: readonly string[] // empty: not said
}

export const CONFIG_FILE = 'runbook.config.yaml'
const KEYS = ['inventory']

/** The configuration of the folder that the program was started in; none is an empty one. */
export function readConfig({ cwd }: Pick<World, 'cwd'>): Result<Config> {
  const file = path.join(cwd, CONFIG_FILE)
  if (!existsSync(file)) return succeed({ inventories: [] })
  const text = readText(file, 'configuration')
  if (!text.ok) return text
  const tree = parseYaml(CONFIG_FILE, text.value, 'runbook')
  return tree.ok ? configOf(tree.value) : tree
}

function configOf(root: YamlNode): Result<Config> {
  const inventory = childOf(root, 'inventory')
  const named = inventory === undefined ? [] : inventory.kind === 'list' ? itemsOf(inventory) : [inventory]
  const problems = [
    ...(root.kind === 'map' ? [] : [wrong(root, 'the configuration is a mapping')]),
    ...unknownKeys(root),
    ...notTexts(named),
  ]
  return problems.length > 0 ? fail(problems) : succeed({ inventories: named.map((node) => textOf(node) ?? '') })
}

const wrong = (node: YamlNode, message: string): Problem => ({ kind: 'schema', message, at: spanOf(node) })

const unknownKeys = (root: YamlNode): readonly Problem[] =>
  membersOf(root)
    .filter(({ key }) => !KEYS.includes(key))
    .map((member) => ({
      kind: 'schema',
      message: `${CONFIG_FILE} has no key "${member.key}"`,
      at: spanOf(member),
      hint: suggest(member.key, KEYS) ?? `it has: ${KEYS.join(', ')}`,
    }))

const notTexts = (nodes: readonly YamlNode[]): readonly Problem[] =>
  nodes
    .filter((node) => textOf(node) === undefined)
    .map((node) => wrong(node, 'inventory is a file name, or a list of them'))
