import type { Link } from './link.ts'

/**
 * The same connection, its looks in a lane of that name: a shell answers one question after another, and a sampling window is a sleep in
 * it; in lanes, windows run at the same time.
 */
export const inLane = (link: Link, lane: string): Link => ({
  ...link,
  probe: (privilege) => link.probe(privilege, lane),
})
