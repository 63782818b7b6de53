import type { Row } from './row.ts'

/** What must hold against hosts, files and people that mean harm. */
export const SECURITY_ROWS: readonly Row[] = [
  {
    id: 'S1',
    what: 'the host key is checked before anything is sent',
    tests: [
      'transport/ssh2.test.ts > who the host is',
      'conformance/cases.ts > a strange key is refused',
      'differential/ssh-known-hosts.test.ts > generated files, by line, marker and key',
    ],
  },
  {
    id: 'S2',
    what: 'no way to skip that check',
    tests: [
      'load/endpoint.test.ts > host keys that would not be checked',
      'load/endpoint.test.ts > cannot turn host keys off, and that is told',
    ],
  },
  {
    id: 'S3',
    what: 'no algorithms of the past',
    tests: ['transport/ssh2.test.ts > a server with algorithms of the past'],
  },
  {
    id: 'S4',
    what: 'keys of others are not used; the agent is not forwarded',
    tests: [
      'transport/ssh2.test.ts > a key file that others can read is not used',
      'transport/ssh2.test.ts > nor one of another user',
      'transport/ssh2.test.ts > an agent logs in, and is not forwarded',
    ],
  },
  {
    id: 'S5',
    what: 'a name of a host is no option and no command',
    tests: [
      'load/bad-files.test.ts > a broken inventory is refused',
      'cli/inventory-program.test.ts > may not name a host that is an option, a command or two lines',
    ],
  },
  {
    id: 'S6',
    what: 'hosts on the way are checked as the last one is',
    tests: ['conformance/cases.ts > a host on the way with an unknown key is refused'],
  },
  {
    id: 'S7',
    what: 'limits of a connection: time, channels, streams',
    tests: [
      'conformance/cases.ts > a server that says nothing is given up',
      'transport/ssh2.test.ts > too many sessions: the channel is refused',
      'conformance/cases.ts > twenty at once, each with its own answer',
    ],
  },
  {
    id: 'S8',
    what: 'a value in shell text is one word',
    tests: [
      'load/template.test.ts > any value comes out of sh as it went in',
      'transport/shell.test.ts > any word comes back through quoting',
      'lab/support/hostile-host.ts > what it says is one word in a script',
    ],
  },
  {
    id: 'S9',
    what: 'quoting of our own, no library',
    tests: ['transport/shell.test.ts > any word comes back through quoting'],
  },
  {
    id: 'S10',
    what: 'options end before values',
    tests: [
      'modules/dash.test.ts > a value that begins with a dash is an option of no tool',
      'lab/support/hostile-host.ts > what it says is one word in a script',
    ],
  },
  {
    id: 'S11',
    what: 'a clean shell: PATH, locale, umask',
    tests: [
      'transport/shell.test.ts > starts clean',
      'conformance/cases.ts > a noisy profile that also breaks PATH, IFS and the locale',
    ],
  },
  {
    id: 'S12',
    what: 'no secret in a process list, on either side',
    tests: [
      'transport/runner.test.ts > neither a secret nor the nonce of the frames is seen in a process list',
      'lab/leak.test.ts > it is nowhere but where it was meant to go',
    ],
  },
  {
    id: 'S13',
    what: 'a password is given to nobody but sudo',
    tests: [
      'lab/transport.test.ts > a password that is not asked for goes nowhere',
      'lab/leak.test.ts > a run that becomes root by a password: that is nowhere either',
    ],
  },
  {
    id: 'S14',
    what: 'secrets are shown and kept nowhere, in no form',
    tests: [
      'lab/leak.test.ts > it is nowhere but where it was meant to go',
      'model/redact.test.ts > a secret in a text is replaced',
      'lab/leak.test.ts > a run that fails and tells why',
    ],
  },
  {
    id: 'S15',
    what: 'records are for their owner alone',
    tests: [
      'journal/store.test.ts > from files that only their owner can read',
      'modules/files/replace-file.test.ts > a folder for pre-images that is a link of someone is refused',
    ],
  },
  {
    id: 'S16',
    what: 'no memory of secrets in dumps',
    tests: ['cli/quiet.test.ts > leaves no dump with a secret'],
    open: 'what a user makes the kernel (ulimit -c) or Node (--report-...) write is theirs',
  },
  {
    id: 'S17',
    what: 'no telemetry',
    tests: [
      'cli/quiet.test.ts > nobody is called but hosts: a run on this machine opens no connection and asks for no name',
    ],
    open: "watched where Node's sockets are made; no source of ours has another way",
  },
  {
    id: 'S18',
    what: 'nothing unsafe reaches a terminal',
    tests: [
      'report/escape.test.ts > whatever text comes, nothing unsafe is left',
      'report/escape.test.ts > reaches no terminal',
      'lab/support/hostile-host.ts > what it says is one word in a script',
    ],
  },
  {
    id: 'S19',
    what: 'facts are data: bounded, never a template',
    tests: [
      'load/template.test.ts > text that looks like a template, without rendering it again',
      'lab/support/hostile-host.ts > a NUL in what it says is refused',
      'transport/shell.test.ts > output above the limit is counted and dropped',
    ],
  },
  {
    id: 'S20',
    what: 'the controller names fetched files',
    tests: [
      'journal/store.test.ts > a name that could be a path is none',
      'lab/everyday-modules.test.ts > named by the controller',
    ],
  },
  {
    id: 'S21',
    what: 'text in Markdown and JSON',
    tests: ['report/run-report.test.ts > markdown of a host cannot break its fence or its table'],
    open: 'there are no HTML, JUnit or CSV reports',
  },
  {
    id: 'S22',
    what: 'schemas reject with a place',
    tests: [
      'load/bad-files.test.ts > a broken runbook is refused',
      'load/bad-keywords.test.ts > every keyword of the language has a broken runbook',
      'fuzz/fuzz.test.ts > is answered with a value or problems at their place',
    ],
  },
  {
    id: 'S23',
    what: 'XML without DOCTYPE',
    tests: ['modules/libvirt/domain-xml.test.ts > a document type'],
  },
  {
    id: 'S24',
    what: 'templates cannot reach the language beneath',
    tests: [
      'load/template.test.ts > parsing answers, rendering answers, and nothing of the scope is ever called',
      'load/template.test.ts > a template is refused',
    ],
  },
  {
    id: 'S25',
    what: 'no install scripts',
    tests: [
      'supply-chain.test.ts > every package that wants to run something when it is installed is allowed or denied by name',
    ],
  },
  {
    id: 'S26',
    what: 'a lockfile',
    tests: ['supply-chain.test.ts > what is installed is what the lockfile says, byte by byte'],
    open: 'advisories are looked up by people: what they are looked up in cannot be reached by CI',
  },
  {
    id: 'S27',
    what: 'few dependencies',
    tests: ['architecture.test.ts > every listed importer of a library is there and imports it'],
  },
  { id: 'S28', what: 'signed releases', tests: [], open: 'there is no release yet, so nothing that could be signed' },
  {
    id: 'S29',
    what: 'no eval, prototypes stay as they are',
    tests: ['fuzz/fuzz.test.ts > harms no prototype', 'load/template.test.ts > nothing of the scope is ever called'],
  },
  {
    id: 'S30',
    what: 'an unprivileged controller',
    tests: ['transport/ssh2.test.ts > trust', 'journal/store.test.ts > from files that only their owner can read'],
    open: 'nothing needs root on the controller; the lab does',
  },
  {
    id: 'S31',
    what: 'tampering with a record shows',
    tests: [
      'journal/chain.test.ts > a record that is missing from the middle is damage',
      'journal/chain.test.ts > a flipped bit anywhere is never read as another record',
    ],
    open: 'whoever can write the record can seal it anew: it is not signed',
  },
  {
    id: 'S32',
    what: 'plan and checks change nothing',
    tests: [
      'engine/plan.test.ts > a plan writes nothing',
      'cli/end-to-end.test.ts > shows the change, says which inventory it took, and changes nothing',
    ],
  },
]
