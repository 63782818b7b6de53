import { suggest } from '../load/nearest.ts'
import { pageOf, RULE_PAGES } from '../load/rules.ts'
import { ProblemError } from '../model/problem.ts'
import { createModules } from '../modules/index.ts'
import { moduleText } from '../report/module-text.ts'
import { ruleListText, ruleText } from '../report/rule-text.ts'
import type { CommandOf } from './command.ts'
import { EXIT_CODES } from './exit-code.ts'
import { styleFor } from './look.ts'
import type { World } from './world.ts'

/** `runbook explain [TOPIC]`: all rules, or one rule, kind of problem, exit code or module. */
export function explainCommand({ topic, output }: CommandOf<'explain'>, world: World): 0 {
  const style = styleFor(world.stdout, { world, output })
  const page = topic === undefined ? undefined : pageOf(topic)
  if (output.format === 'json' && (topic === undefined || page)) {
    world.stdout.write(`${JSON.stringify(page ?? RULE_PAGES, undefined, 2)}\n`)
  } else if (topic === undefined) world.stdout.write(ruleListText(RULE_PAGES, style))
  else world.stdout.write(page ? ruleText(page, style) : otherText(topic, style))
  return 0
}

function otherText(topic: string, style: ReturnType<typeof styleFor>): string {
  const exit = Object.entries(EXIT_CODES).find(([code]) => code === topic)
  if (exit) return `exit code ${exit[0]}: ${exit[1]}\n`
  const modules = createModules()
  const module = modules.get(topic)
  if (module) return moduleText(module, style)
  const hint = suggest(topic, [...RULE_PAGES.map(({ id }) => id), ...modules.keys()])
  throw new ProblemError({
    kind: 'reference',
    message: `there is no rule, exit code or module ${topic}`,
    hint: hint?.startsWith('did you mean') ? hint : 'runbook explain lists the rules',
  })
}
