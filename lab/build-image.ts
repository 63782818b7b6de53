import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BASE_SCRIPT, HOST_SUITE, type ImageName, imageFile, layersOf, RECIPES, scriptOf } from './images.ts'
import { withLock } from './lock.ts'
import { debianMirror } from './mirror.ts'
import { type Argv, mustRun } from './run-tool.ts'
import type { LabSettings } from './settings.ts'

/** Puts images, and what they stand on, into the cache where they are not there yet; one build at a time. */
export async function buildImages(settings: LabSettings, images: readonly ImageName[]): Promise<void> {
  const isBuilt = (image: ImageName) => existsSync(imageFile(settings.cacheDir, image))
  const wanted = new Set(images.flatMap((image) => layersOf(image).toReversed()))
  if ([...wanted].every(isBuilt)) return
  mkdirSync(settings.cacheDir, { recursive: true })
  await withLock(join(settings.cacheDir, 'lock'), async () => {
    sweep(settings.cacheDir)
    for (const image of wanted) if (!isBuilt(image)) await build(settings, image)
  })
}

/** Argument list that builds an image into `out`; `work` is an empty folder to mount a tmpfs on. Ends with its starter. */
export function buildArgv(image: ImageName, place: { work: string; out: string; mirror: string; base: string }): Argv {
  const { suite, packages } = RECIPES[image]
  const own = [...MORTAL, 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-e'] as const
  const head = [place.work, place.out, place.mirror, suite]
  if (image === 'base') return [...own, BASE_SCRIPT, ...head, packages.join(',')]
  return [...own, scriptOf(image), ...head, place.base, HOST_SUITE, ...packages]
}

async function build(settings: LabSettings, image: ImageName): Promise<void> {
  const started = performance.now()
  settings.report(`building image ${image} (once; it is cached) ...`)
  const file = imageFile(settings.cacheDir, image)
  const work = join(settings.cacheDir, `${image}${UNFINISHED}`)
  const out = join(settings.cacheDir, `${image}.squashfs${UNFINISHED}`)
  mkdirSync(work)
  const place = { work, out, mirror: await debianMirror(settings), base: imageFile(settings.cacheDir, 'base') }
  await mustRun(buildArgv(image, place), `building image ${image}`)
  mkdirSync(dirname(file), { recursive: true })
  renameSync(out, file)
  sweep(settings.cacheDir)
  settings.report(`image ${image} built in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/** A build whose starter is killed ends with it; it must not write on beside the next one. */
const MORTAL = ['setpriv', '--pdeathsig', 'KILL'] as const

const UNFINISHED = '.unfinished'

/** What a killed build left: its tmpfs went with it, an empty folder and half a file remain. */
function sweep(cacheDir: string): void {
  for (const name of readdirSync(cacheDir).filter((entry) => entry.endsWith(UNFINISHED)))
    rmSync(join(cacheDir, name), { recursive: true, force: true })
}
