import type { GateFault } from './template-gate.ts'

/** The parser's complaint, placed at the braces it stumbled over. */
export function templateSyntaxFault(text: string, message: string): GateFault {
  const stumbled = stumblePlace(text, message)
  const start = Math.max(0, text.lastIndexOf('{{', stumbled))
  const close = text.indexOf('}}', start)
  const end = close < 0 ? text.length : close + (text.startsWith('}}}', close) ? 3 : 2)
  if (close < 0) return { message: 'a {{ is not closed by }}', start, end }
  if (message.includes("got 'EOF'")) return { message: 'a {{#if}} or {{#unless}} is not closed', start, end }
  const shown = text.slice(start, end).split('\n', 1)[0]
  return {
    message: `${shown} cannot be read as a template`,
    start,
    end,
    hint: 'there are {{ name.path }}, {{#if name}}, {{#unless name}} and the helpers q, json, eq; compute values in `vars` with expr, and write \\{{ for braces meant as text',
  }
}

/** Its message shows up to 20 characters before and after the place, line breaks taken out. */
function stumblePlace(text: string, message: string): number {
  const [, excerpt = '', pointer = ''] = message.split('\n')
  const lead = excerpt.startsWith('...') ? 3 : 0
  const flat = flatten(text)
  const found = flat.text.indexOf(excerpt.slice(lead).replace(/\.\.\.$/, ''))
  if (found < 0) return text.length
  return flat.offsets[found + pointer.replace('^', '').length - lead] ?? text.length
}

function flatten(text: string): { readonly text: string; readonly offsets: readonly number[] } {
  const all = Array.from({ length: text.length }, (_, index) => index)
  const offsets = all.filter((index) => text.charAt(index) !== '\n')
  return { text: text.replaceAll('\n', ''), offsets }
}
