import type { Found, LintInput, LintRule, LintStep } from './lint-rule.ts'
import { placeInScalar } from './scalar-place.ts'
import { childOf, itemsOf, membersOf, spanOf, textOf, type YamlNode } from './yaml-node.ts'

/** A way in which a command has taken down systems before. */
interface Risk {
  readonly id: string
  readonly title: string
  readonly why: string
  readonly hint: string
  readonly pattern: string // of the command and its arguments, from its first word on
  readonly wrong: string // of shell text
  readonly right: string
  /** Is there something in the runbook that watches over it? */
  readonly guarded?: (one: LintStep, input: LintInput) => boolean
}

const REST = '[^\\n;&|]{0,400}' // of one simple command; bounded, so that a hostile line stays linear

const RISKS: readonly Risk[] = [
  {
    id: 'rm-of-variable',
    title: 'rm -r of a path that a variable gives',
    why: 'An empty variable makes `rm -rf "$dir"/*` delete the root. Stop on an empty one, `"${dir:?}"`, or use the module file with state absent.',
    hint: 'stop when it is empty: rm -rf "${dir:?}"',
    pattern: `rm\\b(?=${REST}\\s-\\w*[rR])${REST}?(?:\\$(?!\\{\\w+:\\?)|\\{\\{)${REST}`,
    wrong: 'dir=/var/tmp/x; rm -rf "$dir"',
    right: 'dir=/var/tmp/x; rm -rf "${dir:?}"',
  },
  {
    id: 'kill-9',
    title: 'a process is killed without a chance to end',
    why: 'A killed process flushes nothing and releases nothing: databases recover for minutes, locks stay. Ask it to end first (TERM), and let systemd kill it after its own deadline.',
    hint: 'use service with state stopped or restarted',
    pattern: `(?:kill|pkill|killall)\\b${REST}?\\s-(?:9|KILL|SIGKILL|s\\s*(?:9|KILL|SIGKILL))\\b`,
    wrong: 'kill -9 1234',
    right: 'kill 1234',
  },
  {
    id: 'firewall-off',
    title: 'a firewall is emptied or stopped',
    why: 'It opens the host to everybody, and on hosts of Kubernetes it also deletes the rules of services and pods. Add or delete the one rule that is meant.',
    hint: 'change one rule: iptables -I ... or nft add rule ...',
    pattern: `(?:ip6?tables\\b${REST}?\\s(?:-F|-X|--flush|-P\\s+\\w+\\s+ACCEPT)\\b|nft\\s+(?:flush|delete\\s+table)\\b|ufw\\s+(?:disable|reset)\\b|setenforce\\s+0\\b|systemctl\\s+(?:stop|disable|mask)\\b${REST}?\\b(?:firewalld|nftables|ufw|iptables)\\b)`,
    wrong: 'iptables -F',
    right: 'iptables -D INPUT -p tcp --dport 2379 -j DROP',
  },
  {
    id: 'disk-format',
    title: 'a disk is formatted or partitioned',
    why: 'Nothing brings back what was on it, and device names change from boot to boot. Check first that it is empty (blkid), name it by /dev/disk/by-id, and mark the step as irreversible or commit.',
    hint: 'let check look with blkid, and name the disk by /dev/disk/by-id/...',
    pattern: `(?:mkfs(?:\\.\\w+)?|mke2fs|mkswap|wipefs|pvcreate|sgdisk|sfdisk|parted)\\b`,
    wrong: 'mkfs.ext4 /dev/sdb',
    right: 'blkid /dev/sdb',
  },
  {
    id: 'disk-overwrite',
    title: 'a file or a disk is overwritten',
    why: 'dd, shred and blkdiscard overwrite a file or a whole disk without asking, and a wrong name costs the data of another one.',
    hint: 'check the target first; fallocate makes an empty file',
    pattern: `(?:dd\\b${REST}?\\sof=(?!/dev/null\\b)|shred\\b|blkdiscard\\b)`,
    wrong: 'dd if=/dev/zero of=/dev/sdb bs=1M count=1',
    right: 'fallocate -l 1M /var/tmp/empty',
  },
  {
    id: 'container-kill',
    title: 'a container is killed or removed by force',
    why: 'What runs in it ends without a chance to save anything, and under Kubernetes the kubelet starts it again at once.',
    hint: 'stop it: docker stop, or delete the pod with kubectl',
    pattern: `(?:docker|podman|nerdctl|crictl)\\s+(?:container\\s+)?(?:kill\\b|rmp?\\s+(?:-\\w*f\\w*|--force)\\b)`,
    wrong: 'docker kill etcd',
    right: 'docker stop etcd',
  },
  {
    id: 'vm-destroy',
    title: 'a virtual machine is switched off hard or deleted',
    why: '`virsh destroy` is pulling the plug: file systems of the guest are left as they are. `undefine` and `vol-delete` remove it for good.',
    hint: 'virsh shutdown, and wait until it is off',
    pattern: `virsh\\s${REST}?\\b(?:destroy|undefine|reset|vol-delete|pool-destroy)\\b`,
    wrong: 'virsh destroy node1',
    right: 'virsh shutdown node1',
  },
  {
    id: 'quorum-service-stop',
    title: 'etcd, kubelet or the container runtime is stopped without a guard',
    why: 'Stopped on too many hosts at a time, a cluster loses its quorum or its workloads. Give the stage a gate (rolling: gate) or look first (etcd_healthy with stopping: 1).',
    hint: 'rolling: {batch: 1, gate: [{etcd_healthy: {}}]}',
    pattern: `systemctl\\s${REST}?\\b(?:stop|restart|kill)\\s${REST}?\\b(?:etcd|kubelet|docker|containerd)\\b`,
    wrong: 'systemctl restart etcd',
    right: 'systemctl restart cron',
    guarded: ({ stage }, { steps }) =>
      (stage?.rolling.gate.length ?? 0) > 0 || steps.some(({ step }) => step.module.name === 'etcd_healthy'),
  },
  {
    id: 'host-restart',
    title: 'the host is restarted or switched off from a script',
    why: 'The connection breaks in the middle of the step, and nobody waits for the host to come back before the next one goes down.',
    hint: 'restart one host at a time, and wait for it with wait_for',
    pattern: '(?:reboot|poweroff|halt|shutdown|init\\s+[06]|systemctl\\s+(?:reboot|poweroff|halt|kexec))\\b',
    wrong: 'reboot',
    right: 'last reboot',
  },
  {
    id: 'download-and-run',
    title: 'a download is run unseen',
    why: 'Whoever controls the server, or the network to it, has root on every host; and what was run cannot be told afterwards.',
    hint: 'save it, compare its sha256, then run it',
    pattern: `(?:curl|wget)\\b[^\\n;&]*\\|\\s*(?:sudo\\s+)?(?:ba|da|z)?sh\\b`,
    wrong: 'curl -s https://example.org/x.sh | sh',
    right: 'curl -s -o /var/tmp/x.sh https://example.org/x.sh',
  },
  {
    id: 'world-writable',
    title: 'a file is made writable for everybody',
    why: 'Any process on the host may then replace the file; with a program or a unit file that is root for everybody.',
    hint: 'give it to the user that needs it: chown, and mode 0640',
    pattern: `chmod\\s${REST}?(?:\\b0?777\\b|\\ba\\+rwx\\b|\\bo\\+w)`,
    wrong: 'chmod -R 777 /var/lib/etcd',
    right: 'chmod -R 700 /var/lib/etcd',
  },
  {
    id: 'kubectl-force',
    title: 'a pod is deleted by force',
    why: 'The API forgets the pod while it still runs: of a StatefulSet two then write to the same volume.',
    hint: 'drain the node, or delete without --force',
    pattern: `kubectl\\s(?=${REST}\\bdelete\\b)${REST}?(?:--force\\b|--grace-period[= ]0\\b)`,
    wrong: 'kubectl delete pod etcd-0 --force',
    right: 'kubectl delete pod etcd-0',
  },
  {
    id: 'etcd-member-remove',
    title: 'a member of etcd is removed, or its data replaced',
    why: 'Removing a member of a cluster that is short of one loses the quorum, and a restored snapshot makes another cluster of it: neither is undone by adding it again.',
    hint: 'look first: etcd_healthy with stopping: 1, and keep a snapshot with etcd_snapshot',
    pattern: `(?:etcdctl|etcdutl)\\s${REST}?\\b(?:member\\s+remove|snapshot\\s+restore|del\\b${REST}?\\s--prefix)\\b`,
    wrong: 'etcdctl member remove 8e9e05c52164694d',
    right: 'etcdctl member list',
  },
]

