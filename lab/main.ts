import { buildImages } from './build-image.ts'
import { type Command, parseCommand, renderHelp } from './command.ts'
import { diagnose } from './doctor.ts'
import { installTools } from './install-tools.ts'
import { crashHost, downLab, resetHost, resetLab, startHost, stopHost, upLab } from './lab.ts'
import { LabError } from './lab-error.ts'
import { printLogs } from './logs.ts'
import { requireRoot } from './requirements.ts'
import { passThrough } from './run-tool.ts'
import { type LabSettings, labSettings } from './settings.ts'
import { sshArgv } from './ssh.ts'
import { readState, requireState } from './state.ts'
import { renderStatus } from './status.ts'
import { networkArgv } from './supervisor.ts'

try {
  const command = parseCommand(process.argv.slice(2))
  if (!['help', 'status', 'doctor'].includes(command.kind)) requireRoot()
  const loopback = command.kind === 'up' && command.loopback !== undefined ? { loopback: command.loopback } : {}
  process.exitCode = await obey(
    command,
    labSettings(process.env, { report: (line) => console.error(line), ...loopback }),
  )
} catch (error) {
  if (!(error instanceof LabError)) throw error
  console.error(`lab: ${error.message}`)
  process.exitCode = error.exitCode
}

async function obey(command: Command, settings: LabSettings): Promise<number> {
  switch (command.kind) {
    case 'help':
      return say([renderHelp()])
    case 'up':
      return up(command, settings)
    case 'down':
      return timed('down, and nothing is left', settings, () => downLab(settings))
    case 'status':
      return status(settings)
    case 'ssh':
      return passThrough(sshArgv(settings, requireState(settings), command.host, command.argv))
    case 'exec':
      return passThrough(networkArgv(requireState(settings).init, command.argv))
    case 'reset':
      return timed('as new', settings, () =>
        command.host === undefined ? resetLab(settings) : resetHost(command.host, settings),
      )
    case 'crash':
      return timed(`${command.host} is off, its plug pulled`, settings, () => crashHost(command.host, settings))
    case 'stop':
      return timed(`${command.host} is off`, settings, () => stopHost(command.host, settings))
    case 'start':
      return timed(`${command.host} is on`, settings, () => startHost(command.host, settings))
    case 'logs':
      return printLogs(command.host, settings)
    case 'build':
      return timed('images are built', settings, () => buildImages(settings, command.images))
    case 'doctor': {
      const { lines, able } = await diagnose(settings)
      say(lines)
      return able ? 0 : 1
    }
    case 'install-tools':
      return installTools(settings)
  }
}

async function up(command: Extract<Command, { kind: 'up' }>, settings: LabSettings): Promise<number> {
  await timed(`${command.topology} is up`, settings, () => upLab(command.topology, settings))
  return status(settings)
}

function status(settings: LabSettings): number {
  const state = readState(settings)
  return say(state === undefined ? [`no lab is up in ${settings.stateDir}`] : renderStatus(settings, state))
}

/** Does the work, then tells its result and how long it took. */
async function timed(result: string, settings: LabSettings, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  const value = await work()
  const names = Array.isArray(value) ? `${value.join(', ')}: ` : ''
  settings.report(`${names}${result} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return 0
}

function say(lines: readonly string[]): number {
  console.log(lines.join('\n'))
  return 0
}
