import type { RulePage } from '../model/rule.ts'

const FINE = 'steps:\n  - file: {path: /etc/motd, content: hello}\n'

/** Remarks that are made elsewhere: when compiling, about waivers, about files of variables. */
export const REMARK_PAGES: readonly RulePage[] = [
  {
    id: 'raw-in-shell',
    severity: 'warning',
    title: 'a value goes into shell text without quotes',
    why: '`{{{ value }}}` puts a value into shell text as it is: a space makes two words of it, and `$(...)` in it is run. `{{ value }}` quotes it as one word. Use the raw form only for a value that is shell text itself.',
    wrong:
      'params:\n  words: {type: string, default: a b, description: words}\nsteps:\n  - shell: {script: "touch {{{ words }}}", check: test -e /run/x}\n    irreversible: true\n',
    right:
      'params:\n  words: {type: string, default: a b, description: words}\nsteps:\n  - shell: {script: "touch {{ words }}", check: test -e /run/x}\n    irreversible: true\n',
  },
  {
    id: 'name-differs',
    severity: 'warning',
    title: 'the name of a runbook differs from that of its file',
    why: 'A runbook is found by the name of its file, and its runs are listed under its own. Rename one of the two.',
    wrong: `# in another.yaml: name: example\n${FINE}`,
    right: FINE,
  },
  {
    id: 'waiver-without-reason',
    severity: 'warning',
    waivable: false,
    title: 'a rule is allowed without saying why',
    why: 'Whoever comes next cannot tell whether it still holds. Without a reason the comment allows nothing.',
    wrong: 'steps:\n  # runbook: allow shell-without-check\n  - shell: {script: "sync"}\n    irreversible: true\n',
    right:
      'steps:\n  # runbook: allow shell-without-check because sync does no harm\n  - shell: {script: "sync"}\n    irreversible: true\n',
  },
  {
    id: 'waiver-unknown-rule',
    severity: 'warning',
    waivable: false,
    title: 'a comment allows what is no rule, or an error',
    why: 'The name is misspelt, or it is one of an error, which cannot be allowed. `runbook explain` lists the rules.',
    wrong:
      'steps:\n  # runbook: allow shel-without-check because it is quick\n  - file: {path: /etc/motd, content: hello}\n',
    right: FINE,
  },
  {
    id: 'waiver-unused',
    severity: 'warning',
    waivable: false,
    title: 'a comment allows what nothing breaks',
    why: 'What it was for is gone, or it stands at the wrong place: at the end of the line, or on the line above. Left alone, it would hide the next mistake there.',
    wrong: 'steps:\n  # runbook: allow kill-9 because it hangs\n  - file: {path: /etc/motd, content: hello}\n',
    right: FINE,
  },
  {
    id: 'inventory-slip',
    severity: 'warning',
    waivable: false,
    title: 'something in an inventory that Ansible takes, and that is probably not meant',
    why: 'A host in no group, a name that is a host and a group, a port that does not count, a name that no template can hold: the message says which. Nothing stops for it, and comments in inventories allow nothing.',
    wrong: `# in the inventory: {all: {hosts: {e1: }, children: {etcd: {hosts: {e2: }}}}}\n${FINE}`,
    right: FINE,
  },
  {
    id: 'unused-vars-file-name',
    severity: 'warning',
    waivable: false,
    title: 'a name in a file of variables that nothing uses',
    why: 'No parameter, no variable of the inventory and no runbook of this call has the name: the value goes nowhere. Most often it is misspelt.',
    wrong:
      '# in --vars-file values.yaml: {contnt: hello}\nparams:\n  content: {type: string, default: x, description: text}\nsteps:\n  - file: {path: /etc/motd, content: "{{ content }}"}\n',
    right:
      '# in --vars-file values.yaml: {content: hello}\nparams:\n  content: {type: string, default: x, description: text}\nsteps:\n  - file: {path: /etc/motd, content: "{{ content }}"}\n',
  },
]

/** What loading refuses, by the kind of its problems; their messages say what exactly is wrong. */
export const LOADING_PAGES: readonly RulePage[] = [
  {
    id: 'yaml',
    severity: 'error',
    title: 'not YAML as we take it',
    why: 'Runbooks are YAML 1.2 without anchors, aliases, tags and duplicate keys: what is read is what is written. Inventories are YAML 1.1, as Ansible reads them.',
    wrong: 'steps:\n  - file: {path: /etc/motd, path: /etc/issue}\n',
    right: FINE,
  },
  {
    id: 'schema',
    severity: 'error',
    title: 'a key that does not exist, a wrong type, something missing',
    why: 'Nothing is ignored: a misspelt keyword would otherwise do nothing without a word. `runbook schema` prints the JSON Schema, with which editors tell it while you type; `runbook modules NAME` shows the arguments of a module.',
    wrong: 'steps:\n  - file: {path: /etc/motd, content: hello, colour: red}\n',
    right: FINE,
  },
  {
    id: 'reference',
    severity: 'error',
    title: 'a name that nothing has, or that is taken',
    why: 'Variables, steps, modules, hosts and files are looked up before the first connection. A name must also have its value where it is used: an output is there only behind its step.',
    wrong: 'steps:\n  - fil: {path: /etc/motd, content: hello}\n',
    right: FINE,
  },
  {
    id: 'template',
    severity: 'error',
    title: 'a template that may not be',
    why: 'Templates know {{ name.path }}, {{#if name}}, {{#unless name}} and the helpers q, json and eq. What needs more is an expression in `vars`. In shell text a value is quoted as one word, so it cannot stand within quotes.',
    wrong: 'steps:\n  - file: {path: /etc/motd, content: "{{ name | upper }}"}\n',
    right: FINE,
  },
  {
    id: 'expression',
    severity: 'error',
    title: 'a CEL expression that does not parse, or cannot give what is wanted',
    why: 'Conditions are CEL, the expression language of Kubernetes: && || ! == in, size(), has(), all(), exists().',
    wrong: 'steps:\n  - file: {path: /etc/motd, content: hello}\n    when: "inventory_hostname = \'e1\'"\n',
    right: 'steps:\n  - file: {path: /etc/motd, content: hello}\n    when: "inventory_hostname == \'e1\'"\n',
  },
  {
    id: 'parameter',
    severity: 'error',
    title: 'a parameter without a value, or with one that does not fit',
    why: 'The message says where the value comes from: default, inventory, --vars-file or --set, the last one holds. `runbook vars HOST NAME -r RUNBOOK` shows all of them; `runbook show RUNBOOK` what is declared.',
    wrong:
      '# --set n=ten\nparams:\n  n: {type: integer, default: 1, description: how many}\nsteps:\n  - file: {path: /etc/motd, content: "{{ n }}"}\n',
    right:
      '# --set n=10\nparams:\n  n: {type: integer, default: 1, description: how many}\nsteps:\n  - file: {path: /etc/motd, content: "{{ n }}"}\n',
  },
  {
    id: 'no-hosts',
    severity: 'error',
    title: 'no host of the inventory matches',
    why: 'The pattern of the runbook or of --limit names no host: that is an error, never a run that silently did nothing. `runbook inventory --graph` shows the groups.',
    wrong: `# --limit nobody\n${FINE}`,
    right: FINE,
  },
]