/** Commands that have taken down systems before, in shell text, argument lists, checks and undo. */
export const RISK_RULES: readonly LintRule[] = RISKS.map((risk) => ({
  id: risk.id,
  severity: 'warning',
  title: risk.title,
  why: risk.why,
  wrong: bodyWith(risk.wrong),
  right: bodyWith(risk.right),
  needs: 'text',
  find: (input) =>
    input.steps.flatMap((one) =>
      risk.guarded?.(one, input) ? [] : textsOf(one).flatMap((text) => riskIn(risk, one, text)),
    ),
}))

function bodyWith(script: string): string {
  return `steps:\n  - shell:\n      check: test -e /run/done\n      script: |\n        ${script}\n    irreversible: true\n`
}

interface CommandText {
  readonly text: string
  readonly place: (start: number, end: number) => Found['at']
}

/** Where a command may begin: a line, behind `;`, `&`, `|`, a bracket, a word that runs another, or sh -c. */
const BEGIN =
  '(?:^|[\\n;&|({`]|(?:\\b(?:sudo|exec|then|do|else|if|while|xargs|nohup|time|env)|\\s-l?c)(?:\\s+-\\w+)*\\s["\']?)[ \\t]*(?:/\\S*/)?'

function riskIn(risk: Risk, { step }: LintStep, { text, place }: CommandText): readonly Found[] {
  return [...text.matchAll(new RegExp(`${BEGIN}(${risk.pattern})`, 'gm'))].flatMap((match) => {
    const words = (match[1] ?? '').trimEnd()
    const start = match.index + match[0].length - (match[1] ?? '').length
    if (isComment(text, start)) return []
    const at = place(start, start + words.length)
    return [{ at, message: `${risk.title}: ${words}`, hint: risk.hint, line: step.at.line }]
  })
}

