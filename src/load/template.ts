import Handlebars from 'handlebars'
import { type Gated, type GateFault, gateTemplate, type TemplateUse } from './template-gate.ts'
import { templateSyntaxFault } from './template-syntax-fault.ts'

/** Does a text hold anything that a template could replace? */
export const hasTemplate = (text: string): boolean => text.includes('{{')

/**
 * Parses a template and lets it through the gate. Handlebars is only the parser: what comes out is a tree of ours that
 * renderTemplate walks, so nothing is compiled to code and no helper of Handlebars exists.
 */
export function parseTemplate(text: string, use: TemplateUse): Gated | { readonly faults: readonly GateFault[] } {
  try {
    return gateTemplate({ text, use, program: Handlebars.parse(text) })
  } catch (thrown) {
    return { faults: [templateSyntaxFault(text, thrown instanceof Error ? thrown.message : String(thrown))] }
  }
}
