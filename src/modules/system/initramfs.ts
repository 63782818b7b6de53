import type { Decision, Probe, Session } from '../../model/module.ts'
import { defineModule } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'
import { buildText, lookText, restoreText } from './initramfs-text.ts'

const args = Type.Object(
  {
    modules: Type.Array(Type.String({ pattern: '^[a-z0-9_]+$' }), {
      minItems: 1,
      maxItems: 20,
      description: 'kernel modules, with underscores; what a kernel has built in counts as there',
    }),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

interface Kernel {
  readonly name: string
  readonly imageKb: number // 0: it has no image
  readonly lacking: readonly string[]
}

interface Seen {
  readonly tool: 'initramfs-tools' | 'dracut' | 'none'
  readonly freeKb: number
  readonly kernels: readonly Kernel[]
}

/**
 * Kernel modules in the initramfs of every kernel in /boot, and of those to come: where one lacks them its image is made anew. The images
 * and the configuration as they were are kept, and come back to the byte.
 */
export const initramfs = defineModule<typeof args, Seen>({
  name: 'initramfs',
  summary: 'Kernel modules in the initramfs of every kernel (initramfs-tools, dracut)',
  effect: 'changes',
  args,
  example: 'initramfs: {modules: [virtio_pci, virtio_blk]}',
  resources: () => ['file:/boot'],
  read: look,
  plan: planBuild,
  apply: build,
  revert: restore,
})

const minutesMs = 60_000

async function look({ modules }: Args, probe: Probe): Promise<Seen> {
  const reply = await probe.run(scriptWith({ modules: modules.join(' ') }, lookText), { timeoutMs: 5 * minutesMs })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at the initramfs of this host'))
  const [tool = '', free = '', ...kernels] = reply.stdout.toString('utf8').trim().split('\n')
  return {
    tool: tool === 'initramfs-tools' || tool === 'dracut' ? tool : 'none',
    freeKb: Number(free),
    kernels: kernels.map((line) => {
      const [name = '', size = '', ...lacking] = line.split(' ')
      return { name, imageKb: Number(size), lacking }
    }),
  }
}

function planBuild({ modules }: Args, { tool, freeKb, kernels }: Seen): Decision {
  if (kernels.length === 0) return { kind: 'blocked', message: 'there is no kernel in /boot' }
  const lacking = kernels.filter((kernel) => kernel.lacking.length > 0)
  const list = modules.join(', ')
  if (lacking.length === 0) return { kind: 'noop', summary: `every kernel has ${list}` }
  if (tool === 'none')
    return {
      kind: 'blocked',
      message: 'the host has neither update-initramfs nor dracut, needed to build an initramfs',
    }
  const bare = lacking.filter(({ imageKb }) => imageKb === 0)
  if (bare.length > 0)
    return { kind: 'blocked', message: `there is no initramfs for ${bare.map(({ name }) => name).join(', ')}` }
  const largest = Math.max(...lacking.map(({ imageKb }) => imageKb))
  // The new image lies beside the old one until it is whole, and may be larger by what is added.
  const neededKb = largest + 20_480
  if (freeKb < neededKb)
    return { kind: 'blocked', message: `/boot has ${freeKb} KiB free; a new initramfs needs ${neededKb} KiB` }
  const names = lacking.map(({ name }) => name)
  return {
    kind: 'change',
    change: {
      verb: 'update',
      summary: `build ${list} into the initramfs of ${names.join(', ')}, by ${tool}`,
      details: lacking.map((one) => ({ kind: 'note', text: `${one.name} lacks ${one.lacking.join(', ')}` })),
      before: { kernels: names },
      after: { modules },
      settles: true,
      reversible: true,
      predicts: {},
    },
  }
}

async function build({ modules }: Args, _change: unknown, session: Session): Promise<undefined> {
  const variables = { modules: modules.join(' '), folder: session.folder }
  const reply = await session.run(scriptWith(variables, buildText), { timeoutMs: 20 * minutesMs })
  if (reply.code === 0) return undefined
  const [left = ''] = reply.stdout.toString('utf8').split('\n')
  if (left === '') throw new ProblemError(failureOf(reply, 'building an initramfs'))
  throw new ProblemError({
    kind: 'step-failed',
    message: `the new initramfs still lacks modules: ${left}`,
    hint: 'does this kernel have them? find /lib/modules -name "NAME.ko*"',
  })
}

async function restore({ modules }: Args, _change: unknown, session: Session): Promise<void> {
  const variables = { modules: modules.join(' '), folder: session.folder }
  const reply = await session.run(scriptWith(variables, restoreText), { timeoutMs: 5 * minutesMs })
  if (reply.code === 0) return
  const changed = reply.stdout.toString('utf8').trim()
  if (changed === '') throw new ProblemError(failureOf(reply, 'restoring an initramfs', 'rollback-failed'))
  throw new ProblemError({
    kind: 'rollback-failed',
    message: `${changed} was made anew since: it is left as it is`,
    hint: `what was there before the run lies in ${session.folder}`,
  })
}
