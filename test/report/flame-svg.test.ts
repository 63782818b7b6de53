import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { JSDOM } from 'jsdom'
import { describe, expect, test } from 'vitest'
import { unwrap } from '../../src/model/problem.ts'
import type { Profile } from '../../src/model/profile.ts'
import { parsePprof } from '../../src/modules/profiling/pprof.ts'
import { flameSvg } from '../../src/report/flame-svg.ts'
import { type FlameNode, flameTree } from '../../src/report/flame-tree.ts'
import { functionShares } from '../../src/report/profile-text.ts'

const profile = (...stacks: readonly (readonly [string, number])[]): Profile => ({
  type: 'cpu',
  unit: 'nanoseconds',
  total: stacks.reduce((sum, [, value]) => sum + value, 0),
  stacks: stacks.map(([frames, value]) => ({ frames: frames.split(';'), value })),
})

/** The picture as a browser has it, with its script run, and what `prompt` is answered with. */
function opened(svg: string, answer = '') {
  const { window } = new JSDOM(svg, { contentType: 'image/svg+xml', runScripts: 'outside-only' })
  window.prompt = () => answer
  const { document } = window
  window.eval(document.querySelector('script')?.textContent ?? '')
  const boxes = [...document.querySelectorAll('g.box')]
  const box = (name: string): Element => {
    const found = boxes.find((one) => one.querySelector('title')?.textContent?.startsWith(`${name} (`))
    if (!found) throw new Error(`no box ${name}`)
    return found
  }
  const click = (element: Element | null): void => {
    element?.dispatchEvent(new window.Event('click'))
  }
  return { document, boxes, box, click }
}

const widthOf = (box: Element): number => Number(box.querySelector('rect')?.getAttribute('width'))
const hidden = (box: Element): boolean => box.getAttribute('style')?.includes('none') ?? false

describe('a tree of stacks', () => {
  test('merges what was called from the same place', () => {
    const root = flameTree(profile(['main;a;b', 1], ['main;a', 2], ['main;c', 1]))
    const [main] = root.children
    expect(root).toMatchObject({ name: 'all', share: 1, self: 0 })
    expect(main?.children.map(({ name, share, self }) => [name, share, self])).toEqual([
      ['a', 0.75, 0.5],
      ['c', 0.25, 0.25],
    ])
  })

  test('has in each place what its children have and itself', () => {
    const stack = fc.tuple(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }).map((names) => names.join(';')),
      fc.integer({ min: 1, max: 100 }),
    )
    const holds = ({ share, self, children }: FlameNode): void => {
      expect(children.reduce((sum, child) => sum + child.share, self)).toBeCloseTo(share, 9)
      for (const child of children) holds(child)
    }
    fc.assert(fc.property(fc.array(stack, { minLength: 1 }), (stacks) => holds(flameTree(profile(...stacks)))))
  })

  test('knows the share of before in the same place', () => {
    const tree = flameTree(profile(['main;a', 1], ['main;b', 1]), profile(['main;a', 3], ['main;gone', 1]))
    expect(tree.children[0]?.children.map(({ name, before }) => [name, before])).toEqual([
      ['a', 0.75],
      ['b', 0],
    ])
  })

  test('survives a stack of a hundred thousand frames', () => {
    const deep = profile([Array.from({ length: 100_000 }, () => 'f').join(';'), 1])
    expect(flameSvg('deep', deep)).toContain('</svg>')
  })
})

describe('a function', () => {
  test('that calls itself counts once', () => {
    expect(functionShares(profile(['f;f;f', 3], ['g', 1]))).toEqual([
      { name: 'f', self: 0.75, whole: 0.75 },
      { name: 'g', self: 0.25, whole: 0.25 },
    ])
  })
})

describe('a flame graph', () => {
  const etcd = unwrap(
    parsePprof(readFileSync(path.join(import.meta.dirname, '../fixtures/profiles/etcd-3.4.23-cpu-8s.pb.gz'))),
  )

  test('of a real profile is one file of XML, with a box as wide as each share', () => {
    const { boxes, box } = opened(flameSvg('etcd', etcd))
    expect(boxes.length).toBeGreaterThan(100)
    expect(widthOf(box('all'))).toBe(1200)
    expect(widthOf(box('runtime.mcall'))).toBeCloseTo((1200 * 11) / 78, 1)
    expect(flameSvg('etcd', etcd)).not.toMatch(/(?:href|src)=|url\(|@import/)
  })

  test('enlarges what is clicked, hides what lies beside it, and comes back', () => {
    const { document, box, click } = opened(flameSvg('t', profile(['main;a;x', 1], ['main;b', 3])))
    click(box('a'))
    expect([widthOf(box('a')), widthOf(box('main')), widthOf(box('x'))]).toEqual([1200, 1200, 1200])
    expect([hidden(box('b')), hidden(box('x'))]).toEqual([true, false])
    click(document.getElementById('reset'))
    expect([widthOf(box('a')), widthOf(box('b')), hidden(box('b'))]).toEqual([300, 900, false])
  })

  test('colours what is searched, and counts what is found below another only once', () => {
    const { document, box, click } = opened(flameSvg('t', profile(['main;Alloc;alloc2', 1], ['main;b', 3])), 'ALLOC')
    click(document.getElementById('search'))
    expect(document.getElementById('told')?.textContent).toBe('2 found, 25.0%')
    expect([box('Alloc'), box('alloc2'), box('b')].map((one) => one.getAttribute('class'))).toEqual([
      'box found',
      'box found',
      'box',
    ])
  })

  test('is red where a share has grown, blue where it has shrunk', () => {
    const { box } = opened(flameSvg('t', profile(['a', 3], ['b', 1]), profile(['a', 1], ['b', 3])))
    expect(box('a').querySelector('rect')?.getAttribute('fill')).toMatch(/^hsl\(0,/)
    expect(box('b').querySelector('rect')?.getAttribute('fill')).toMatch(/^hsl\(220,/)
    expect(box('a').querySelector('title')?.textContent).toBe('a (75.00%, itself 75.00%, before 25.00%)')
  })

  test('shows names as they are, and runs nothing of them', () => {
    const evil = '</title><script>alert(1)</script>"\'&\u001b[31m\u0000]]>'
    const { boxes, document } = opened(flameSvg(evil, profile([evil, 1])))
    expect(document.querySelectorAll('script')).toHaveLength(1)
    expect(boxes[1]?.querySelector('title')?.textContent).toContain('</title><script>alert(1)</script>"\'&')
  })
})
