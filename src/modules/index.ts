import type { Module, Modules } from '../model/module.ts'
import { dockerContainers } from './docker/docker-containers.ts'
import { dockerInfo } from './docker/docker-info.ts'
import { etcdAlarm } from './etcd/etcd-alarm.ts'
import { etcdDefrag } from './etcd/etcd-defrag.ts'
import { etcdHealthy } from './etcd/etcd-healthy.ts'
import { etcdMembers } from './etcd/etcd-members.ts'
import { etcdMetric } from './etcd/etcd-metric.ts'
import { etcdMoveLeader } from './etcd/etcd-move-leader.ts'
import { etcdPriority } from './etcd/etcd-priority.ts'
import { etcdSettings } from './etcd/etcd-settings.ts'
import { etcdSnapshot } from './etcd/etcd-snapshot.ts'
import { etcdSpace } from './etcd/etcd-space.ts'
import { etcdStaticPodRestarted } from './etcd/etcd-static-pod-restarted.ts'
import { cpuSample } from './evidence/cpu-sample.ts'
import { fsyncProbe } from './evidence/fsync-probe.ts'
import { ioSample } from './evidence/io-sample.ts'
import { logScan } from './evidence/log-scan.ts'
import { copy } from './files/copy.ts'
import { envFile } from './files/env-file.ts'
import { fetch } from './files/fetch.ts'
import { file } from './files/file.ts'
import { ini } from './files/ini.ts'
import { line } from './files/line.ts'
import { transfer } from './files/transfer.ts'
import { containerMemory } from './k8s/container-memory.ts'
import { k8sApply } from './k8s/k8s-apply.ts'
import { k8sConfigmapEdit } from './k8s/k8s-configmap-edit.ts'
import { k8sCorednsHosts } from './k8s/k8s-coredns-hosts.ts'
import { k8sDelete } from './k8s/k8s-delete.ts'
import { k8sDrain } from './k8s/k8s-drain.ts'
import { k8sDrainable } from './k8s/k8s-drainable.ts'
import { k8sGet } from './k8s/k8s-get.ts'
import { k8sPatch } from './k8s/k8s-patch.ts'
import { k8sRollout } from './k8s/k8s-rollout.ts'
import { k8sUncordon } from './k8s/k8s-uncordon.ts'
import { componentExits } from './kubelet/component-exits.ts'
import { orphanedPods } from './kubelet/orphaned-pods.ts'
import { libvirtDisk } from './libvirt/libvirt-disk.ts'
import { libvirtDomain } from './libvirt/libvirt-domain.ts'
import { dnsProbe } from './net/dns-probe.ts'
import { http } from './net/http.ts'
import { iptablesSave } from './net/iptables-save.ts'
import { link } from './net/link.ts'
import { netProbe } from './net/net-probe.ts'
import { portWatch } from './net/port-watch.ts'
import { tcpProbe } from './net/tcp-probe.ts'
import { packageModule } from './packages/package.ts'
import { apiserverRequests } from './profiling/apiserver-requests.ts'
import { pprofCapture } from './profiling/pprof-capture.ts'
import { pprofWork } from './profiling/pprof-work.ts'
import { straceSample } from './profiling/strace-sample.ts'
import { copyTree } from './storage/copy-tree.ts'
import { filesystem } from './storage/filesystem.ts'
import { mount } from './storage/mount.ts'
import { swapDirectory } from './storage/swap-directory.ts'
import { assert } from './system/assert.ts'
import { command } from './system/command.ts'
import { cron } from './system/cron.ts'
import { gather } from './system/gather.ts'
import { initramfs } from './system/initramfs.ts'
import { pause } from './system/pause.ts'
import { reboot } from './system/reboot.ts'
import { service } from './system/service.ts'
import { shell } from './system/shell.ts'
import { sysctl } from './system/sysctl.ts'
import { waitFor } from './system/wait-for.ts'
import { yamlEdit } from './yaml/yaml-edit.ts'

/** Every module that runbooks can use; a new one is one line here. */
const all: readonly Module[] = [
  assert,
  command,
  copy,
  copyTree,
  componentExits,
  cpuSample,
  cron,
  envFile,
  fetch,
  file,
  filesystem,
  fsyncProbe,
  gather,
  http,
  ini,
  initramfs,
  ioSample,
  line,
  link,
  logScan,
  mount,
  netProbe,
  packageModule,
  pause,
  reboot,
  service,
  shell,
  swapDirectory,
  sysctl,
  transfer,
  waitFor,
  yamlEdit,
  etcdAlarm,
  etcdDefrag,
  etcdHealthy,
  etcdMembers,
  etcdMetric,
  etcdMoveLeader,
  etcdPriority,
  etcdSettings,
  etcdSnapshot,
  etcdSpace,
  etcdStaticPodRestarted,
  containerMemory,
  k8sApply,
  k8sConfigmapEdit,
  k8sCorednsHosts,
  k8sDelete,
  k8sDrain,
  k8sDrainable,
  k8sGet,
  k8sPatch,
  k8sRollout,
  k8sUncordon,
  libvirtDisk,
  libvirtDomain,
  orphanedPods,
  dnsProbe,
  dockerContainers,
  dockerInfo,
  iptablesSave,
  portWatch,
  tcpProbe,
  apiserverRequests,
  pprofCapture,
  pprofWork,
  straceSample,
]

/** The modules by name, in the order of their names. */
export const createModules = (): Modules =>
  new Map(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((module) => [module.name, module]))
