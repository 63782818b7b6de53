import { createRequire } from 'node:module'
import type Handlebars from 'handlebars'
import { type Gated, type GateFault, gateTemplate, type TemplateUse } from './template-gate.ts'
import { templateSyntaxFault } from './template-syntax-fault.ts'

/** Its parser alone: the rest of the library is not used, and costs a start-up of some milliseconds. */
const require = createRequire(import.meta.url)
const parser = () => require('handlebars/dist/cjs/handlebars/compiler/base.js') as Pick<typeof Handlebars, 'parse'>

/** Does a text hold anything that a template could replace? */
export const hasTemplate = (text: string): boolean => text.includes('{{')

/**
 * Parses a template and lets it through the gate. Handlebars is only the parser: what comes out is a tree of ours that
 * renderTemplate walks, so nothing is compiled to code and no helper of Handlebars exists.
 */
export function parseTemplate(text: string, use: TemplateUse): Gated | { readonly faults: readonly GateFault[] } {
  try {
    return gateTemplate({ text, use, program: parser().parse(text) })
  } catch (thrown) {
    return { faults: [templateSyntaxFault(text, thrown instanceof Error ? thrown.message : String(thrown))] }
  }
}
