import { type Command, rawText, script, sh } from '../../model/command.ts'
import { ProblemError } from '../../model/problem.ts'
import type { Reply } from '../../model/transport.ts'
import { frameFunction } from '../shared/frames.ts'
import { tlsReasonText } from './client-tls.ts'
import type { EtcdSettings } from './settings-of.ts'

/** What the shell prelude exits with when the host has no etcdctl (or etcdutl, where one is needed). */
const noTool = 91

/**
 * A script that talks to etcd: in `text`, `ec ...` is etcdctl with API 3, the member's TLS files and every call
 * bounded (dial 3 s, command 10 s, 30 s in all; a dead endpoint costs 5 s per call otherwise); $endpoint is the member's
 * own URL; `tls_reason URL` as in client-tls.ts; `tool NAME` finds a program of etcd, in a container's file system too; `frame NAME` (frames.ts).
 */
export function etcdScript(settings: EtcdSettings, text: string, ...before: readonly Command[]): Command {
  const { endpoint, pid, tls } = settings
  const values = script(
    sh`endpoint=${endpoint} pid=${pid}`,
    sh`cacert=${tls.cacert ?? ''} cert=${tls.cert ?? ''} key=${tls.key ?? ''}`,
  )
  return script(values, ...before, rawText(prelude), rawText(text))
}

// From 3.5 on etcdctl refuses a flag whose variable is set, and root's environment may set some.
const prelude = `
${frameFunction}${tlsReasonText}
tool() {
  command -v "$1" 2>/dev/null && return
  for tool_dir in /usr/local/bin /opt/bin /opt/etcd /opt/etcd/bin "/proc/$pid/root/usr/local/bin" "/proc/$pid/root/usr/bin"; do
    [ -x "$tool_dir/$1" ] && { printf '%s\\n' "$tool_dir/$1"; return; }
  done
  return 1
}
etcdctl=$(tool etcdctl) || { echo etcdctl; exit ${noTool}; }
unset ETCDCTL_ENDPOINTS ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY ETCDCTL_DIAL_TIMEOUT ETCDCTL_COMMAND_TIMEOUT
bound=; timeout 5 true 2>/dev/null && bound='timeout 30'
ec() {
  case " $*" in *https://*) by_tls=yes ;; *) by_tls= ;; esac
  ETCDCTL_API=3 $bound "$etcdctl" --dial-timeout=3s "--command-timeout=\${limit:-10s}" \\
    \${by_tls:+\${cacert:+"--cacert=$cacert"}} \${by_tls:+\${cert:+"--cert=$cert"}} \${by_tls:+\${key:+"--key=$key"}} "$@"
}
`

/** Throws ProblemError missing-tool where the prelude found no etcdctl. */
export function requireTool(reply: Reply): void {
  if (reply.code !== noTool) return
  const name = reply.stdout.toString('utf8').trim() || 'etcdctl'
  throw new ProblemError({
    kind: 'missing-tool',
    message: `the host has no ${name}, and none was found in the container of etcd`,
    hint:
      name === 'etcdutl'
        ? 'etcd 3.6 restores snapshots with etcdutl only; install it'
        : 'install the etcd client package',
  })
}

/** The last line of what etcdctl says on stderr, without its log lines: the reason in few words. */
export function reasonIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^(\{"level"|\d{4}-|Deprecated:)/.test(line))
  return (lines.at(-1) ?? stderr.trim().split('\n').at(-1) ?? '').replace(/^Error: /, '').trim()
}
