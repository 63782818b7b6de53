/** The command of a unit as its files write it, and the file that has the last word. */
export interface UnitCommand {
  readonly file: string
  readonly command: string // verbatim, continuation lines included
}

/** ExecStart= of a service from the output of `systemctl cat`: the last one wins, an empty one clears. */
export function parseExecStart(text: string): UnitCommand | undefined {
  let [file, found, service] = ['', undefined as UnitCommand | undefined, false]
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index += 1) {
    let line = lines[index] ?? ''
    file = /^# (\/\S+)$/.exec(line)?.[1] ?? file
    if (/^\[/.test(line)) service = line.trim() === '[Service]'
    if (!service || !/^ExecStart\s*=/.test(line)) continue
    while (line.endsWith('\\') && index + 1 < lines.length) line += `\n${lines[++index] ?? ''}`
    const command = line.replace(/^ExecStart\s*=\s*/, '').trim()
    found = command === '' ? undefined : { file, command }
  }
  return found
}

/** The environment files of a unit, in order, from `systemctl show`: EnvironmentFiles=, or EnvironmentFile= before v230. */
export const parseEnvironmentFiles = (show: string): readonly string[] =>
  [...show.matchAll(/^EnvironmentFiles?=(\/.*?)(?: \(ignore_errors=(?:yes|no)\))?$/gm)].map(([, file]) => file ?? '')

/** One property of `systemctl show`; undefined where it is absent or empty. */
export const unitProperty = (show: string, name: string): string | undefined =>
  new RegExp(`^${name}=(.+)$`, 'm').exec(show)?.[1]
