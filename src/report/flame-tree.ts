import type { Profile } from '../model/profile.ts'

/** A function where it was called from, with all that it called. */
export interface FlameNode {
  readonly name: string
  readonly share: number // of the whole profile, 0 to 1, with what it called
  readonly self: number // without that
  readonly before: number // its share in the profile that is compared with; 0 where there is none
  readonly width: number // its share; of two profiles the mean of both, so that what is gone has its place
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

/** The stacks of a profile as one tree, whose root stands for all of it; those that only `before` has are in it, too. */
export function flameTree(profile: Profile, before?: Profile): FlameNode {
  const root = empty()
  for (const { frames, value } of profile.stacks) {
    const path = pathOf(root, frames)
    const share = value / profile.total
    for (const node of path) node.share += share
    const leaf = path.at(-1)
    if (leaf) leaf.self += share
  }
  for (const { frames, value } of before?.stacks ?? [])
    for (const node of pathOf(root, frames)) node.before += value / (before?.total ?? 1)
  const widthOf = ({ share, before: earlier }: Growing): number => (before ? (share + earlier) / 2 : share)
  return finished('all', root, widthOf)
}

function pathOf(root: Growing, frames: readonly string[]): readonly Growing[] {
  const path = [root]
  for (const frame of frames.slice(0, deepest)) path.push(childOf(path.at(-1) ?? root, frame))
  return path
}

function childOf({ children }: Growing, name: string): Growing {
  const child = children.get(name) ?? empty()
  children.set(name, child)
  return child
}

const finished = (name: string, node: Growing, widthOf: (node: Growing) => number): FlameNode => ({
  name,
  share: node.share,
  self: node.self,
  before: node.before,
  width: widthOf(node),
  children: [...node.children]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([child, grown]) => finished(child, grown, widthOf)),
})
