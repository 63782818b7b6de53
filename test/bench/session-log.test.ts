import { expect, it } from 'vitest'
import { countSessions } from '../../bench/session-log.ts'

// as OpenSSH 9.2p1 writes it at LogLevel VERBOSE
const one = `Connection from 127.0.0.1 port 41032 on 127.0.0.1 port 35441 rdomain ""
Accepted key ED25519 SHA256:aaaa found at /tmp/sshd/authorized_keys:1
Postponed publickey for root from 127.0.0.1 port 41032 ssh2 [preauth]
Accepted publickey for root from 127.0.0.1 port 41032 ssh2: ED25519 SHA256:aaaa
Starting session: command for root from 127.0.0.1 port 41032 id 0
Starting session: command for root from 127.0.0.1 port 41032 id 1
Close session: user root from 127.0.0.1 port 41032 id 0
Disconnected from user root 127.0.0.1 port 41032
`

it('counts logins as connections and started sessions as channels', () => {
  expect(countSessions(one)).toEqual({ connections: 1, channels: 2 })
})

it('does not count a connection that never logged in', () => {
  expect(countSessions(one.split('\n').slice(0, 3).join('\n'))).toEqual({ connections: 0, channels: 0 })
})
