import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGoDuration } from '../../../src/model/go-duration.ts'
import { parseBootLog } from '../../../src/modules/etcd/boot-log.ts'
import { localUrl } from '../../../src/modules/etcd/client-url.ts'
import { isOneLineTrap, parseEnvironmentFile } from '../../../src/modules/etcd/environment-file.ts'
import { durationMs } from '../../../src/modules/etcd/etcd-args.ts'
import { reasonIn } from '../../../src/modules/etcd/etcdctl.ts'
import { hexId, parseExactJson } from '../../../src/modules/etcd/exact-json.ts'
import { parseFlags, withoutFlags } from '../../../src/modules/etcd/flag-words.ts'
import { parseFlatYaml } from '../../../src/modules/etcd/flat-yaml.ts'
import { parseEnvironmentFiles, parseExecStart } from '../../../src/modules/etcd/unit-text.ts'
import { parseFrames } from '../../../src/modules/shared/frames.ts'
import { fixture, recorded } from './fixture.ts'

test.each([
  ['100ms', 100],
  ['1s', 1000],
  ['1.5s', 1500],
  ['1m0.5s', 60_500],
  ['250µs', 0.25],
])('Go writes %s for %d ms', (text, ms) => expect(parseGoDuration(text)).toBeCloseTo(ms))
test.each(['', '5', 's', '1 s', '-1s', '1d'])('"%s" is no duration of Go', (text) =>
  expect(parseGoDuration(text)).toBeUndefined(),
)
test('durations of runbooks are in ms', () => {
  expect(['250ms', '60s', '5m', '2h', '0.5s'].map(durationMs)).toEqual([250, 60_000, 300_000, 7_200_000, 500])
})

test('any 64-bit id survives JSON and comes out as etcd prints it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
      const json = parseExactJson(`{"id":${id}}`) as { readonly id: unknown } // sealed: the text is ours
      expect(hexId(json.id)).toBe(id.toString(16))
    }),
  )
})
test('JSON with other numbers is as JSON.parse has it, and no JSON is undefined', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, (_key, one) =>
        typeof one === 'number' && !Number.isSafeInteger(one) && Number.isInteger(one) ? 0 : one,
      )
      expect(parseExactJson(text)).toEqual(JSON.parse(text))
    }),
  )
  expect(parseExactJson('{')).toBeUndefined()
  expect(hexId('12ab')).toBeUndefined()
  expect(hexId(undefined)).toBeUndefined()
})

describe('the log of a start tells the timeouts', () => {
  test.each([
    ['etcd-3.3.27-capnslog-infra1', 100, 1000],
    ['etcd-3.4.23-capnslog-infra1', 100, 1000],
    ['etcd-3.4.23-zap-hb6000-el30000-infra1', 6000, 30_000],
    ['etcd-3.5.16-zap-infra1', 100, 1000],
  ])('%s', (name, heartbeatMs, electionMs) => {
    expect(parseBootLog(fixture(`logs/${name}.boot.log`))).toEqual({ heartbeatMs, electionMs })
  })
  test('and of several starts the last one', () => {
    expect(parseBootLog('embed: heartbeat = 100ms\nembed: election = 1000ms\nembed: heartbeat = 500ms\n')).toEqual({
      heartbeatMs: 500,
      electionMs: 1000,
    })
  })
  test('and nothing where it says nothing', () => expect(parseBootLog('hello').heartbeatMs).toBeUndefined())
})

describe('environment files are read as systemd reads them', () => {
  test('comments, quotes, joined lines, no export', () => {
    const text = '# A=1\n;B=2\nC=3\n D = "4 5"\nE=\'6\'\nexport F=7\nG=8 \\\n9\r\n'
    expect(parseEnvironmentFile(text).map(({ name, value, line }) => [name, value, line])).toEqual([
      ['C', '3', 3],
      ['D', '4 5', 4],
      ['E', '6', 5],
      ['G', '8 9', 7],
    ])
  })
  test('two settings on one line make one value, and are noticed', () => {
    const [found] = parseEnvironmentFile('ETCD_HEARTBEAT_INTERVAL=6000 ETCD_ELECTION_TIMEOUT=30000\n')
    expect(isOneLineTrap(found?.value ?? '')).toBe(true)
    expect(isOneLineTrap('e1=http://10.0.0.1:2380,e2=http://10.0.0.2:2380')).toBe(false)
  })
  test('no text makes the reading fail', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => void parseEnvironmentFile(text)))
  })
})

