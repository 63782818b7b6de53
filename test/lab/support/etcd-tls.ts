import type { Cluster } from '../../scenarios/cluster.ts'

/**
 * Makes keys and certificates in the folder $1, which is valid at the addresses that follow: `ca` and `other-ca`; of the first `member` (server
 * and client), `server` (which no client may show) and `expired`; of the second `other`.
 */
export const pkiText = `
mkdir -p "$1"; cd "$1"; shift
names=DNS:localhost; for address; do names=$names,IP:$address; done
key='ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
sign() {
  openssl req -newkey $key -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf 'subjectAltName=%s\\nextendedKeyUsage=%s\\n' "$names" "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "$4" -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}
for ca in ca other-ca; do
  openssl req -x509 -newkey $key -days 30 -subj "/CN=$ca" -keyout "$ca.key" -out "$ca.crt" 2>/dev/null
done
sign member ca serverAuth,clientAuth 30
sign server ca serverAuth 30
sign expired ca serverAuth,clientAuth 0
sign other other-ca serverAuth,clientAuth 30
`

const FOLDER = '/etc/etcd/tls'

/** Clients and metrics of every member behind TLS that wants a certificate of the client; members talk to one another as before. */
export async function behindTls({ on, members }: Pick<Cluster, 'on' | 'members'>): Promise<void> {
  const [first] = members
  if (!first) throw new Error('there is no member')
  const addresses = ['127.0.0.1', ...members.map(({ address }) => address)].join(' ')
  await on(first.name, `set -e; set -- ${FOLDER} ${addresses}; ${pkiText}`)
  const files = await on(first.name, `tar cz -C ${FOLDER} . | base64`)
  const settings = [
    `ETCD_CERT_FILE=${FOLDER}/member.crt`,
    `ETCD_KEY_FILE=${FOLDER}/member.key`,
    `ETCD_TRUSTED_CA_FILE=${FOLDER}/ca.crt`,
    'ETCD_CLIENT_CERT_AUTH=true',
    'ETCD_LISTEN_METRICS_URLS=https://127.0.0.1:2381',
  ]
  await Promise.all(
    members.map(({ name }) =>
      on(
        name,
        `set -e; mkdir -p ${FOLDER}; base64 -d <<'FILES' | tar xz -C ${FOLDER}
${files}
FILES
chown -R etcd: ${FOLDER}; sed -i '/CLIENT_URLS/s|http:|https:|g' /etc/default/etcd
printf '%s\\n' ${settings.join(' ')} >>/etc/default/etcd; systemctl restart etcd`,
      ),
    ),
  )
}

/** etcdctl and curl on a host as clients that the members accept. */
export const WITH_CERTIFICATE = `export ETCDCTL_API=3 ETCDCTL_CACERT=${FOLDER}/ca.crt ETCDCTL_CERT=${FOLDER}/member.crt ETCDCTL_KEY=${FOLDER}/member.key`

/** From now on the host's client shows another certificate: lines of the unit's own file, which etcd itself does not read. */
export const showing = (certificate: string): string =>
  `printf '%s\\n' ETCDCTL_CERT=${FOLDER}/${certificate}.crt ETCDCTL_KEY=${FOLDER}/${certificate}.key >>/etc/default/etcd`
