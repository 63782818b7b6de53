import type { Row } from './row.ts'

/** What may break in the middle of a run, and what proves what then happens. */
export const FAULT_ROWS: readonly Row[] = [
  {
    id: '1',
    what: 'the program killed (kill -9) between two steps',
    tests: [
      'lab/faults.test.ts > at records and inside of steps, each run is resumed to its end or undone exactly',
      'lab/resume.test.ts > it goes on to the same end, does nothing twice, and is undone exactly',
    ],
  },
  {
    id: '2',
    what: 'killed after the effect, before its record',
    tests: [
      'engine/undo-in-doubt.test.ts > is asked of the operator with what to type, and nothing more is undone',
      'lab/receipts.test.ts > killed in a step, a run takes over what the step did without it',
      'lab/faults.test.ts > at records and inside of steps, each run is resumed to its end or undone exactly',
    ],
  },
  {
    id: '3',
    what: 'killed after the intent, before the effect',
    tests: [
      'engine/receipt.test.ts > what had not begun is begun anew',
      'engine/apply.test.ts > every change is in the journal before it happens',
    ],
  },
  {
    id: '4',
    what: 'the script on the host killed',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'engine/receipt.test.ts > what began and left no exit code is not done again: nobody knows',
      'engine/resume.test.ts > is not run again unless its outcome is known',
    ],
  },
  {
    id: '5',
    what: 'the journal torn at its end, or damaged in the middle',
    tests: [
      'journal/chain.test.ts > whatever was cut off at the end, every whole record before it is read',
      'journal/chain.test.ts > a flipped bit anywhere is never read as another record',
      'journal/store.test.ts > a torn tail is set aside when the journal is opened again',
      'journal/store.test.ts > damage before the end is an error that names the line',
    ],
  },
  {
    id: '6',
    what: 'the connection lost in a command that changes something',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of the network ends right',
      'lab/faults.test.ts > one of three hosts cut off at a boundary of the journal',
      'lab/receipts.test.ts > a connection that is cut in a step is made anew',
      'engine/link.test.ts > a change that is lost is not asked again',
    ],
  },
  {
    id: '7',
    what: 'the same with a terminal on the host',
    tests: ['lab/transport.test.ts > with use_pty in sudoers, bytes stay as they are'],
    open: 'the program never asks for a terminal; only sudo may make one of its own',
  },
  {
    id: '8',
    what: 'a frozen host, or a network that swallows everything',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of the network ends right',
      'lab/receipts.test.ts > a network that swallows everything is noticed',
    ],
  },
  {
    id: '9',
    what: 'the host reboots in a step',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'lab/confirm.test.ts > a host that is restarted before its time is over undoes nothing by itself',
      'engine/away.test.ts > is waited for by what lies on the host that switched it off',
      'lab/everyday-modules.test.ts > killed while the host boots, the program goes on and does not boot it again',
      'modules/system/reboot.test.ts > it goes down, is waited for while it is away, and is back by another boot',
      'engine/receipt-shell.test.ts > after a reboot nobody believes that it has not begun',
    ],
  },
  {
    id: '10',
    what: 'a command that hangs',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'lab/receipts.test.ts > the deadline leaves no process',
      'engine/receipt-shell.test.ts > killing takes all that it started, also what defies TERM',
    ],
  },
  {
    id: '11',
    what: 'ending a command of sudo',
    tests: [
      'lab/transport.test.ts > is killed on the host',
      'lab/receipts.test.ts > the second Ctrl-C leaves no process',
    ],
  },
  {
    id: '12',
    what: 'two operators at once',
    tests: [
      'lab/locks.test.ts > of two operators who apply at once exactly one runs',
      'cli/locks.test.ts > while one run works on a host, another controller is refused',
      'engine/host-lock-shell.test.ts > of many that want a host at once, one gets it',
    ],
  },
  {
    id: '13',
    what: 'who holds the lock dies',
    tests: [
      'lab/locks.test.ts > a killed run keeps all its hosts',
      'journal/lock.test.ts > the lock of a process that was killed is free at once',
      'cli/locks.test.ts > a killed run keeps its hosts from others, and its resume takes them over',
    ],
  },
  {
    id: '14',
    what: 'who holds the lock is frozen or away',
    tests: [
      'lab/locks.test.ts > where the first controller is lost, unlock shows what lies there',
      'cli/locks.test.ts > unlock frees what a lost controller held, once nothing runs there',
      'engine/host-lock-shell.test.ts > a broken lock frees the host and fences its holder',
    ],
  },
  {
    id: '15',
    what: 'a program that was taken for dead wakes up',
    tests: ['cli/locks.test.ts > a run whose host was taken from it begins nothing there any more'],
  },
  {
    id: '16',
    what: "the controller's disk is full",
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'journal/store.test.ts > a state folder that cannot be made is told',
    ],
  },
  {
    id: '17',
    what: 'fsync of the journal fails',
    tests: [
      'journal/store.test.ts > a disk that does not keep what was written stops everything',
      'journal/must-be-synced.test.ts > what announces an effect, and that one is undone, is on the disk before anything follows',
    ],
    open: "the error comes from Node's own call: nothing here makes a real disk fail at fsync without a kernel module",
  },
  {
    id: '18',
    what: 'the disk of the host is full',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'engine/receipt-shell.test.ts > where no receipt can be kept the command runs all the same',
      'modules/files/replace-file.test.ts > killed at any moment of',
    ],
  },
  {
    id: '19',
    what: 'a file half written',
    tests: [
      'modules/files/replace-file.test.ts > killed at any moment of',
      'modules/files/replace-file.test.ts > rolling back restores, and doing it again finishes',
    ],
  },
  {
    id: '20',
    what: 'a file changed by somebody else meanwhile',
    tests: [
      'cli/end-to-end.test.ts > is refused when the host has drifted',
      'modules/files/replace-file.test.ts > a rollback leaves what someone edited since',
    ],
  },
  {
    id: '21',
    what: 'the host key has changed',
    tests: [
      'transport/ssh2.test.ts > a changed key is told with both fingerprints and the line',
      'cli/trust.test.ts > without --replace a changed key is refused',
    ],
  },
  {
    id: '22',
    what: 'a key of another algorithm is offered',
    tests: ['conformance/cases.ts > of several host keys the known type is asked for'],
  },
  {
    id: '23',
    what: 'a revoked key, a certificate authority',
    tests: [
      'transport/ssh2.test.ts > a revoked key is refused, whatever else knows it',
      'conformance/cases.ts > known by a certificate authority only',
    ],
  },
  {
    id: '24',
    what: 'sudo wants a password, gets a wrong one, wants a terminal',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'lab/transport.test.ts > with a password, given only when our own prompt asks for it',
      'lab/transport.test.ts > a wrong password is tried once, however many commands wait',
      'lab/transport.test.ts > requiretty is told as such',
    ],
  },
  {
    id: '25',
    what: 'the login shell is dash, busybox ash, or none',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'transport/shell.test.ts > starts clean',
      'lab/transport.test.ts > login shells and their noise',
      'conformance/account-cases.ts > nologin is told with what it says',
    ],
  },
  {
    id: '26',
    what: 'a noisy profile',
    tests: [
      'conformance/cases.ts > a noisy profile that also breaks PATH, IFS and the locale',
      'transport/runner.test.ts > noise of start-up files is not output',
    ],
  },
  {
    id: '27',
    what: 'another locale',
    tests: [
      'transport/shell.test.ts > starts clean',
      'conformance/cases.ts > a noisy profile that also breaks PATH, IFS and the locale',
    ],
  },
  {
    id: '28',
    what: 'gigabytes of output',
    tests: [
      'lab/support/hostile-host.ts > gigabytes of output leave the controller below',
      'conformance/cases.ts > 1 GiB of stdout, counted as it comes and not kept',
      'conformance/cases.ts > a flood of stderr does not stall stdout',
    ],
  },
  {
    id: '29',
    what: 'binary output, no UTF-8',
    tests: [
      'conformance/cases.ts > one million random bytes in and out unchanged',
      'lab/support/hostile-host.ts > what drips out byte by byte comes whole',
    ],
  },
  {
    id: '30',
    what: 'who reads our output is slow',
    tests: ['cli/quiet.test.ts > who reads our output slowly holds up our screen and not the step'],
    open: 'the run waits for its reader between two steps: writing to a pipe that nobody reads blocks in the kernel',
  },
  {
    id: '31',
    what: 'clocks that are wrong or jump',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'engine/receipt-name.test.ts > whatever the clock is set to, each receipt has a name of its own',
      'journal/store.test.ts > a run id sorts after the newest run also when the clock was set back',
    ],
    open: "that a host's own clock is off: it is compared with nothing",
  },
  {
    id: '32',
    what: 'an undo fails',
    tests: [
      'lab/rollback.test.ts > a failing undo stops no other; the rollback is told, killed at any record, repeated, and in the end exact',
      'engine/apply.test.ts > a failing undo is told, the others go on',
    ],
  },
  {
    id: '33',
    what: 'killed while undoing',
    tests: [
      'lab/rollback.test.ts > killed at any record, repeated, and in the end exact',
      'lab/resume.test.ts > is undone exactly',
    ],
  },
  {
    id: '34',
    what: 'Ctrl-C',
    tests: [
      'cli/stop-switch.test.ts > the second one first ends what runs on the hosts',
      'lab/receipts.test.ts > the second Ctrl-C leaves no process',
      'engine/apply.test.ts > a stop asked for ends the run between two steps, without undoing',
    ],
  },
  {
    id: '35',
    what: 'the plan is stale',
    tests: [
      'cli/end-to-end.test.ts > is refused when the host has drifted',
      'engine/apply.test.ts > a plan that is no longer true stops before any write',
    ],
  },
  {
    id: '36',
    what: 'some hosts of many fail',
    tests: [
      'engine/apply.test.ts > hosts that fail within the budget are left out of later stages and told',
      'lab/etcd-modules.test.ts > while a member is down no other may be stopped',
    ],
  },
  {
    id: '37',
    what: 'a verification that flaps',
    tests: [
      'engine/retry-until.test.ts > is made again until its output satisfies it',
      'engine/apply.test.ts > a closed gate stops before the first write of its stage',
    ],
  },
  {
    id: '38',
    what: 'a node of a distributed engine dies',
    tests: [],
    open: 'there is none: one program on one controller',
  },
  {
    id: '39',
    what: 'the program is of another version after the crash',
    tests: [
      'journal/chain.test.ts > a journal of another format is told as that, not as damage',
      'cli/resume.test.ts > a runbook that has changed since is shown',
    ],
    open: 'there is one released format so far, so no journal of an older one',
  },
  {
    id: '40',
    what: 'YAML that is deep, huge, doubled or of another version',
    tests: [
      'load/yaml-document.test.ts > refuses nesting that would exhaust the stack',
      'load/linear.test.ts > twice as many of them is twice as much to do',
      'fuzz/fuzz.test.ts > is answered with a value or problems at their place',
    ],
  },
  {
    id: '41',
    what: 'output that would take over a terminal, a page or a shell',
    tests: [
      'report/escape.test.ts > whatever text comes, nothing unsafe is left',
      'report/run-report.test.ts > markdown of a host cannot break its fence or its table',
      'lab/support/hostile-host.ts > what it says is one word in a script',
    ],
  },
  {
    id: '42',
    what: 'a process id that is used again',
    tests: [
      'engine/receipt-shell.test.ts > a process id that is another process by now, or of another boot, is not taken for who began',
      'engine/receipt-shell.test.ts > runs on when the shell that began it is killed',
    ],
  },
  {
    id: '43',
    what: 'the run folder on the host is gone',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of hosts and the controller ends right',
      'engine/settle-receipts.test.ts > how a step with',
      'modules/files/replace-file.test.ts > a rollback without its pre-image says so and touches nothing',
    ],
  },
  {
    id: '44',
    what: 'another machine under the same name',
    tests: [
      'lab/faults-network-host.test.ts > every scenario of the network ends right',
      'engine/link.test.ts > another machine that answers after the connection was lost is refused',
      'engine/on.test.ts > stops where the other host changed since the plan, or is another one',
    ],
  },
  {
    id: '45',
    what: 'the program runs out of memory, or has a defect',
    tests: ['lab/faults.test.ts > at records and inside of steps, each run is resumed to its end or undone exactly'],
    open: 'it is the same as a kill: nothing is tidied up on the way out',
  },
]
