import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { downLab, upLab } from '../../lab/lab.ts'
import { labPaths } from '../../lab/paths.ts'
import { labSettings } from '../../lab/settings.ts'
import { TOPOLOGIES } from '../../lab/topologies.ts'
import { cliAt } from './support/cli-at.ts'
import { onHost } from './support/node-stand-in.ts'

// A node (d1), a front with a real nginx and TLS (f1), and behind it an nginx that answers as Rancher's /ping and /v3/connect do (s1).
// Each break is real: sockets, packets, names and certificates; the agent is a unit with its own mounts that a program in the place of
// crictl tells of, and for the clock, which all hosts share, a program in the place of date.

const folder = mkdtempSync(path.join(tmpdir(), 'runbook-lab-'))
const settings = labSettings({}, { stateDir: path.join(folder, 'lab') })
const on = (host: string, script: string): Promise<string> => onHost(settings, host, script)
const [front, server, node] = TOPOLOGIES.rancher.hosts.map(({ address }) => address)
const inventory = path.join(folder, 'inventory.yaml')
const cli = cliAt({ settings, stateDir: path.join(folder, 'state'), inventory })

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const write = (file: string, text: string): string => `echo ${base64(text)} | base64 -d >${file}`

const rancher = `server {
  listen 8080;
  location /ping { return 200 pong; }
  location = /v3/settings/cacerts { alias /srv/cacerts; }
  location /v3/connect { if ($http_upgrade != websocket) { return 400; } return 101; }
}
`
const site = (headers: string): string => `server {
  listen 443 ssl;
  ssl_certificate /etc/nginx/front.crt; ssl_certificate_key /etc/nginx/front.key;
  location / { proxy_pass http://${server}:8080; proxy_http_version 1.1; proxy_connect_timeout 2s; ${headers} }
}
`
const upgrades = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection Upgrade;'
const certificate = (from: string, until: string): string => `cd /etc/nginx
openssl req -new -newkey rsa:2048 -nodes -keyout front.key -subj /CN=rancher.lab -out front.csr 2>/dev/null
printf 'subjectAltName=DNS:rancher.lab' >ext; : >index; echo 01 >serial; mkdir -p new
printf '[ca]\\ndefault_ca=lab\\n[lab]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=new\\ncertificate=ca.crt\\nprivate_key=ca.key\\ndefault_md=sha256\\npolicy=any\\nunique_subject=no\\n[any]\\ncommonName=supplied\\n' >ca.conf
openssl ca -batch -notext -config ca.conf -in front.csr -out front.crt -extfile ext -startdate ${from} -enddate ${until} 2>/dev/null`
const crictl = `#!/bin/sh
# tells of the unit that stands in for the agent
systemctl -q is-active agent || exit 0
case $1 in ps) echo 0a1b2c ;; inspect) printf '{ "info": { "pid": %s, "sandboxID": "1" } }' "$(systemctl show -P MainPID agent)" ;; esac
`
// Its hosts lie on the node's: a new file in the place of /etc/hosts (sed -i) would take them away, so breaks write into the old one.
const startAgent =
  'systemd-run -q --unit=agent -p BindPaths=/root/pod-hosts:/etc/hosts -p Environment=CATTLE_CA_CHECKSUM=$(cat /root/sum) sleep infinity'
/** A vxlan between two hosts as flannel makes it: the first one's pods are in 10.42.N.0/24, the other's in the other of two. */
const overlay = (from: string | undefined, to: string | undefined, n: '1' | '2'): string => {
  const other = n === '1' ? '2' : '1'
  return `ip link add flannel.1 address 02:00:00:00:42:0${n} type vxlan id 1 local ${from} dev host0 dstport 8472 nolearning
ip address add 10.42.${n}.0/32 dev flannel.1; ip link set flannel.1 up; ip route add 10.42.${other}.0/24 via 10.42.${other}.0 dev flannel.1 onlink
ip neigh add 10.42.${other}.0 lladdr 02:00:00:00:42:0${other} dev flannel.1 nud permanent; bridge fdb append 02:00:00:00:42:0${other} dev flannel.1 dst ${to}`
}
const good = certificate('20200101000000Z', '20991231000000Z')

