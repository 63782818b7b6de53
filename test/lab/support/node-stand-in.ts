import { sshLab } from '../../../lab/lab.ts'
import type { LabSettings } from '../../../lab/settings.ts'

// What stands in for Kubernetes on a plain host: `kubectl` and `crictl` that answer from files in /srv/k8s, and a unit `kubelet` that
// complains of orphans as a real one does: of what neither `pods` (uid or config.hash) nor `boxes` have, by the first, every second.

const kubectl = `#!/bin/sh
[ ! -e /srv/k8s/down ] || { echo 'The connection to the server 10.77.0.1:6443 was refused - did you specify the right host or port?' >&2; exit 1; }
case "$*" in
  *'get node '*) cat /proc/sys/kernel/random/boot_id ;;
  *'get pods'*) cat /srv/k8s/pods ;;
  *'get volumeattachments'*) cat /srv/k8s/attachments ;;
  *) echo "kubectl: nothing stands in for $*" >&2; exit 1 ;;
esac
`
const crictl = `#!/bin/sh
printf '{"items":['; comma=
while read -r uid; do printf '%s{"metadata":{"uid":"%s"}}' "$comma" "$uid"; comma=,; done </srv/k8s/boxes
printf ']}'
`
const kubelet = `#!/bin/sh
while :; do
  set -- $(printf '%s\\n' /var/lib/kubelet/pods/*/volumes | awk -F / '
    !looks { known[$0]; next }
    $6 != "*" && !($6 in known) { count++; if (!first) first = $6 }
    END { print count + 0, first }' /srv/k8s/pods /srv/k8s/boxes looks=1 -)
  [ "$1" = 0 ] || echo "E1121 16:00:00.000000    1612 kubelet_volumes.go:245] \\"There were many similar errors. Turn up verbosity to see them.\\" err=\\"orphaned pod \\\\\\"$2\\\\\\" found, but error occurred when trying to remove the volumes dir: not a directory\\" numErrs=$1"
  sleep 1
done
`
const unit = '[Service]\nExecStart=/usr/local/bin/kubelet\n'

const files = {
  '/usr/local/bin/kubectl': kubectl,
  '/usr/local/bin/crictl': crictl,
  '/usr/local/bin/kubelet': kubelet,
  '/etc/systemd/system/kubelet.service': unit,
}

/** Runs a script on a host of the lab; its input is the second text. */
export async function onHost(settings: LabSettings, host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await sshLab(host, [`sh -c '${script.replaceAll("'", "'\\''")}'`], settings)
  if (code !== 0) throw new Error(`${host}: ${stderr}${stdout}`)
  return stdout.trim()
}

/** Makes a host a node: no pods yet. */
export async function standInForNode(settings: LabSettings, host: string): Promise<void> {
  const writes = Object.entries(files).map(
    ([path, text]) => `echo ${Buffer.from(text).toString('base64')} | base64 -d >${path}; chmod 755 ${path}`,
  )
  await onHost(
    settings,
    host,
    `mkdir -p /srv/k8s /var/lib/kubelet/pods; touch /srv/k8s/pods /srv/k8s/boxes /srv/k8s/attachments\n${writes.join('\n')}\nsystemctl daemon-reload`,
  )
}
