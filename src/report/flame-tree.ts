import type { Profile } from '../model/profile.ts'

/** A function where it was called from, with all that it called. */
export interface FlameNode {
  readonly name: string
  readonly share: number // of the whole profile, 0 to 1, with what it called
  readonly self: number // without that
  readonly before: number // its share in the profile that is compared with; 0 where there is none
  readonly children: readonly FlameNode[] // by name
}

const deepest = 512 // frames of a stack that are drawn; Go itself keeps at most 128

interface Growing {
  readonly children: Map<string, Growing>
  share: number
  self: number
  before: number
}

const empty = (): Growing => ({ children: new Map(), share: 0, self: 0, before: 0 })

/** The stacks of a profile as one tree, whose root stands for all of it. What only `before` has is left out. */
export function flameTree(profile: Profile, before?: Profile): FlameNode {
  const root = empty()
  for (const { frames, value } of profile.stacks) {
    const share = value / profile.total
    const path = [root]
    for (const frame of frames.slice(0, deepest)) path.push(childOf(path.at(-1) ?? root, frame))
    for (const node of path) node.share += share
    const leaf = path.at(-1)
    if (leaf) leaf.self += share
  }
  for (const { frames, value } of before?.stacks ?? []) noteBefore(root, frames, value / (before?.total ?? 1))
  return finished('all', root)
}

function childOf({ children }: Growing, name: string): Growing {
  const child = children.get(name) ?? empty()
  children.set(name, child)
  return child
}

function noteBefore(root: Growing, frames: readonly string[], share: number): void {
  let node: Growing | undefined = root
  root.before += share
  for (const frame of frames) {
    node = node?.children.get(frame)
    if (!node) return
    node.before += share
  }
}

const finished = (name: string, { children, share, self, before }: Growing): FlameNode => ({
  name,
  share,
  self,
  before,
  children: [...children].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([child, node]) => finished(child, node)),
})
