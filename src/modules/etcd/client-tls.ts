import { ProblemError } from '../../model/problem.ts'
import { type Frame, frameText } from '../shared/frames.ts'
import { parseEnvironmentFile } from './environment-file.ts'
import type { SeenProcess } from './look-etcd.ts'

/** Files of a TLS client, on the host; null: none is needed or known. */
export interface EtcdTls {
  readonly cacert: string | null
  readonly cert: string | null
  readonly key: string | null
}

/**
 * The files that etcdctl is given on this host, where the environment of etcd or one of its unit's files names them
 * (ETCDCTL_CERT; kubespray writes them so): a member's own certificate need not be one that a client may show.
 */
export function etcdctlFiles({ environment, environmentFiles }: SeenProcess): Partial<EtcdTls> {
  const inFiles = environmentFiles.flatMap((file) =>
    parseEnvironmentFile(file.text).map(({ name, value }): readonly [string, string] => [name, value]),
  )
  const all = new Map([...environment, ...inFiles])
  const [cacert, cert, key] = ['ETCDCTL_CACERT', 'ETCDCTL_CERT', 'ETCDCTL_KEY'].map((name) => all.get(name))
  return { ...(cacert ? { cacert } : {}), ...(cert && key ? { cert, key } : {}) }
}

/** Throws ProblemError where the script's `tls_reason` told why TLS does not come about. */
export function refuseTls(url: string, frames: readonly Frame[]): void {
  const reason = frameText(frames, 'tls')?.trim()
  if (!reason) return
  throw new ProblemError({ kind: 'blocked', message: `etcd cannot be asked at ${url}: ${reason}`, hint: tlsHint })
}

export const tlsHint =
  "the files come from the member's own settings, kubeadm's folder, or ETCDCTL_CACERT, ETCDCTL_CERT and ETCDCTL_KEY in the environment file of its unit; cacert, cert and key of the step name others"

/**
 * `tls_reason URL`, given on standard input what a client said when it failed: prints why, where it lies in the files ($cacert, $cert,
 * $key), else nothing. A member that refuses a client's certificate only closes the connection (TLS 1.3): openssl, where the host has
 * it, looks at the certificate as the member would.
 */
export const tlsReasonText = `
tls_reason() {
  said=$(cat)
  case $1 in https:*) ;; *) return ;; esac
  for tls_file in "$cacert" "$cert" "$key"; do
    [ -z "$tls_file" ] || [ -e "$tls_file" ] || { echo "there is no $tls_file"; return; }
    [ -z "$tls_file" ] || [ -r "$tls_file" ] || { echo "$tls_file cannot be read"; return; }
  done
  shown=$(printf '%s\\n' "$said" | sed -n -e 's/.*\\(x509: [^"\\\\]*\\).*/\\1/p' -e 's/.*SSL certificate problem: \\(.*\\)/\\1/p' | head -n 1)
  [ -z "$shown" ] || { echo "the member's certificate is not accepted with the CA \${cacert:-of the system}: $shown"; return; }
  if [ -n "$cert" ] && command -v openssl >/dev/null 2>&1 && until=$(openssl x509 -in "$cert" -noout -enddate 2>/dev/null); then
    wrong=$(openssl verify -partial_chain \${cacert:+-CAfile "$cacert"} -untrusted "$cert" -purpose sslclient "$cert" 2>&1) ||
      { echo "the client certificate $cert (until \${until#notAfter=}) is not valid: $(printf '%s\\n' "$wrong" | sed -n 's/.*lookup: *//p' | head -n 1)"; return; }
  fi
  pair=$(printf '%s\\n' "$said" | sed -n -e 's/.*\\(tls: [^"\\\\]*\\).*/\\1/p' -e 's/^curl: (58) //p' | head -n 1)
  [ -z "$pair" ] || echo "the client certificate $cert with the key $key: $pair"
}
`