const isComment = (text: string, at: number): boolean =>
  /^\s*#/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))

function textsOf({ step, node, args }: LintStep): readonly CommandText[] {
  const undo = step.undo ? membersOf(childOf(node, 'undo'))[0]?.value : undefined
  return [args, ...(undo ? [undo] : [])].flatMap((one) => [
    ...scriptText(childOf(one, 'script')),
    ...scriptText(childOf(one, 'check')),
    ...argvText(childOf(one, 'argv')),
    ...serviceText(one),
  ])
}

function scriptText(node: YamlNode | undefined): readonly CommandText[] {
  const text = textOf(node)
  if (node?.kind !== 'scalar' || text === undefined) return []
  return [{ text, place: (start, end) => placeInScalar(node, start, end) }]
}

function argvText(node: YamlNode | undefined): readonly CommandText[] {
  if (node?.kind !== 'list') return []
  const words = itemsOf(node).map((item) => textOf(item) ?? '')
  return [{ text: words.join(' '), place: () => spanOf(node) }]
}

/** The module `service` is systemctl in other words. */
function serviceText(args: YamlNode): readonly CommandText[] {
  const unit = textOf(childOf(args, 'unit'))
  const state = childOf(args, 'state')
  const verb = { stopped: 'stop', restarted: 'restart' }[textOf(state) ?? '']
  if (unit === undefined || !state || verb === undefined) return []
  return [{ text: `systemctl ${verb} ${unit}`, place: () => spanOf(state) }]
}
