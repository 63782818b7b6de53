import { ansiStyle, plainStyle, type Style } from '../report/style.ts'
import type { Output } from './command.ts'
import type { World } from './world.ts'

/** Where something is told, and how. */
export interface Telling {
  readonly world: World
  readonly output: Output
}

/**
 * Colours on a terminal only; NO_COLOR (not empty), TERM=dumb and --no-color turn them off, FORCE_COLOR (not empty,
 * not 0) on. https://no-color.org, https://force-color.org
 */
export function styleFor(stream: NodeJS.WriteStream, { world: { env }, output }: Telling): Style {
  if (output.colour === 'never' || env.NO_COLOR) return plainStyle
  if (env.FORCE_COLOR) return env.FORCE_COLOR === '0' ? plainStyle : ansiStyle
  return stream.isTTY === true && env.TERM !== 'dumb' ? ansiStyle : plainStyle
}
