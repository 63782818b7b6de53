/** One host of a ProxyJump chain; what is not said, ssh_config says. */
export interface Jump {
  readonly host: string
  readonly user?: string
  readonly port?: number
}

/** `[user@]host[:port],...` or `ssh://[user@]host[:port]`, in the order they are gone through; undefined: not understood. */
export function parseJumps(text: string): readonly Jump[] | undefined {
  const jumps = text.split(',').map(parseJump)
  return jumps.every((jump) => jump !== undefined) ? jumps : undefined
}

function parseJump(text: string): Jump | undefined {
  const found = /^(?:ssh:\/\/)?(?:([^@\s]*)@)?(?:\[([^\]\s]+)\]|([^:@\s/[\]]+))(?::(\d+))?\/?$/i.exec(text.trim())
  if (!found) return undefined
  const [, user, bracketed, plain, portText] = found
  const host = bracketed ?? plain ?? ''
  const port = portText === undefined ? undefined : Number(portText)
  if (host.startsWith('-') || user === '' || (port !== undefined && (port < 1 || port > 65_535))) return undefined
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) }
}
