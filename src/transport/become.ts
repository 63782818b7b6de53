import { quote } from '../model/command.ts'
import type { BecomeMethod, Endpoint, Privilege } from '../model/transport.ts'

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** How root is reached: not at all, by a tool that asks for nothing, or by one that asks on its streams. */
export type Become =
  | { readonly kind: 'none' }
  | { readonly kind: 'silent'; readonly tool: 'sudo' | 'doas' }
  | {
      readonly kind: 'asking'
      readonly tool: 'sudo' | 'su'
      readonly prompt: string // of sudo its prompt; of su what stands before its prompt
      readonly started: string // what the shell writes before it reads anything
    }

/** Whoever logs in as root needs no tool; a nonce keeps a host from faking the prompt by chance. */
export function becomeFor(endpoint: Endpoint, privilege: Privilege, newNonce: () => string): Become {
  const tool = becomeTool(endpoint, privilege)
  if (tool === undefined) return { kind: 'none' }
  if (tool === 'doas' || (tool === 'sudo' && !endpoint.becomePassword)) return { kind: 'silent', tool }
  return { kind: 'asking', tool, prompt: `[runbook ${newNonce()}] `, started: `started-${newNonce()}` }
}

/** What makes the one who logged in root; undefined where nothing needs to. */
export const becomeTool = (
  { user, becomeMethod = 'sudo' }: Endpoint,
  privilege: Privilege,
): BecomeMethod | undefined => (privilege === 'login' || user === 'root' ? undefined : becomeMethod)

/**
 * The command that makes the login shell, whichever it is, give way to a POSIX sh with an environment of ours. It
 * is visible to all users of the host (ps), so it holds no frame nonce. Of a tool that may ask, the shell tells that
 * it runs by writing `started` before it reads anything: whatever is written earlier would go to the tool's question.
 */
export function openingText(become: Become): string {
  switch (become.kind) {
    case 'none':
      return `exec ${shellWith('"$HOME"')} /bin/sh`
    case 'silent':
      return `exec ${tidy} ${become.tool} -n -- ${shellWith('/root')} /bin/sh`
    case 'asking':
      return become.tool === 'su' ? suText(become.prompt, become.started) : sudoText(become.prompt, become.started)
  }
}

const shellWith = (home: string): string => `/usr/bin/env -i PATH=${path} HOME=${home} LC_ALL=C`
const tidy = `/usr/bin/env PATH=${path} LC_ALL=C` // a profile may have broken PATH; complaints are read in English

function sudoText(prompt: string, started: string): string {
  const start = quote(`printf %s ${started}; exec /bin/sh`)
  return `exec ${tidy} sudo -S -k -p ${quote(prompt)} -- ${shellWith('/root')} /bin/sh -c ${start}`
}

// su cannot be given a prompt: only what comes behind our mark is taken for one. Words go in as arguments, since
// quotes within quotes mean something else to fish.
function suText(mark: string, started: string): string {
  const script = quote('printf %s "$1"; printf %s "$1" >&2; exec su -c "$2" root')
  const start = quote(`printf %s ${started}; exec ${shellWith('/root')} /bin/sh`)
  return `exec ${tidy} /bin/sh -c ${script} sh ${quote(mark)} ${start}`
}

/** How often the tool has asked so far; su of busybox asks on standard output, all others on standard error. */
export function timesAsked(become: Become, said: { readonly stdout: string; readonly stderr: string }): number {
  if (become.kind !== 'asking') return 0
  if (become.tool === 'sudo') return said.stderr.split(become.prompt).length - 1
  const question = (text: string): number => (afterMark(text, become.prompt).match(suQuestion) ?? []).length
  return question(said.stdout) + question(said.stderr)
}

/** What the tool complained of, without its question. */
export function complaintOf(become: Become, stderr: string): string {
  if (become.kind !== 'asking') return stderr.trim()
  if (become.tool === 'sudo') return stderr.replaceAll(become.prompt, '').trim()
  return (afterMark(stderr, become.prompt) || stderr).replace(suQuestion, '').trim()
}

const suQuestion = /^[^\n:]*password[^\n:]*: ?/gim

const afterMark = (text: string, mark: string): string => text.split(mark)[1] ?? ''
