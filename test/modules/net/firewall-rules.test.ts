import { expect, test } from 'vitest'
import { parseIptables, parseNft } from '../../../src/modules/net/firewall-rules.ts'

test('nft: rules and policies that drop or reject, by hook, with counts where they count', () => {
  const text = `table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept comment "never drop these"
		tcp dport 22 counter packets 4 bytes 240 accept
		tcp dport 443 counter packets 12 bytes 720 reject with tcp reset
		ip saddr 10.0.0.9 drop
	}
	chain output {
		type filter hook output priority filter; policy accept;
	}
	chain own {
		counter packets 1 bytes 60 drop
	}
}
`
  expect(parseNft(text)).toEqual([
    { hook: 'input', chain: 'inet filter input', rule: 'policy drop', packets: null },
    { hook: 'input', chain: 'inet filter input', rule: 'tcp dport 443 counter reject with tcp reset', packets: 12 },
    { hook: 'input', chain: 'inet filter input', rule: 'ip saddr 10.0.0.9 drop', packets: null },
    { hook: '', chain: 'inet filter own', rule: 'counter drop', packets: 1 },
  ])
})

test('iptables-save -c: the same', () => {
  const text = `*filter
:INPUT DROP [12:720]
:OUTPUT ACCEPT [5:300]
:KUBE-FIREWALL - [0:0]
[9:540] -A INPUT -i lo -j ACCEPT
[3:180] -A OUTPUT -p tcp -m tcp --dport 443 -j REJECT --reject-with icmp-port-unreachable
[0:0] -A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP
COMMIT
`
  expect(parseIptables(text).map(({ hook, chain, packets }) => [hook, chain, packets])).toEqual([
    ['input', 'filter INPUT', 12],
    ['output', 'filter OUTPUT', 3],
    ['', 'filter KUBE-FIREWALL', 0],
  ])
})