beforeAll(async () => {
  await upLab('rancher', settings)
  await on('s1', `${write('/etc/nginx/sites-enabled/default', rancher)}; systemctl restart nginx`)
  await on(
    'f1',
    `cd /etc/nginx; openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 9999 -subj /CN=lab-ca 2>/dev/null
${good}
${write('/etc/nginx/sites-enabled/default', site(upgrades))}; cp sites-enabled/default /root/site; cp front.crt front.key /root; systemctl restart nginx`,
  )
  const ca = await on('f1', 'cat /etc/nginx/ca.crt')
  await on(
    'd1',
    `${write('/etc/rancher-ca.crt', `${ca}\n`)}; echo ${front} rancher.lab >>/etc/hosts; cp /etc/hosts /root/hosts
${write('/usr/local/bin/crictl', crictl)}; chmod 755 /usr/local/bin/crictl; cp /etc/hosts /root/pod-hosts
sha256sum /etc/rancher-ca.crt | cut -c 1-64 >/root/sum; ${startAgent}; ${overlay(node, server, '1')}`,
  )
  await on(
    's1',
    `printf '{"name":"cacerts","value":"%s"}' '${ca.trim().replaceAll('\n', '\\n')}' >/srv/cacerts; ${overlay(server, node, '2')}`,
  )
  const sum = await on('f1', 'nginx -T 2>/dev/null | sha256sum | cut -c 1-64')
  const host = (name: string, address: string | undefined, role: string): string =>
    `    ${name}: {ansible_host: ${address}, rancher_role: ${role}}\n`
  const lab = labPaths(settings.stateDir)
  writeFileSync(
    inventory,
    `all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: ${lab.key}
    ansible_ssh_common_args: "-o UserKnownHostsFile=${lab.knownHosts}"
    server_url: https://rancher.lab
    front_addresses: ["${front}"]
    rancher_ports: ["${server}:8080"]
    node_ports: ["${node}:22"]
    ca: /etc/rancher-ca.crt
    nginx_sha256: "${sum}"
  hosts:
${host('f1', front, 'front')}${host('s1', server, 'server')}${host('d1', node, 'downstream')}`,
  )
})
afterAll(async () => {
  await downLab(settings)
  rmSync(folder, { recursive: true })
})

interface Told {
  readonly causes: readonly string[]
  readonly says: string
  readonly unseen: number
}

async function diagnose(): Promise<Told> {
  const { stdout, stderr } = await cli.run(
    'diagnose',
    'rancher-downstream-connectivity',
    '--json',
    '--set',
    'window=4s',
  )
  const [found] = JSON.parse(stdout || '{"diagnoses":[]}').diagnoses
  if (!found) throw new Error(stderr + stdout)
  const causes: readonly { name: string; hosts: readonly { host: string; says: string }[] }[] = found.causes
  return {
    causes: causes.map(({ name, hosts }) => `${name}: ${hosts.map(({ host }) => host).join(' ')}`),
    says: causes.flatMap(({ hosts }) => hosts.map(({ says }) => says)).join('\n'),
    unseen: found.unseen.length,
  }
}

const drop = (
  host: string,
  hook: string,
  match: string,
  verdict = 'counter drop',
): readonly [string, string, string] => [
  host,
  `nft add table inet cut; nft add chain inet cut c '{ type filter hook ${hook} priority 0; }'; nft add rule inet cut c ${match} ${verdict}`,
  'nft delete table inet cut',
]

test('nothing is wrong where nothing is broken, and nothing is changed', async () => {
  expect(await diagnose()).toEqual({ causes: [], says: '', unseen: 0 })
})

