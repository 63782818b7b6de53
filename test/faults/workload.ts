import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Where each effect on a host notes itself, out of the program's reach: lines `<seconds since 1970> <what>`. */
export const EFFECT_LOG = '/var/log/faults/effects'

/** What must be found nowhere but in the one file that it is for. */
export const CANARY = 'canary "of" the faults é'
export const CANARY_FILE = '/srv/faults-token'

/** The steps that nothing but a receipt can judge: free commands, without a check. */
export const UNSEEN_STEPS: readonly string[] = ['free', 'final']

/**
 * Ten changes on each host: stage by stage, the first one host after the other, the second on all at once. `final`
 * has no way back and runs with `--set final=true` only.
 */
const BOOK = `name: faults
summary: Every kind of change, to be disturbed
hosts: all
become: true
on_failure: stop
params:
  token: {type: string, secret: true, description: what must not be found anywhere}
  final: {type: boolean, default: false, description: with the change that has no way back}
stages:
  - name: A service
    rolling: {batch: 1}
    steps:
      - {id: copied, copy: {src: files/app, path: /etc/faults}}
      - id: unit
        file:
          path: /etc/systemd/system/faults.service
          content: |
            [Service]
            Environment=PACE=1
            EnvironmentFile=-/etc/default/faults
            ExecStartPre=/bin/sh -c 'faults-note start pace=$PACE'
            ExecStart=/bin/sleep infinity
            [Install]
            WantedBy=multi-user.target
      - {id: started, service: {unit: faults.service, state: started, enabled: true}}
  - name: Its settings
    rolling: {batch: "100%"}
    steps:
      - {id: pace, env_file: {path: /etc/default/faults, create: true, set: {PACE: "2"}}}
      - {id: restarted, service: {unit: faults.service, state: restarted}, when_changed: pace}
      - id: made
        shell: {script: "faults-note begin made; sleep 0.1; echo made >/srv/made; faults-note end made", creates: /srv/made}
        undo: {command: {argv: [rm, -f, /srv/made]}}
      - {id: token, file: {path: ${CANARY_FILE}, content: "{{ token }}", mode: "0600"}}
      - {id: line, line: {path: /etc/faults.list, match: "^two", line: two and a half}}
      - {id: ttl, sysctl: {name: net.ipv4.ip_default_ttl, value: 70, file: 90-faults}}
      - id: free
        shell: {script: "faults-note begin free; sleep 0.2; echo free >/srv/free; faults-note end free"}
        undo: {command: {argv: [rm, -f, /srv/free]}}
      - id: final
        when: "final"
        shell: {script: "faults-note begin final; sleep 0.2; faults-note end final"}
        irreversible: true
`

/** Writes the runbook and what it needs into a folder; gives the arguments that `apply` takes after its name. */
export function writeWorkload(folder: string): { readonly book: string; readonly given: readonly string[] } {
  const book = path.join(folder, 'faults.yaml')
  mkdirSync(path.join(folder, 'files/app/conf.d'), { recursive: true })
  writeFileSync(book, BOOK)
  writeFileSync(path.join(folder, 'files/app/main.conf'), 'include conf.d\n')
  writeFileSync(path.join(folder, 'files/app/conf.d/one.conf'), 'one = 1\n')
  const token = path.join(folder, 'token')
  writeFileSync(token, `${CANARY}\n`)
  chmodSync(token, 0o600)
  return { book, given: ['--set', `token={file: ${token}}`] }
}

// Tools that put files in place, take them away: each notes the path before the real one works. Run folders, and what
// has no name of its own yet, are none of the effects.
const noting = (tool: string): string => `cat >/usr/local/bin/${tool} <<'END'
#!/bin/sh
for last; do :; done
case $last in
  /var/lib/runbook*|/root/.runbook*|/var/log/*|*/.runbook-*|/run/*|/tmp/*) ;;
  /*) [ "${tool}" != rm ] || [ -e "$last" ] || [ -L "$last" ] && faults-note "${tool} $last" ;;
esac
exec /usr/bin/${tool} "$@"
END
chmod 755 /usr/local/bin/${tool}`

/** Brings a host, new or left by an earlier fault, to the start: what is noted from then on is the next fault's. */
export const PREPARE_HOST = `set -e
mkdir -p /var/log/faults
cat >/usr/local/bin/faults-note <<'END'
#!/bin/sh
echo "$(date +%s.%N) $*" >>${EFFECT_LOG}
END
chmod 755 /usr/local/bin/faults-note
${['mv', 'rm', 'rmdir'].map(noting).join('\n')}
printf 'one\\ntwo\\nthree\\n' >/etc/faults.list
chown daemon:adm /etc/faults.list
chmod 0640 /etc/faults.list
touch -d 2020-02-02T02:02:02Z /etc/faults.list /usr/local/bin/*`

/** Forgets what a fault left that is not compared: run folders, locks, notes. */
export const FORGET = `/usr/bin/rm -rf /var/lib/runbook /root/.runbook ${EFFECT_LOG}; systemctl reset-failed 2>/dev/null; true`
