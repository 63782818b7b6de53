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
import { functionDifferences, functionShares } from '../../src/report/function-shares.ts'
import { profileMarkdown } from '../../src/report/profile-markdown.ts'
import { profileText } from '../../src/report/profile-text.ts'
import { plainStyle } from '../../src/report/style.ts'

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
    expect(tree.children[0]?.children.map(({ name, before, share, width }) => [name, before, share, width])).toEqual([
      ['a', 0.75, 0.5, 0.625],
      ['b', 0, 0.5, 0.25],
      ['gone', 0.25, 0, 0.125],
    ])
  })

  test('of two profiles is as wide in each place as what it called and itself, whatever each of them has', () => {
    const stack = fc.tuple(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }).map((names) => names.join(';')),
      fc.integer({ min: 1, max: 100 }),
    )
    const holds = ({ width, children }: FlameNode): void => {
      expect(children.reduce((sum, child) => sum + child.width, 0)).toBeLessThanOrEqual(width + 1e-9)
      for (const child of children) holds(child)
    }
    const stacks = fc.array(stack, { minLength: 1 })
    fc.assert(
      fc.property(stacks, stacks, (now, before) => {
        const tree = flameTree(profile(...now), profile(...before))
        expect([tree.share, tree.before, tree.width].map((one) => one.toFixed(9))).toEqual(Array(3).fill('1.000000000'))
        holds(tree)
      }),
    )
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

const fixture = (name: string): Profile =>
  unwrap(parsePprof(readFileSync(path.join(import.meta.dirname, '../fixtures/profiles', name))))
const gets = fixture('apiserver-1.20.2-cpu-6s-gets.pb.gz')
const lists = fixture('apiserver-1.20.2-cpu-6s-lists.pb.gz')

describe('the greatest differences', () => {
  test('of an API server that is asked for lists: garbage collection and compression grew, what single requests took shrank', () => {
    const differences = functionDifferences(lists, gets)
    expect(differences).toHaveLength(10)
    expect(differences.find(({ name }) => name === 'runtime.scanobject')).toMatchObject({ before: 0, now: 4 / 39 })
    expect(differences.find(({ name }) => name === 'math/big.addMulVVW')).toMatchObject({ before: 6 / 31 })
    const sizes = differences.map(({ difference }) => Math.abs(difference))
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
  })

  test('are none for the same profile, whatever its total, and the opposite when turned around', () => {
    const once = profile(['a', 1], ['b', 2], ['c', 7])
    const thrice = profile(['a', 3], ['b', 6], ['c', 21])
    expect(functionDifferences(once, thrice)).toEqual([])
    const there = functionDifferences(lists, gets, 1000)
    const back = functionDifferences(gets, lists, 1000)
    expect(back.map(({ name, difference }) => [name, -difference])).toEqual(
      there.map(({ name, difference }) => [name, difference]),
    )
  })

  test('stand in text and Markdown, where names of functions mark nothing up', () => {
    const shown = {
      profile: profile(['run|`<b>x</b>`\u001b[31m', 3], ['b', 1]),
      before: profile(['b', 1]),
      works: [],
    }
    expect(profileText(shown, plainStyle)).toContain(
      [
        'before  now     difference  function',
        '100.0%   25.0%   -75.0      b',
        '  0.0%   75.0%   +75.0      run|`<b>x</b>`\\x1b[31m',
      ].join('\n'),
    )
    expect(profileMarkdown(shown)).toContain('| 0.0% | 75.0% | +75.0 | run\\|\\`\\<b\\>x\\</b\\>\\`\\\\x1b\\[31m |')
    expect(profileText({ ...shown, before: shown.profile }, plainStyle)).toContain('No function differs from before.')
  })
})

describe('a flame graph', () => {
  const etcd = fixture('etcd-3.4.23-cpu-8s.pb.gz')

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

  test('of two profiles has no colour where nothing changed, and keeps the place of what is gone', () => {
    const { document, box, click } = opened(
      flameSvg('t', profile(['a', 2], ['new', 2]), profile(['a', 1], ['gone', 1])),
      'GONE',
    )
    expect(box('a').querySelector('rect')?.getAttribute('fill')).toBe('#eee')
    expect(box('gone').querySelector('title')?.textContent).toBe('gone (0.00%, itself 0.00%, before 50.00%)')
    expect([widthOf(box('all')), widthOf(box('a')), widthOf(box('gone'))]).toEqual([1200, 600, 300])
    click(document.getElementById('search'))
    expect(document.getElementById('told')?.textContent).toBe('1 found, 0.0%, before 50.0%')
  })

  test('of two real profiles is the same each time, red and blue', () => {
    const svg = flameSvg('lists', lists, gets)
    expect(flameSvg('lists', lists, gets)).toBe(svg)
    const { boxes } = opened(svg)
    const fills = boxes.map((one) => one.querySelector('rect')?.getAttribute('fill') ?? '')
    for (const colour of [/^hsl\(0,/, /^hsl\(220,/]) expect(fills.some((fill) => colour.test(fill))).toBe(true)
  })

  test('of a real profile follows from its stacks alone, in whatever order the file has them', () => {
    expect(flameSvg('etcd', { ...etcd, stacks: etcd.stacks.toReversed() })).toBe(flameSvg('etcd', etcd))
  })

  test('shows names as they are, and runs nothing of them', () => {
    const evil = '</title><script>alert(1)</script>"\'&\u001b[31m\u0000]]>'
    const { boxes, document } = opened(flameSvg(evil, profile([evil, 1])))
    expect(
      opened(flameSvg(evil, profile(['a', 1]), profile([evil, 1]))).document.querySelectorAll('script'),
    ).toHaveLength(1)
    expect(document.querySelectorAll('script')).toHaveLength(1)
    expect(boxes[1]?.querySelector('title')?.textContent).toContain('</title><script>alert(1)</script>"\'&')
  })
})
