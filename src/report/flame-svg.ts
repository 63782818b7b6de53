import { escapeLine } from '../model/escape.ts'
import type { Profile } from '../model/profile.ts'
import { FLAME_SCRIPT } from './flame-script.ts'
import { type FlameNode, flameTree } from './flame-tree.ts'

const widthPx = 1200
const rowPx = 17
const headPx = 44
const letterPx = 6.6 // of 11 px monospace
const thinnestPx = 0.3 // what is thinner is not drawn

/** One rectangle: where, and what it stands for. */
interface Box {
  readonly node: FlameNode
  readonly depth: number
  readonly start: number // share of the whole that lies left of it
}

/**
 * A profile as a picture: callers above what they called, as wide as their share. One file without anything from
 * outside: a click enlarges, a search colours and counts. With `before` a colour tells what takes a larger (red) or smaller
 * (blue) share than there, each of its own whole; boxes are as wide as the mean of both shares, so what is gone is seen.
 */
export function flameSvg(title: string, profile: Profile, before?: Profile): string {
  const boxes = boxesOf(flameTree(profile, before))
  const look = before ? COMPARING : ALONE
  const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0)
  const height = headPx + (depth + 1) * rowPx + 8
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widthPx} ${height}" width="${widthPx}" height="${height}" font-family="monospace" font-size="11">`,
    '<style>rect{stroke:#fff;stroke-width:.5}g.box{cursor:pointer}text{pointer-events:none}.tool{cursor:pointer;pointer-events:all;fill:#06c}.found rect{fill:#b0f}.found text{fill:#fff}</style>',
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="16" font-size="14">${inXml(title)}</text>`,
    `<text x="8" y="32" fill="#666">${inXml(headText(profile, before))}</text>`,
    `<text class="tool" id="search" x="${widthPx - 130}" y="16">search</text>`,
    `<text class="tool" id="reset" x="${widthPx - 60}" y="16">reset</text>`,
    `<text id="told" x="${widthPx - 130}" y="32" fill="#666"></text>`,
    ...boxes.map((box) => boxText(box, look)),
    `<script><![CDATA[${FLAME_SCRIPT}]]></script>`,
    '</svg>',
    '',
  ].join('\n')
}

const headText = ({ type, stacks, durationMs }: Profile, before: Profile | undefined): string =>
  [
    `${type}, ${stacks.length} stacks`,
    ...(durationMs === undefined ? [] : [`in ${(durationMs / 1000).toFixed(1)} s`]),
    ...(before ? ['red: a larger share than before; blue: a smaller one; width: the mean of both'] : []),
  ].join(', ')

function boxesOf(root: FlameNode): readonly Box[] {
  const boxes: Box[] = []
  const waiting: Box[] = [{ node: root, depth: 0, start: 0 }]
  for (let box = waiting.pop(); box; box = waiting.pop()) {
    if (box.node.width * widthPx < thinnestPx) continue
    boxes.push(box)
    let start = box.start
    for (const node of box.node.children) {
      waiting.push({ node, depth: box.depth + 1, start })
      start += node.width
    }
  }
  return boxes
}

/** How a box is coloured, and what is told of it. */
interface Look {
  readonly paint: (node: FlameNode) => string
  readonly shares: (node: FlameNode) => string
  readonly data: (node: FlameNode) => string // what a search adds up
}

function boxText({ node, depth, start }: Box, { paint, shares, data }: Look): string {
  const [x, y, width] = [start * widthPx, headPx + depth * rowPx, node.width * widthPx]
  const letters = Math.floor((width - 4) / letterPx)
  const name = letters < 3 ? '' : node.name.length > letters ? `${node.name.slice(0, letters - 2)}..` : node.name
  return [
    `<g class="box" data-x="${start.toFixed(6)}" data-w="${node.width.toFixed(6)}" data-d="${depth}"${data(node)}>`,
    `<title>${inXml(`${node.name} (${shares(node)})`)}</title>`,
    `<rect x="${x.toFixed(2)}" y="${y}" width="${width.toFixed(2)}" height="${rowPx - 1}" fill="${paint(node)}" rx="1"/>`,
    `<text x="${(x + 3).toFixed(2)}" y="${y + 12}">${inXml(name)}</text></g>`,
  ].join('')
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`

const shareText = ({ share, self }: FlameNode): string => `${percent(share)}, itself ${percent(self)}`

/** Warm colours that differ from name to name, and stay the same for a name. */
function paintOf({ name }: FlameNode): string {
  const number = [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7)
  return `hsl(${20 + (number % 35)},${75 + (number % 20)}%,${62 + (number % 14)}%)`
}

const strongest = 0.1 // a change of the share by a tenth of the whole has the full colour
const same = 0.0005 // of the whole; a smaller change has no colour

function paintOfChange({ share, before }: FlameNode): string {
  const change = share - before
  if (Math.abs(change) < same) return '#eee'
  const strength = Math.min(Math.abs(change) / strongest, 1)
  return `hsl(${change > 0 ? 0 : 220},85%,${(94 - 34 * strength).toFixed(0)}%)`
}

const ALONE: Look = { paint: paintOf, shares: shareText, data: () => '' }
const COMPARING: Look = {
  paint: paintOfChange,
  shares: (node) => `${shareText(node)}, before ${percent(node.before)}`,
  data: ({ share, before }) => ` data-now="${share.toFixed(6)}" data-before="${before.toFixed(6)}"`,
}

/** Names are whatever a file says: no control characters, and nothing that XML would read. */
const inXml = (text: string): string =>
  escapeLine(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
