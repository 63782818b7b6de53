import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type ImageName =
  | 'base'
  | 'etcd-3.3'
  | 'etcd-3.4'
  | 'etcd-3.5'
  | 'dnf'
  | 'zypper'
  | 'python'
  | 'kvm'
  | 'guest'
  | 'guest-etcd'
  | 'nginx'
  | 'docker'
  | 'kubernetes'
  | 'k8s-control'
  | 'k8s-node'

/**
 * What an image is made of: `base` from nothing, `kubernetes` from Debian's source package, the others as a layer of
 * packages of one Debian suite on `base`.
 */
export interface Recipe {
  readonly suite: string
  readonly packages: readonly string[]
  /** An image that lies between it and `base`. */
  readonly over?: ImageName
}

/** The suite every host runs; layers may take single packages of another one. */
export const HOST_SUITE = 'bookworm'

const BASE_PACKAGES =
  'systemd systemd-sysv dbus libpam-systemd openssh-server sudo iproute2 iputils-ping procps psmisc lsof ' +
  'curl wget ca-certificates gpg rsync e2fsprogs less netbase cron logrotate nftables jq busybox acl attr'

export const RECIPES: Readonly<Record<ImageName, Recipe>> = {
  base: { suite: HOST_SUITE, packages: BASE_PACKAGES.split(' ') },
  'etcd-3.3': { suite: 'bullseye', packages: ['etcd-server', 'etcd-client'] },
  'etcd-3.4': { suite: HOST_SUITE, packages: ['etcd-server', 'etcd-client'] },
  'etcd-3.5': { suite: 'trixie', packages: ['etcd-server', 'etcd-client'] },
  dnf: { suite: HOST_SUITE, packages: ['dnf', 'dnf-plugins-core', 'rpm', 'createrepo-c'] },
  zypper: { suite: HOST_SUITE, packages: ['zypper', 'rpm', 'createrepo-c'] },
  python: { suite: HOST_SUITE, packages: ['python3', 'python3-apt'] },
  kvm: {
    suite: HOST_SUITE,
    packages: ['libvirt-daemon-system', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils'],
  },
  docker: { suite: 'bullseye', packages: ['docker.io'] },
  nginx: { suite: HOST_SUITE, packages: ['nginx-light', 'iptables'] },
  guest: { suite: HOST_SUITE, packages: ['linux-image-cloud-amd64', 'initramfs-tools', 'udev', 'zstd'] },
  'guest-etcd': { suite: HOST_SUITE, packages: ['etcd-server', 'etcd-client'], over: 'guest' },
  kubernetes: { suite: HOST_SUITE, packages: ['kubernetes'] },
  'k8s-control': { suite: HOST_SUITE, packages: ['etcd-server', 'etcd-client'], over: 'kubernetes' },
  // of the suite before: newer plugins of CNI have no `flannel` among them
  'k8s-node': {
    suite: 'bullseye',
    packages: ['docker.io', 'containernetworking-plugins', 'conntrack'],
    over: 'kubernetes',
  },
}

/** Image names in the order they have to be built. */
export function imageNames(): readonly ImageName[] {
  const layers = Object.keys(RECIPES).filter(isImageName)
  return layers
}

/** True for a name of the list above; for names that come from the command line. */
export function isImageName(name: string): name is ImageName {
  return Object.hasOwn(RECIPES, name)
}

/** The layers of an image, uppermost first, as overlay's `lowerdir` wants them. */
export function layersOf(image: ImageName): readonly ImageName[] {
  const { over } = RECIPES[image]
  return image === 'base' ? ['base'] : [image, ...(over === undefined ? [] : [over]), 'base']
}

/** The squashfs file of an image in the cache; its folder is named by a hash of everything the image is made from. */
export function imageFile(cacheDir: string, image: ImageName): string {
  return join(cacheDir, `${image}-${recipeHash(image)}`, 'root.squashfs')
}

/** Hash of the recipe, of the scripts that build it and of the files we put in; a layer's covers its parent's. */
export function recipeHash(image: ImageName): string {
  const hash = createHash('sha256').update(JSON.stringify(RECIPES[image]))
  if (image === 'base') for (const text of ingredients()) hash.update(text)
  else hash.update(recipeHash('base')).update(readFileSync(scriptOf(image)))
  return hash.digest('hex').slice(0, 12)
}

export const IMAGE_FILES: string = join(import.meta.dirname, 'image-files')
export const BASE_SCRIPT: string = join(IMAGE_FILES, 'build-base')
export const LAYER_SCRIPT: string = join(IMAGE_FILES, 'build-layer')
const KUBERNETES_SCRIPT: string = join(import.meta.dirname, 'kubernetes', 'build-kubernetes')

/** The script that builds a layer. */
export const scriptOf = (image: ImageName): string => (image === 'kubernetes' ? KUBERNETES_SCRIPT : LAYER_SCRIPT)

function ingredients(): readonly Buffer[] {
  const names = readdirSync(IMAGE_FILES).filter((name) => name !== 'build-layer')
  return names.sort().map((name) => readFileSync(join(IMAGE_FILES, name)))
}