test.each<readonly [name: string, host: string, breaks: string, mends: string, cause: string, says: RegExp]>([
  ['the agent is missing', 'd1', 'systemctl stop agent', startAgent, 'no agent runs on the node: d1', /^d1: neither/],
  [
    'the name resolves to another address',
    'd1',
    `sed 's/^${front} rancher.lab/${server} rancher.lab/' /root/hosts >/etc/hosts`,
    'cp /root/hosts /etc/hosts',
    'name of the server resolves wrongly: d1',
    /is 10\.77\.0\.42 here, and should be 10\.77\.0\.41/,
  ],
  [
    'the name does not resolve',
    'd1',
    `sed '/rancher.lab/d' /root/hosts >/etc/hosts`,
    'cp /root/hosts /etc/hosts',
    'name of the server resolves wrongly: d1',
    /does not resolve here/,
  ],
  [
    "the name does not resolve in the agent's pod alone",
    'd1',
    'cp /root/hosts /root/kept; grep -v rancher.lab /root/hosts >/root/pod-hosts',
    'cat /root/kept >/root/pod-hosts',
    "name of the server resolves wrongly in the agent's pod: d1",
    /in the agent's pod rancher\.lab is \[\]/,
  ],
  [
    'UDP 8472 is dropped between nodes',
    ...drop('d1', 'input', 'udp dport 8472'),
    'UDP 8472 is lost between nodes: d1',
    /d1 <-> 10\.77\.0\.42: nothing answers through flannel\.1/,
  ],
  [
    "the node's clock is an hour ahead",
    'd1',
    `${write('/usr/local/bin/date', '#!/bin/sh\ncase $* in "-u +%s") echo $(($(/bin/date +%s) + 3600)) ;; *) exec /bin/date "$@" ;; esac\n')}; chmod 755 /usr/local/bin/date`,
    'rm /usr/local/bin/date',
    'clocks differ: d1',
    /d1: its clock and the front's are 3[56]\d\d s apart/,
  ],
  [
    'Rancher has other certificates than the agent was given',
    'd1',
    `cp /root/sum /root/kept; echo ${'0'.repeat(64)} >/root/sum; systemctl stop agent; ${startAgent}`,
    `cp /root/kept /root/sum; systemctl stop agent; ${startAgent}`,
    'agent expects other certificates: d1',
    /CATTLE_CA_CHECKSUM of the agent is 0{64}/,
  ],
  [
    'nginx is stopped',
    'f1',
    'systemctl stop nginx',
    'systemctl start nginx',
    'nginx does not run on the front: f1',
    /nginx is inactive/,
  ],
  [
    'the configuration of nginx was changed and no longer passes websockets on',
    'f1',
    `sed -i 's/proxy_set_header.*; }/}/' /etc/nginx/sites-enabled/default; systemctl reload nginx`,
    'cp /root/site /etc/nginx/sites-enabled/default; systemctl reload nginx',
    'configuration of nginx was changed: f1',
    /its sum is [0-9a-f]{64}/,
  ],
  [
    'the configuration of nginx is broken',
    'f1',
    'echo "nonsense;" >>/etc/nginx/sites-enabled/default',
    'cp /root/site /etc/nginx/sites-enabled/default',
    'configuration of nginx is broken: f1',
    /unknown directive/,
  ],
  [
    'a firewall of the front answers with a reset',
    ...drop('f1', 'input', 'tcp dport 443', 'counter reject with tcp reset'),
    "front's port is closed, node to front: d1",
    /d1 -> front: .* refuses/,
  ],
  [
    'packets to the front are dropped',
    ...drop('f1', 'input', 'tcp dport 443'),
    'packets are lost from the node to the front: d1',
    /does not arrive/,
  ],
  [
    'answers of the front are dropped',
    ...drop('f1', 'output', 'tcp sport 443'),
    'answers are lost from the front to the node: d1',
    /^front -> d1: the front sees its packets/,
  ],
  [
    'answers are dropped where they arrive',
    ...drop('d1', 'input', 'tcp sport 443'),
    'answers are lost from the front to the node: d1',
    /the answers do not arrive/,
  ],
  [
    'the certificate has expired',
    'f1',
    `${certificate('20200101000000Z', '20200201000000Z')}; systemctl reload nginx`,
    'cp /root/front.crt /root/front.key /etc/nginx; systemctl reload nginx',
    'certificate of the front: d1',
    /certificate has expired/,
  ],
  [
    'Rancher is stopped',
    's1',
    'systemctl stop nginx',
    'systemctl start nginx',
    'front does not reach Rancher: f1',
    /^f1 -> Rancher: 10\.77\.0\.42:8080 refuses/,
  ],
])('%s: found at its hop', async (_, host, breaks, mends, cause, says) => {
  await on(host, breaks)
  const told = await diagnose()
  await on(host, mends)
  expect(told.causes).toEqual([cause])
  expect(told.says).toMatch(says)
})

test('a node whose sshd is down: it cannot be looked at, and Rancher is refused there', async () => {
  await on('d1', 'systemd-run -q --unit=stops systemctl stop ssh') // for good: it is the last test
  await on('s1', `while timeout 1 bash -c ': </dev/tcp/${node}/22' 2>/dev/null; do sleep 0.1; done`)
  const told = await diagnose()
  expect(told.unseen).toBe(1)
  expect(told.causes).toEqual(['Rancher does not reach the node: s1'])
  expect(told.says).toMatch(/10\.77\.0\.43:22 refuses/)
})