describe('flags are read as Go reads them', () => {
  test('with one dash or two, with = or a word of its own, alone for true, the last wins', () => {
    const flags = parseFlags(['etcd', '--a=1', '-b', '2', '--c', '--d=x=y', '--a', '3'])
    expect([...flags]).toEqual([
      ['a', '3'],
      ['b', '2'],
      ['c', 'true'],
      ['d', 'x=y'],
    ])
  })
  test('a command loses the flags it is asked to lose, and nothing else', () => {
    const command = '/usr/bin/etcd --name=%H \\\n  --heartbeat-interval=100 --election-timeout 1000 $ARGS "--x=a b"'
    expect(withoutFlags(command, ['heartbeat-interval', 'election-timeout'])).toBe(
      '/usr/bin/etcd --name=%H $ARGS "--x=a b"',
    )
    expect(withoutFlags('/usr/bin/etcd --heartbeat-interval-x=1', ['heartbeat-interval'])).toBe(
      '/usr/bin/etcd --heartbeat-interval-x=1',
    )
  })
})

test('a configuration file is read two levels deep, as YAML and as JSON', () => {
  const yaml =
    "# c\nname: 'it''s'  # x\nheartbeat-interval: 100\nclient-transport-security:\n  cert-file: \"/a b.crt\"\n  client-cert-auth: true\n"
  expect([...parseFlatYaml(yaml)]).toEqual([
    ['name', "it's"],
    ['heartbeat-interval', '100'],
    ['client-transport-security.cert-file', '/a b.crt'],
    ['client-transport-security.client-cert-auth', 'true'],
  ])
  expect(parseFlatYaml('{"heartbeat-interval": 100, "a": {"b": "c"}}').get('a.b')).toBe('c')
  expect(parseFlatYaml('{').size).toBe(0)
})

describe('the unit', () => {
  test('its last ExecStart counts, and an empty one clears', () => {
    const text =
      '# /lib/a\n[Service]\nExecStart=/one\n# /etc/b\n[Service]\nExecStart=\nExecStart=/two \\\n  --x\n[Install]\nExecStart=/three\n'
    expect(parseExecStart(text)).toEqual({ file: '/etc/b', command: '/two \\\n  --x' })
    expect(parseExecStart('# /lib/a\n[Service]\nExecStart=/one\nExecStart=\n')).toBeUndefined()
  })
  test('its environment files, by the name of old and new systemd', () => {
    expect(
      parseEnvironmentFiles(
        'EnvironmentFiles=/etc/a b (ignore_errors=yes)\nEnvironmentFiles=/etc/c (ignore_errors=no)\n',
      ),
    ).toEqual(['/etc/a b', '/etc/c'])
    expect(parseEnvironmentFiles('EnvironmentFile=/etc/old (ignore_errors=yes)\n')).toEqual(['/etc/old'])
  })
})

test.each([
  [['http://10.0.0.1:2379', 'http://127.0.0.1:2379'], 'http://127.0.0.1:2379'],
  [['http://0.0.0.0:2379'], 'http://127.0.0.1:2379'],
  [['https://[::]:2379/'], 'https://127.0.0.1:2379'],
  [['https://10.0.0.1:2379'], 'https://10.0.0.1:2379'],
  [['unix:///run/etcd'], undefined],
])('a host reaches etcd that listens on %j by %s', (listen, url) => expect(localUrl(listen)).toBe(url))

test('frames come back whole, whatever is in them, and rubbish ends them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z.]{1,8}$/), fc.string())), (frames) => {
      const text = frames.map(([name, body]) => `@${name} ${Buffer.byteLength(body)}\n${body}\n`).join('')
      expect(parseFrames(Buffer.from(`${text}rubbish`))).toEqual(frames.map(([name, body]) => ({ name, text: body })))
    }),
  )
})

test('the reason of etcdctl is what it says after its log lines', () => {
  expect(reasonIn(recorded('3.5.16', 'no-quorum', 'alarm-list').stderr)).toBe('context deadline exceeded')
  expect(reasonIn('')).toBe('')
})
